#!/usr/bin/env bash
# C reference = Verilator and Icarus over sizes: n = 1..6 and 8, widths that are multiples of nothing,
# 2 to 300 classes, codes of 1 to 16 bits, both nodes, pipelines from none to deep, by count and by depth.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

for tool in verilator iverilog jq awk; do
    command -v $tool >/dev/null || skip_all "$tool is not here"
done

# check N NODE WIDTHS CLASSES FEATURES BITS ENCODER PIPELINE SIMULATOR
check() {
    local vectors=300
    # Icarus resolves a whole bus for each of its bits that changes, so many classes cost minutes.
    [ "$4" -lt 40 ] || vectors=20
    local name="n=$1 $2 widths [$3] $4 classes $5 features of $6 bits, $7, pipeline $8, $9"
    random_table "$work/table.csv" "$4" "$5" "$6"
    cat >"$work/net.yaml" <<-YAML
	model_type: feedforward
	layer_type: random
	node_type: $2
	encoder_config: {name: $7, num_bits: 3}
	node_input_dim: $1
	layer_widths: [$3]
	num_classes: $4
	input_size: $5
	input: {bits: $6}
	dataset: {train: table.csv, label: label}
	training: {epochs: 1, batch_size: 32}
	YAML
    run train "$work/net.yaml" -o "$work/net" --quiet
    is "trained: $name" 0 "$code"
    run cosim "$work/net" --pipeline "$8" --simulator "$9" --vectors "$vectors" --random "$vectors" --json
    is "equal: $name" "0 0" "$code $(jq .mismatches "$work/out")"
    rm -rf "$work/net"
}

check 1 probabilistic "7, 6" 2 3 1 thermometer 0 verilator
check 2 dwn "13, 9" 3 5 4 distributive_thermometer 1 icarus
check 3 probabilistic "31, 35" 5 11 7 gaussian_thermometer encoder=0,layers=2,popcount=0,argmax=1 verilator
check 4 dwn "50, 600" 300 9 12 thermometer encoder=1,layers=0,popcount=1,argmax=0 verilator
check 5 probabilistic "17, 22" 11 13 8 gray 3 icarus
check 6 dwn "61, 37, 30" 10 17 5 onehot 0 icarus
check 6 probabilistic "64, 514" 257 21 8 distributive_thermometer 1 icarus
check 6 dwn "40, 33" 3 12 8 distributive_thermometer auto=3 verilator
check 6 dwn "43, 30, 26" 2 12 6 thermometer auto=1 icarus
check 5 probabilistic "30, 86" 43 9 8 thermometer auto=2 icarus
check 6 dwn "24, 80" 40 8 6 thermometer auto=5 icarus
check 6 probabilistic "39, 302" 2 13 7 thermometer encoder=0,layers=1,popcount=5,argmax=3 verilator
check 8 dwn "19, 14" 7 6 6 thermometer encoder=2,layers=3,popcount=2,argmax=16 icarus
check 8 probabilistic "19, 14" 7 6 6 thermometer 1 verilator
for bits in 2 3 9 10 11 13 14 15 16; do
    check 4 probabilistic "12" 2 3 $bits distributive_thermometer 1 icarus
done
finish
