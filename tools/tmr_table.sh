#!/usr/bin/env bash
# What three copies and voters cost, counted by Yosys and proved: the table of docs/hardware_guide.md, measured again.
#   tools/tmr_table.sh PROGRAM
set -euo pipefail

program=$1 target=xcup
page=$(cd "$(dirname "$0")/.." && pwd)/docs/hardware_guide.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

{
    sed -n '1,/<!-- tmr: begin -->/p' "$page"
    echo "| model, $target | LUTs | with \`--tmr\` | of these voters | factor | registers | with \`--tmr\` | faults masked |"
    echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for model in digits_small mnist_small mnist_large; do
        "$program" emit $model -o "$scratch/plain" --quiet
        "$program" emit $model --tmr -o "$scratch/tmr" --quiet
        for folder in plain tmr; do
            "$program" synth "$scratch/$folder" --target $target --json --quiet >"$scratch/$folder.json"
        done
        "$program" prove "$scratch/tmr" --after-synth $target --list --json --quiet >"$scratch/prove.json"
        jq -r --slurpfile t "$scratch/tmr.json" --slurpfile p "$scratch/prove.json" --arg model $model '
            [$p[0].list[] | select(.part == "mapped tmr") | .name | capture("any 1 of (?<n>[0-9]+)").n | tonumber] as $cells |
            "| \($model) | \(.luts) | \($t[0].luts) | \($t[0].luts_by_part.other) | \($t[0].luts * 100 / .luts | round / 100) | " +
            "\(.ffs) | \($t[0].ffs) | all of \($cells | add) |"' "$scratch/plain.json"
    done
    sed -n '/<!-- tmr: end -->/,$p' "$page"
} >"$scratch/page"
cp "$scratch/page" "$page"
