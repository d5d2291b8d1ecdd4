#!/usr/bin/env bash
# What a 100-bit class sum takes when it is put together in other ways, as CSV: the counters that are emitted, a plain
# sum, and trees that end in, or run in, the target's carry chains (tools/popcount_variant.awk). Each variant takes
# the place of the counting module in an emitted folder of two classes, the script maps what adds to carry cells,
# and the same `synth` counts it; `cosim --after-synth` checks the netlist. LUTs are those of both class sums.
#   tools/popcount_table.sh PROGRAM [TARGET]...
set -euo pipefail

program=${1:?usage: tools/popcount_table.sh PROGRAM [TARGET]...}
shift
[ $# -gt 0 ] || set -- xc7 xcup ecp5 ice40
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-popcount-XXXXXX")
trap 'rm -rf "$work"' EXIT

awk 'BEGIN { srand(1); print "a,b,c,d,e,f,g,h,label"
    for (i = 0; i < 64; i++) { for (j = 0; j < 8; j++) printf "%d,", int(rand() * 256); print i % 2 } }' >"$work/table.csv"
cat >"$work/sum.yaml" <<-YAML
	model_type: feedforward
	layer_type: random
	node_type: dwn
	encoder_config: {name: thermometer, num_bits: 6}
	node_input_dim: 6
	layer_widths: [200]
	num_classes: 2
	input_size: 8
	input: {bits: 8}
	dataset: {train: table.csv, label: label}
	training: {epochs: 1, batch_size: 32}
YAML
"$program" train "$work/sum.yaml" -o "$work/sum" --quiet

# The manifest has the hash of every file; those that were changed get theirs.
rehash() {
    local file
    for file in "$@"; do
        jq --arg path "$file" --arg hash "$(sha256sum <"$work/rtl/$file" | cut -d' ' -f1)" \
            '(.files[] | select(.path == $path)).sha256 = $hash' "$work/rtl/manifest.json" >"$work/manifest"
        mv "$work/manifest" "$work/rtl/manifest.json"
    done
}

# Puts a variant into $work/rtl and has sums mapped to carry cells.
put() { # target variant
    local map=+/$1/arith_map.v script=scripts/synth_$1.ys module
    module=$(cd "$work/rtl/rtl" && basename sum_count100*.v .v)
    case $1 in xc7 | xcup) map="+/xilinx/arith_map.v -D LUT_SIZE=6" ;; esac
    awk -v module="$module" -v bits=100 -v variant="$2" -f "$here/popcount_variant.awk" >"$work/rtl/rtl/$module.v"
    sed -i -e "s,^techmap -map scripts/compare_map.v,alumacc sum_group_sum\ntechmap -map $map sum_group_sum\n&," \
        -e "s,^read_verilog rtl/$module.v,read_verilog -icells rtl/$module.v," "$work/rtl/$script"
    [ "$1" != ice40 ] || sed -i 's,^synth_ice40 -run map_cells,ice40_wrapcarry -unwrap\n&,' "$work/rtl/$script"
    rehash "rtl/$module.v" "$script"
}

echo "target,variant,luts,physical_luts,carry_cells,mismatches"
for target in "$@"; do
    variants="counters plus rows"
    case $target in xc7 | xcup) variants+=" chain" ;; esac # five inputs and a carry: no LUT4 has them
    for variant in $variants; do
        rm -rf "$work/rtl"
        "$program" emit "$work/sum" --set "hardware.target=$target" --passes none -o "$work/rtl" --quiet
        [ "$variant" = counters ] || put "$target" "$variant"
        "$program" synth "$work/rtl" --target "$target" --json --quiet >"$work/synth"
        mismatches=$("$program" cosim "$work/rtl" --after-synth "$target" --simulator icarus --random 300 --json --quiet | jq .mismatches)
        carries=$(grep -cE '^ *(CARRY4|CARRY8|CCU2C|SB_CARRY) ' "$work/rtl/synth/$target.v" || true)
        jq -r --arg target "$target" --arg variant "$variant" --arg carries "$carries" --arg mismatches "$mismatches" \
            '[$target, $variant, .luts_by_part.group_sum, .physical_luts_by_part.group_sum, $carries, $mismatches] | map(. // "") | join(",")' "$work/synth"
    done
done
