#!/usr/bin/env bash
# How emission, netlist passes, Verilator and Yosys grow with the net: random nets of 1 k to 1 M LUT6 in 8
# layers. Prints CSV; tests/bench/flow_growth.csv is its output on the usual machine.
#   tools/flow_growth.sh [BUILD]     BUILD/bench/bench_flow: `make bench-flow` builds and runs it
set -euo pipefail

bench=${1:-build}/bench/bench_flow
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo "luts,step,value,unit"
"$bench" 1000 "$scratch/net" synth simulate
"$bench" 10000 "$scratch/net" synth
"$bench" 100000 "$scratch/net"
"$bench" 1000000 "$scratch/net"
