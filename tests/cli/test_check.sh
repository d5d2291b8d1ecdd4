#!/usr/bin/env bash
# cosim and synth from the command line: keys, verdicts, folders that do not belong together.
. "$(dirname "$0")/tap.sh"
need jq verilator iverilog yosys
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

table_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --quiet
is "train ends well" 0 "$code"

for simulator in verilator icarus; do
    run cosim "$work/tiny" --simulator $simulator --vectors 50 --json
    is "$simulator: the hardware agrees" 0 "$code"
    json_is "$simulator: keys" "(.simulator == \"$simulator\")"' and (.model == "table") and (.build_id | length == 16)
        and (.vectors == .vectors_dataset + .vectors_random + .vectors_edge + .vectors_tied)
        and (.vectors_dataset == 50) and (.vectors_edge >= 4) and (.mismatches == 0) and (.ties >= .vectors_tied)
        and (.accuracy_hardware == .accuracy_reference) and (.build_seconds > 0) and (.run_seconds > 0)'
done
run synth "$work/tiny" --target xcup -o "$work/rtl" --json
is "synth ends well" 0 "$code"
json_is "synth: keys" '(.model == "table") and (.target == "xcup") and (.luts > 0) and (.ffs > 0) and (.unmapped_cells == 0)
    and (.fmax_mhz == null) and (.luts_by_part | has("encoder") and has("layers") and has("group_sum") and has("argmax"))
    and ([.luts_by_part[]] | add) == .luts'
run cosim "$work/rtl" --simulator icarus --vectors 20
is "an emitted folder is checked by itself" 0 "$code"
run cosim "$work/rtl" --pipeline 2
fails "an emitted folder keeps its pipeline" 2 "is an emitted folder"
is "no temporary folder is left" "" "$(ls "$TMPDIR")"

# A wrong table bit, with the manifest made to agree: only simulation can tell.
layer=$(grep -l 'TABLE(' "$work"/rtl/rtl/*layer*.v | tail -n 1)
sed -i -E '0,/TABLE\([0-9]+.h/s/(TABLE\([0-9]+.h)([0-9a-f])/\1~\2/' "$layer"
digit=$(sed -n -E 's/.*~([0-9a-f]).*/\1/p' "$layer")
sed -i "s/~$digit/$(printf '%x' $((0x$digit ^ 1)))/" "$layer"
run cosim "$work/rtl" --simulator icarus --vectors 20
fails "an edited file is refused by its name" 4 "$(basename "$layer")"
jq --arg f "rtl/$(basename "$layer")" --arg h "$(sha256sum "$layer" | cut -d' ' -f1)" \
    '(.files[] | select(.path == $f) | .sha256) = $h' "$work/rtl/manifest.json" >"$work/m" && mv "$work/m" "$work/rtl/manifest.json"
run cosim "$work/rtl" --simulator icarus --vectors 50 --trace "$work/wave.vcd"
fails "a wrong table bit is found" 1 "vectors differ from the C reference"
ok "the mismatch names vector, expected and got" grep -Eq 'MISMATCH .*vector [0-9]+ .*expected [0-9]+, got [0-9]+' "$work/out"
ok "the waveform is written" test -s "$work/wave.vcd"
run cosim "$work/rtl" --simulator icarus --vectors 50 --json
json_is "the JSON of a difference has its count" '.mismatches > 0 and (.first_mismatches | length > 0)'
rm "$layer"
run cosim "$work/rtl"
fails "a missing file is refused by its name" 4 "$(basename "$layer")"
echo '{' >"$work/rtl/manifest.json"
run cosim "$work/rtl"
fails "a broken manifest is refused" 4 "manifest.json"
finish
