#!/usr/bin/env bash
# --json: exactly one JSON value on standard output, with the promised keys and types.
. "$(dirname "$0")/tap.sh"
need jq

tiny_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --json
is "train ends well" 0 "$code"
json_is "train: keys" '(.model == "tiny") and (.epochs == 2) and (.accuracy_soft | type == "number" and . >= 0 and . <= 1)
    and (.accuracy_hard | type == "number" and . >= 0 and . <= 1) and (.samples_per_second > 0) and (.seconds > 0) and (.out_dir | type == "string")'
ok "train: people read standard error" grep -q "test split" "$work/err"
ok "train writes the configuration" test -s "$work/tiny/tiny.yaml"
ok "train writes the weights" test -s "$work/tiny/tiny.safetensors"
ok "train writes a log" grep -q "^epoch 2/2" "$work/tiny/train.log"
ok "train writes a history" jq -e 'length == 2 and .[1].epoch == 2 and (.[0].loss > 0)' "$work/tiny/train.json"
ok "the results are in the YAML" grep -q accuracy_hard "$work/tiny/tiny.yaml"

json_is "train: warnings are texts" '(.warnings | type == "array" and all(.[]; type == "string")) and .seed == 3'
run train "$work/tiny.yaml" -o "$work/seeds" --seeds 3 --json
is "train --seeds ends well" 0 "$code"
json_is "train --seeds: keys" '(.runs | length == 3) and ([.runs[].seed] == [3, 4, 5]) and all(.runs[]; .accuracy_hard > 0 and has("out_dir"))
    and (((.runs | map(.accuracy_hard) | add) / 3 - .accuracy_hard_mean) | fabs < 1e-9) and (.accuracy_hard_std | type == "number" and . >= 0)'
ok "train --seeds: each run has a folder" test -s "$work/seeds/seed_4/tiny.safetensors"
ok "train --seeds: equal to a run with that seed" cmp "$work/seeds/seed_3/tiny.safetensors" "$work/tiny/tiny.safetensors"
ok "train --seeds: runs.json is the result" diff <(jq -S . "$work/out") <(jq -S . "$work/seeds/runs.json")
run train "$work/tiny.yaml" -o "$work/folds" --folds 2 --json
is "train --folds ends well" 0 "$code"
json_is "train --folds: keys" '(.runs | length == 2) and ([.runs[].fold] == [0, 1]) and (.accuracy_hard_mean > 0) and (.accuracy_hard_std >= 0)'
ok "train --folds: each run has a folder" test -s "$work/folds/fold_1/tiny.safetensors"
run train "$work/tiny.yaml" -o "$work/both" --folds 2 --seeds 2 --quiet
ok "seeds and folds together" test -s "$work/both/seed_4_fold_1/tiny.safetensors"
run train "$work/tiny.yaml" --set training.folds=1
fails "one fold is refused" 2 "training.folds"

run eval "$work/tiny" --json
is "eval ends well" 0 "$code"
json_is "eval: keys" '(.model == "tiny") and (.dataset == "synthetic_digits") and (.split == "test") and (.samples > 0)
    and (.mode == "deterministic") and (.accuracy >= 0) and (.accuracy == .accuracy_hard)'
json_is "eval: classes and the confusion matrix" '(.classes | length == 10) and (.confusion | length == 10) and (.samples as $n
    | [.confusion[][]] | add == $n) and (.accuracy as $a | .samples as $n | [range(10) as $c | .confusion[$c][$c]] | add / $n - $a | fabs < 1e-9)
    and (.macro_f1 > 0) and (.balanced_accuracy > 0) and all(.classes[]; .recall <= 1 and .precision <= 1 and .f1 <= 1)'
for mode in deterministic expectation sampling; do
    run eval "$work/tiny" --json --mode $mode --samples 100
    json_is "eval: mode $mode" ".mode == \"$mode\" and .samples == 100"
