#!/usr/bin/env bash
# Tests of what uses threads, from a build under ThreadSanitizer: first that it finds planted races and is
# silent without them, then every unit test and the scripts about threads.
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

# test_faults puts functions in front of the C library's, as the sanitizer does; test_safetensors_python and
# the like have no threads of ours.
units=()
for test in "$build"/tests/test_*; do
    case $test in
    *.d | */test_faults) ;;
    *) units+=("${test##*/}") ;;
    esac
done
exec "${run[@]}" tools/run_tests.sh "$build" --exactly "${units[@]}" test_resume.sh test_determinism.sh \
    test_interrupt.sh test_sweep_command.sh test_upset.sh test_dont_care.sh test_export.sh test_prove.sh
