#!/usr/bin/env bash
# Runs every fuzzer of BUILD/fuzz for FUZZ_SECONDS (20), starting from tests/fuzz/corpus/NAME.
#   tools/run_fuzzers.sh BUILD
set -euo pipefail

build=$1
seconds=${FUZZ_SECONDS:-20}
failed=0
for fuzzer in "$build"/fuzz/fuzz_*; do
    [ -x "$fuzzer" ] && [ "${fuzzer%.d}" = "$fuzzer" ] || continue
    name=${fuzzer##*/fuzz_}
    found=$build/found/$name
    mkdir -p "$found" "$build/corpus/$name"
    folders=("$build/corpus/$name")
    [ ! -d "tests/fuzz/corpus/$name" ] || folders+=("tests/fuzz/corpus/$name")
    if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found/" \
        "${folders[@]}" >"$found.log" 2>&1; then
        echo "ok    $name: $(grep -c . "$found.log") lines, $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$found.log") runs"
    else
        echo "FAIL  $name: see $found.log and $found/"
        tail -n 20 "$found.log" | sed 's/^/      /'
        failed=1
    fi
done
exit $failed