done
run eval "$work/tiny" --json --split train --samples 50 --set runtime.flip_probability=0.1
json_is "eval: the training split, with flips" '.split == "train" and .samples == 50'
run emit "$work/tiny" -o "$work/rtl" --json
is "emit ends well" 0 "$code"
json_is "emit: keys" '(.model == "tiny") and (.build_id | test("^[0-9a-f]{16}$")) and (.out_dir | type == "string")
    and ([.luts.encoder, .luts.layers, .luts.group_sum, .luts.argmax] | add) == .luts.total
    and (.latency_cycles == 5) and (.seconds | type == "number")'
run emit "$work/tiny" -o "$work/rtl0" --pipeline 0 --json
json_is "emit: no registers, no latency" '.latency_cycles == 0'
run emit "$work/tiny" -o "$work/rtl2" --pipeline encoder=2,layers=0,popcount=3,argmax=1 --json
json_is "emit: the latency is the sum of the stages" '.latency_cycles == 6'
json_is "emit: the stages of each part" '.stages == {encoder: 2, layers: 0, group_sum: 3, argmax: 1}'
run emit "$work/tiny" -o "$work/rtl3" --pipeline auto=4 --json
json_is "emit: no path above the depth that was asked for" '.depth <= 4 and .latency_cycles > 0
    and .latency_cycles == ([.stages[]] | add)'

run emit "$work/tiny" -o "$work/rtl" --json
json_is "emit: what each pass removed" '[.passes[].name] == ["unused-inputs", "dont-cares", "constants", "wires", "duplicates", "absorb", "code-bits", "dead"]
    and all(.passes[]; .removed | type == "number")'
ok "emit: the manifest says the same" test "$(jq -cS .passes "$work/out")" = "$(jq -cS .passes "$work/rtl/manifest.json")"
all_passes=$(jq -r .build_id "$work/out")
run emit "$work/tiny" -o "$work/rtl_some" --passes dead,wires --json
json_is "emit: a list of passes" '[.passes[].name] == ["wires", "dead"]'
run emit "$work/tiny" -o "$work/rtl_some" --no-pass dead --no-pass dont-cares --json
json_is "emit: all but two" '[.passes[].name] == ["unused-inputs", "constants", "wires", "duplicates", "absorb", "code-bits"]'
ok "emit: the choice is in the build id" test "$(jq -r .build_id "$work/out")" != "$all_passes"
run emit "$work/tiny" -o "$work/rtl_some" --passes none --json
json_is "emit: no pass" '.passes == []'

run info "$work/tiny" --json
is "info ends well" 0 "$code"
json_is "info: keys" '(.model == "tiny") and (.layers | length == 2) and (.luts.total > 0) and (.structural_hash | length == 64)
    and (.model_hash | length == 64) and (.results.accuracy_hard | type == "number")'
run models --json
is "models ends well" 0 "$code"
json_is "models: a list" 'type == "array" and all(.[]; has("name") and has("dataset") and has("model_type")
    and has("accuracy_hard") and has("luts"))'
run data list --json
json_is "data list: a list" 'type == "array" and any(.[]; .name == "synthetic_digits" and .available)
    and any(.[]; .name == "mnist" and .train == 60000)'
run data info iris --json
json_is "data info: one set" '.name == "iris" and .features == 4 and .classes == 3'
run data fetch iris --data "$work" --json
json_is "data fetch: names the files" '(.files | length >= 1)'

run eval "$work/tiny" --json --samples 0
is "an error ends with its own status" 2 "$code"
json_is "an error is an object" '(.error | type == "string") and .exit_code == 2'
run emit nothing_like_it --json
json_is "an unknown model is an object" '.exit_code == 2'
run emit --json --no-such-option
json_is "a wrong option is an object" '.exit_code == 2'

run emit "$work/tiny" -o "$work/rtl" --quiet
is "--quiet prints nothing" 0 "$(wc -c <"$work/out")"
is "--quiet is quiet on standard error too" 0 "$(wc -c <"$work/err")"
run emit nothing_like_it --quiet
fails "--quiet still prints errors" 2 nothing_like_it
finish
