#!/usr/bin/env bash
# The table of planted faults in docs/proof.md, measured again. Status 1 when a fault was missed.
#   tools/faults_table.sh PROGRAM [N]
set -euo pipefail

program=$1 count=${2:-1000} model=mnist_small
page=$(cd "$(dirname "$0")/.." && pwd)/docs/proof.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

unset DIFFLUT_DATA # drawn digits in the place of the test split: the same everywhere
"$program" prove $model --faults "$count" >"$scratch/verilog"
"$program" prove $model --faults "$count" --after-synth xcup >"$scratch/xcup"
{
    sed -n '1,/<!-- faults: begin -->/p' "$page"
    echo "The Verilog of $model, $count of each kind:"
    echo
    cat "$scratch/verilog"
    echo
    echo "Its netlist after synthesis for xcup, $count of each kind:"
    echo
    cat "$scratch/xcup"
    sed -n '/<!-- faults: end -->/,$p' "$page"
} >"$scratch/page"
cp "$scratch/page" "$page"
