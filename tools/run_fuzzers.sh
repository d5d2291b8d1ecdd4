#!/usr/bin/env bash
# Runs every fuzzer of BUILD/fuzz for FUZZ_SECONDS (20). Seeds: tests/fuzz/corpus/NAME/*, the committed
# configurations, and the files of a small model made by PROGRAM.
#   tools/run_fuzzers.sh BUILD PROGRAM
set -euo pipefail

build=$1 program=$2
seconds=${FUZZ_SECONDS:-20}
seeds=$build/seeds
mkdir -p "$build/last"

sed 's/^layer_widths.*/layer_widths: [20, 10]/' configs/quickstart.yaml >"$build/small.yaml"
"$program" train "$build/small.yaml" -o "$seeds/model" --quiet --set training.epochs=1 \
    --set training.samples=200
"$program" emit "$seeds/model" -o "$seeds/rtl" --quiet

failed=0
for fuzzer in "$build"/fuzz/fuzz_*; do
    [ -x "$fuzzer" ] || continue
    name=${fuzzer##*/fuzz_}
    shopt -s nullglob
    case $name in
    config) files=(configs/*.yaml "$seeds"/model/*.yaml) ;;
    safetensors | weights) files=("$seeds"/model/*.safetensors) ;;
    netlist) files=("$seeds"/rtl/netlist.txt) ;;
    manifest) files=("$seeds"/rtl/manifest.json) ;;
    *) files=() ;;
    esac
    files+=(tests/fuzz/corpus/"$name"/*)
    if "$fuzzer" "$seconds" "$build/last/$name" "${files[@]}" >"$build/last/$name.log" 2>&1; then
        echo "ok    $name: $(tail -n 1 "$build/last/$name.log")"
    else
        echo "FAIL  $name: the input is in $build/last/$name (8 bytes of size, then the bytes)"
        tail -n 30 "$build/last/$name.log" | sed 's/^/      /'
        failed=1
    fi
done
exit $failed
