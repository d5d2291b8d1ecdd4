#!/usr/bin/env bash
# One CSV line per case: name,median,unit,config hash,commit. Three runs each.
#   tools/bench.sh PROGRAM
set -euo pipefail

program=$1
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case_line() { # name unit jq-expression hash command...
    local name=$1 unit=$2 key=$3 hash=$4
    shift 4
    for _ in 1 2 3; do
        "$@" --json 2>/dev/null | jq -r "$key"
    done | sort -g | awk -v n="$name" -v u="$unit" -v h="$hash" -v c="$commit" '
        { v[NR] = $1 } END { printf "%s,%s,%s,%s,%s\n", n, v[2], u, h, c }'
}

echo "name,median,unit,config_hash,commit"
hash=$(sha256sum configs/quickstart.yaml | cut -c1-16)
case_line train/quickstart samples/s .samples_per_second "$hash" \
    "$program" train configs/quickstart.yaml -o "$scratch/quickstart"
for model in $("$program" models --json 2>/dev/null | jq -r '.[].name'); do
    hash=$("$program" info "$model" --json 2>/dev/null | jq -r '.structural_hash[:16]')
    case_line "emit/$model" s .seconds "$hash" "$program" emit "$model" -o "$scratch/rtl/$model"
    case_line "synth/$model/xcup" s .seconds "$hash" "$program" synth "$scratch/rtl/$model" --target xcup
    case_line "cosim/$model/build" s .build_seconds "$hash" "$program" cosim "$scratch/rtl/$model"
    case_line "cosim/$model/run" s .run_seconds "$hash" "$program" cosim "$scratch/rtl/$model"
done
# Inference: the program takes the median of five runs itself.
for model in mnist_small mnist_large; do
    hash=$("$program" info "$model" --json 2>/dev/null | jq -r '.structural_hash[:16]')
    "$program" bench "$model" --json 2>/dev/null |
        jq -r --arg h "$hash" --arg c "$commit" '.[] | "\(.case),\(.value),\(.unit),\($h),\($c)"'
done
# The kernels of every node type, a LUT and sample; the configuration is the program's own.
nodes=$(dirname "$program")/../bench/bench_node
hash=$(sha256sum tests/bench/bench_node.c | cut -c1-16)
"$nodes" | sed "s/\$/,$hash,$commit/"
