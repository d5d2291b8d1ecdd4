#!/usr/bin/env bash
# What each pass over the netlist is worth: LUTs by part and flip-flops by Yosys with all passes, with
# none, and with each one left out, as CSV. A MODEL that is a configuration (*.yaml) is trained
# first.
#   tools/ablation.sh PROGRAM TARGET MODEL...
set -euo pipefail

program=${1:?usage: tools/ablation.sh PROGRAM TARGET MODEL...}
target=${2:?}
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-ablation-XXXXXX")
trap 'rm -rf "$work"' EXIT

# row MODEL LABEL OPTION...: synthesises what was not yet; the same hardware has the same netlist.
row() {
    local model=$1 label=$2 hash
    shift 2
    rm -rf "$work/rtl"
    "$program" emit "$model" --set "hardware.target=$target" -o "$work/rtl" --json --quiet "$@" >"$work/emit"
    hash=$(sha256sum <"$work/rtl/netlist.txt" | cut -c1-16)
    [ -s "$work/$hash" ] || "$program" synth "$work/rtl" --target "$target" --json --quiet >"$work/$hash"
    jq -r --arg which "$label" --slurpfile emit "$work/emit" '.luts_by_part as $p
        | [.model, .target, $which, $p.encoder, $p.layers, $p.group_sum, $p.argmax, .luts, .ffs,
           ([$emit[0].passes[] | "\(.name)=\(.removed)"] | join(" "))] | join(",")' "$work/$hash"
}

echo "model,target,passes,encoder,layers,group_sum,argmax,luts,ffs,removed"
for model in "$@"; do
    case $model in
    *.yaml)
        "$program" train "$model" -o "$work/model" --quiet
        model=$work/model
        ;;
    esac
    row "$model" all
    row "$model" none --passes none
    for pass in $("$program" emit "$model" --set "hardware.target=$target" -o "$work/names" --json --quiet | jq -r '.passes[].name'); do
        row "$model" "without $pass" --no-pass "$pass"
    done
done
