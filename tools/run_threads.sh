#!/usr/bin/env bash
# The tests, from a build under ThreadSanitizer: first that it finds planted races and is silent without them.
#   tools/run_threads.sh BUILD
set -uo pipefail
build=${1:?usage: tools/run_threads.sh BUILD}
cd "$(dirname "$0")/.." || exit 2

# A race ends the program with status 66 and a report. libomp itself is not instrumented; its tool for
# ThreadSanitizer, libarcher, says what it synchronises.
export TSAN_OPTIONS="halt_on_error=1 exitcode=66 ignore_noninstrumented_modules=1 die_after_fork=0"
# Its shadow memory has a fixed place, which newer kernels' address randomisation may take.
run=()
if setarch "$(uname -m)" -R true 2>/dev/null; then run=(setarch "$(uname -m)" -R); fi

for plant in pthread openmp; do
    "${run[@]}" "$build/helpers/race" "$plant" >/dev/null 2>&1
    [ $? -eq 66 ] || { echo "the race planted with $plant was not found" >&2; exit 1; }
done
"${run[@]}" "$build/helpers/race" || { echo "a race where there is none" >&2; exit 1; }
echo "planted races found: 2 of 2; false alarms: 0"

# Left out: tests that put functions in front of the C library's allocations, as the sanitizer does itself, and
# test_install.sh, which builds the examples with gcc and its OpenMP.
all=()
for test in "$build"/tests/test_* tests/cli/test_*.sh tests/flow/test_*.sh; do
    case $test in
    *.d | */test_faults | */test_faults.sh | */test_fuzz_corpus.sh | */test_install.sh) ;;
    *) all+=("${test##*/}") ;;
    esac
done
export TEST_TIMEOUT=${TEST_TIMEOUT:-1800}
exec "${run[@]}" tools/run_tests.sh "$build" --exactly "${all[@]}"
