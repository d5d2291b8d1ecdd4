#!/usr/bin/env bash
# train with pruning: the log and JSON count what is left out, and so does the emitted hardware.
. "$(dirname "$0")/tap.sh"

tiny_config "$work/tiny.yaml"
sed -i 's/epochs: 2/epochs: 5/' "$work/tiny.yaml"
sets=(--set training.prune_luts=0.4 --set training.prune_bits=0.9 --set training.prune_inputs=0.25)

run train "$work/tiny.yaml" -o "$work/whole" --json
is "as usual" 0 "$code"
is "nothing is said of pruning" null "$(jq .pruned "$work/out")"
run train "$work/tiny.yaml" -o "$work/pruned" "${sets[@]}" --json
is "with pruning" 0 "$code"
is "two fifths of the hidden LUTs, one of three of each class" true "$(jq '.pruned.luts >= 30' "$work/out")"
is "nine tenths of the bits" true "$(jq '.pruned.bits >= 1411' "$work/out")"
is "the inputs of those LUTs, and a quarter of the rest" true "$(jq '.pruned.inputs >= 30 * 4 + 50' "$work/out")"
ok "the log has it" grep -q "^epoch 5/5 .*pruned [0-9]* LUTs, [0-9]* bits, [0-9]* inputs" "$work/pruned/train.log"
is "the history never falls" true "$(jq '[.[].pruned.inputs] | . == sort' "$work/pruned/train.json")"
is "it begins with none" 0 "$(jq '.[0].pruned.luts' "$work/pruned/train.json")"
is "the best epoch comes after the last pruning" true "$(jq '.best_epoch >= 4' "$work/out")"

for name in whole pruned; do
    run emit "$work/$name" -o "$work/rtl_$name" --json
    is "emit $name" 0 "$code"
    cp "$work/out" "$work/$name.json"
done
for part in encoder layers group_sum; do
    ok "fewer LUTs in $part" jq -e -n --slurpfile a "$work/whole.json" --slurpfile b "$work/pruned.json" \
        "\$b[0].luts.$part < \$a[0].luts.$part"
done

run train "$work/tiny.yaml" -o "$work/pruned" "${sets[@]}" --set training.prune_end=0.9
fails "an end that is not reached" 2 "training.prune_end: expected at most 0.8"
finish
