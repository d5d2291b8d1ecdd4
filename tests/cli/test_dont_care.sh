#!/usr/bin/env bash
# --dont-care data: what it says, that folders carry their edits, and that it needs its data.
. "$(dirname "$0")/tap.sh"

tiny_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --json
is "train" 0 "$code"
run emit "$work/tiny" -o "$work/plain" --json
is "as usual nothing is edited" null "$(jq .dont_care "$work/out")"
is "and the manifest says so" none "$(jq -r .dont_care "$work/plain/manifest.json")"
plain=$(jq .luts.total "$work/out")

run emit "$work/tiny" -o "$work/edited" --dont-care data --json
is "with --dont-care data" 0 "$code"
cp "$work/out" "$work/edited.json"
json_is "accuracies, LUTs and tables" '.dont_care | [.accuracy_before, .accuracy_after | .validation, .test]
    | length == 4 and all(. > 0 and . <= 1)'
is "LUTs before are those of the plain folder" "$plain" "$(jq .dont_care.luts_before "$work/out")"
is "LUTs after are those of the folder" "$(jq .luts.total "$work/out")" "$(jq .dont_care.luts_after "$work/out")"
json_is "fewer LUTs, tables changed" '.dont_care.luts_after < .dont_care.luts_before and .dont_care.tables_changed > 0'
is "the manifest says so" data "$(jq -r .dont_care "$work/edited/manifest.json")"
ok "each layer's header does" grep -q "^// config  dont_care=data " "$work"/edited/rtl/tiny_layer0*.v
run eval "$work/plain" --json
is "test accuracy before" "$(jq .accuracy "$work/out")" "$(jq .dont_care.accuracy_before.test "$work/edited.json")"
run eval "$work/edited" --engine reference --json
is "test accuracy after, by the C reference" "$(jq .accuracy "$work/out")" "$(jq .dont_care.accuracy_after.test "$work/edited.json")"
run eval "$work/edited" --json
is "and by the engine" "$(jq .accuracy "$work/out")" "$(jq .dont_care.accuracy_after.test "$work/edited.json")"
run emit "$work/tiny" -o "$work/again" --dont-care data --quiet
is "once more" 0 "$code"
ok "the same bytes" diff -r "$work/edited" "$work/again"

run emit "$work/edited" -o "$work/next" --dont-care data
fails "edits of an edited model" 2 "were edited .* before"
run cosim "$work/edited" --dont-care data
fails "an emitted folder" 2 "dont-care need a model"
run report "$work/edited" --quiet
is "report of the folder" 0 "$code"
is "it names the edits" data "$(jq -r .folder.dont_care "$work/edited/report.json")"
ok "and has the accuracy after" jq -e -n --slurpfile r "$work/edited/report.json" --slurpfile e "$work/edited.json" \
    '($r[0].folder.accuracy_hard - $e[0].dont_care.accuracy_after.test) | fabs < 1e-5'
ok "on the page too" grep -q "lossy" "$work/edited/report.html"
HOME=$work DIFFLUT_DATA=$work/none run emit mnist_small -o "$work/nothing" --dont-care data
fails "without the data set" 4 "mnist"
ok "nothing was written" test ! -e "$work/nothing"

if command -v verilator >/dev/null; then
    table_config "$work/table.yaml"
    run train "$work/table.yaml" -o "$work/table" --quiet
    run cosim "$work/table" --dont-care data -o "$work/table_rtl" --json
    is "cosim of an edited model" 0 "$code"
    json_is "not one vector differs, and it says what was done" '.mismatches == 0 and .dont_care.tables_changed > 0'
    mv "$work/table.csv" "$work/away.csv"
    run cosim "$work/table_rtl" --json
    is "cosim of the folder needs no data" 0 "$code"
    json_is "nor does a vector differ then" '.mismatches == 0 and .vectors_dataset == 0 and .vectors > 1000'
    if command -v yosys >/dev/null; then
        run prove "$work/table_rtl" --json
        json_is "it is proved against the edited tables" '.failed == 0 and .undecided == 0 and .proved > 20'
    fi
fi
finish
