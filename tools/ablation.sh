#!/usr/bin/env bash
# What each pass over the netlist is worth: LUTs by part and flip-flops with all passes, with none, and with
# each one left out: docs/ablation.csv, and what differs as a table in docs/hardware_guide.md. A MODEL that is
# a configuration (*.yaml) is trained first.
#   tools/ablation.sh PROGRAM TARGET MODEL...
# The rows "all" and "none" are counted by Yosys, the others too (column `by`) while a model has at most
# ABLATION_MOST LUTs (default 3000): beyond that they are the emitter's estimates. ABLATION: the CSV file, then
# nothing else is written.
set -euo pipefail

program=$(realpath "${1:?usage: tools/ablation.sh PROGRAM TARGET MODEL...}")
target=${2:?}
shift 2
cd "$(dirname "$0")/.."
csv=${ABLATION:-docs/ablation.csv}
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-ablation-XXXXXX")
trap 'rm -rf "$work"' EXIT

# row count|estimate MODEL LABEL OPTION...: the same hardware has the same netlist and is counted once.
row() {
    local how=$1 model=$2 label=$3 hash by=yosys
    shift 3
    rm -rf "$work/rtl"
    "$program" emit "$model" --target "$target" -o "$work/rtl" --json --quiet "$@" >"$work/emit"
    hash=$(sha256sum <"$work/rtl/netlist.txt" | cut -c1-16)
    if [ -s "$work/$hash" ]; then :; elif [ "$how" = count ]; then
        "$program" synth "$work/rtl" --target "$target" --json --quiet >"$work/new"
        mv "$work/new" "$work/$hash"
    else
        by=estimate
        hash=estimated
        jq '{model, target, luts_by_part: .luts, luts: .luts.total, physical_luts: "", ffs: .flip_flops}' \
            "$work/emit" >"$work/estimated"
    fi
    jq -r --arg which "$label" --arg by $by --slurpfile emit "$work/emit" '.luts_by_part as $p
        | [.model, .target, $which, $by, $p.encoder, $p.layers, $p.group_sum, $p.argmax, .luts, .physical_luts, .ffs,
           ([$emit[0].passes[] | "\(.name)=\(.removed)"] | join(" "))] | join(",")' "$work/$hash"
    [ "$hash" != estimated ] || rm "$work/estimated"
}

write_table() {
    awk -F, 'NR == 1 {
            print "| model | passes | by | encoder | layers | group sum | argmax | LUTs | physical | flip-flops |"
            print "|---|---|---|---|---|---|---|---|---|---|"
            next
        }
        { now = $5 " " $6 " " $7 " " $8 " " $9 " " $10 " " $11 }
        $3 == "all" { all = now }
        $3 == "all" || $3 == "none" || now != all { print "| `" $1 "` | " $3 " | " $4 " | " $5 " | " $6 " | " $7 " | " $8 " | " $9 " | " $10 " | " $11 " |" }
        ' "$csv" | tools/put_table.sh ablation docs/hardware_guide.md
}

{
    echo "model,target,passes,by,encoder,layers,group_sum,argmax,luts,physical_luts,ffs,removed"
    for model in "$@"; do
        case $model in
        *.yaml)
            "$program" train "$model" -o "$work/model" --quiet
            model=$work/model
            ;;
        esac
        "$program" emit "$model" --target "$target" -o "$work/rtl" --json --quiet >"$work/names"
        how=count
        [ "$(jq .luts.total "$work/names")" -le "${ABLATION_MOST:-3000}" ] || how=estimate
        row count "$model" all
        row count "$model" none --passes none
        for pass in $(jq -r '.passes[].name' "$work/names"); do
            row $how "$model" "without $pass" --no-pass "$pass"
        done
    done
} >"$work/ablation.csv"
mv "$work/ablation.csv" "$csv"
[ -n "${ABLATION:-}" ] || write_table
