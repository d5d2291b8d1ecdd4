#!/usr/bin/env bash
# What encoder_config.snap costs and saves: trains CONFIG once for each N and prints a CSV line with the
# LUTs of `emit` and the hard accuracy on the test split.
#   tools/snap_table.sh PROGRAM CONFIG EPOCHS N...
set -euo pipefail

program=${1:?usage: tools/snap_table.sh PROGRAM CONFIG EPOCHS N...}
config=${2:?}
epochs=${3:?}
shift 3
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-snap-XXXXXX")
trap 'rm -rf "$work"' EXIT
name=$(basename "$config" .yaml)

echo "config,epochs,snap,encoder_luts,total_luts,accuracy_hard"
for n in "$@"; do
    sed "s/^encoder_config: {/&snap: $n, /" "$config" >"$work/$name.yaml"
    grep -q "snap: $n" "$work/$name.yaml" || { echo "$config: no line 'encoder_config: {...}'" >&2; exit 2; }
    accuracy=$("$program" train "$work/$name.yaml" -o "$work/$n" --set "training.epochs=$epochs" --json --quiet |
        jq .accuracy_hard)
    "$program" emit "$work/$n" -o "$work/rtl$n" --json --quiet |
        jq -r --arg c "$name" --arg e "$epochs" --arg n "$n" --arg a "$accuracy" \
            '[$c, $e, $n, .luts.encoder, .luts.total, $a] | join(",")'
done
