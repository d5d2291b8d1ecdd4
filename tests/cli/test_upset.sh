#!/usr/bin/env bash
# eval --flip-bits and --seu: the accuracy of hardware with upsets.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
need jq

table_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --quiet
is "train" 0 "$code"
run eval "$work/tiny" --mode deterministic --flip-bits 100 --repeats 5 --json
is "eval --flip-bits" 0 "$code"
json_is "points double up to the number" '[.upsets.points[].flips] == [0, 1, 2, 4, 8, 16, 32, 64, 100]'
json_is "no upset is the model's accuracy" '.accuracy_hard as $a | .upsets.points[0] |
    .accuracy == $a and .accuracy_lowest == $a and .accuracy_highest == $a and .upsets == 0'
cp "$work/out" "$work/first"
run eval "$work/tiny" --mode deterministic --flip-bits 100 --repeats 5 --json --threads 2
ok "the same seed and other threads give the same" cmp "$work/first" "$work/out"
run eval "$work/tiny" --mode deterministic --flip-bits 100 --repeats 5 --json --seed 9
is "another seed gives another curve" 1 "$(cmp -s "$work/first" "$work/out"; echo $?)"
run eval "$work/tiny" --seu 0.5 --repeats 4 --json
is "eval --seu" 0 "$code"
json_is "rates are halved" '[.upsets.points[].rate] == [0, 0.015625, 0.03125, 0.0625, 0.125, 0.25, 0.5]'
json_is "about so many are upset" '.upsets | (.points[-1].upsets / .places) | . > 0.4 and . < 0.6'
json_is "half of all upset costs accuracy" '.upsets.points | .[-1].accuracy + 0.1 < .[0].accuracy'
json_is "accuracies are in order" '[.upsets.points[] | .accuracy_lowest <= .accuracy + 1e-9 and .accuracy <= .accuracy_highest + 1e-9] | all'
run eval "$work/tiny" --seu 0.001
ok "a table for people" grep -q "upsets of [0-9]* table bits and LUT inputs, 10 draws" "$work/out"
for rate in 0 2 -1 nan x 0.1x; do
    run eval "$work/tiny" "--seu=$rate"
    fails "--seu $rate is refused" 2 "a probability above 0 and up to 1"
done
run eval "$work/tiny" --seu 0.1 --flip-bits 3
fails "one of the two" 2 "give one"
run eval "$work/tiny" --flip-bits 100000000
fails "more upsets than places" 2 "the hardware has only"
finish
