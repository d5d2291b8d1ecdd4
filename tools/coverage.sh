#!/usr/bin/env bash
# Lines of src/ that the tests run, from a build with --coverage: a table by room, and the files with most
# lines that no test runs. Fails below 90 %. Of all tests, the table goes to docs/testing.md.
#   tools/coverage.sh BUILD [WORD]...     WORDs choose tests, as for tools/run_tests.sh; none: all
set -uo pipefail
build=${1:?usage: tools/coverage.sh BUILD [WORD]...}
shift
cd "$(dirname "$0")/.." || exit 2

if [ -z "${COVERAGE_KEEP:-}" ]; then # set: add to what was counted before
    find "$build" -name '*.gcda' -delete
fi
DIFFLUT_COVERAGE=1 tools/run_tests.sh "$build" "$@"
status=$?
python3 tools/coverage.py "$build" $status >"$build/coverage.md"
status=$?
cat "$build/coverage.md"
if [ $status -eq 0 ] && [ $# -eq 0 ]; then
    tools/put_table.sh coverage docs/testing.md <"$build/coverage.md"
fi
exit $status
