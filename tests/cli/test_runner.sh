#!/usr/bin/env bash
# The test runner and the dependency script, each on planted faults: a runner that cannot fail is a bug.
. "$(dirname "$0")/tap.sh"

tree=$work/tree
mkdir -p "$tree/tools" "$tree/tests/cli" "$tree/tests/flow" "$tree/tests/unit" "$tree/build/tests"
cp "$root/tools/run_tests.sh" "$tree/tools"
script() { # name, body
    printf '#!/bin/sh\n%b\n' "$2" >"$tree/tests/cli/test_$1.sh"
    chmod +x "$tree/tests/cli/test_$1.sh"
}
runner() { # runs it over what script() made; $code and $last
    (cd "$tree" && "$@" tools/run_tests.sh build) >"$work/out" 2>"$work/err"
    code=$?
    last=$(tail -n 1 "$work/out")
    rm -f "$tree"/tests/cli/test_*.sh
}

script good 'echo "ok 1 - a"; echo "ok 2 - b"; echo 1..2'
script skips 'echo "ok 1 - # SKIP no data"; echo 1..1'
runner env -u CI
is "results are added up" "2 passed, 0 failed, 1 skipped" "$last"
is "and nothing failed" 0 "$code"
script skips 'echo "ok 1 - # SKIP no data"; echo 1..1'
runner env CI=1
is "a skip is a failure in CI" "0 passed, 1 failed, 0 skipped" "$last"
is "and ends with a failure" 1 "$code"
script one 'echo "ok 1 - a"; echo "not ok 2 - b"; echo 1..2; exit 1'
runner env -u CI
is "a failed case" "1 passed, 1 failed, 0 skipped" "$last"
script one 'echo "ok 1 - a"; echo 1..1; kill -SEGV $$'
runner env -u CI
is "a crash" "1 passed, 1 failed, 0 skipped" "$last"
ok "says which signal" grep -q "died of signal 11" "$work/out"
script one 'echo "ok 1 - a"; echo 1..3'
runner env -u CI
is "a broken plan" "1 passed, 1 failed, 0 skipped" "$last"
script one 'echo "ok 1 - a"; echo 1..1; exit 7'
runner env -u CI
is "a bad exit status" "1 passed, 1 failed, 0 skipped" "$last"
script one 'exit 0'
runner env -u CI
is "silence" "0 passed, 1 failed, 0 skipped" "$last"
script one 'sleep 30'
runner env -u CI TEST_TIMEOUT=1
is "a time-out" "0 passed, 1 failed, 0 skipped" "$last"
runner env -u CI
is "no tests at all" 2 "$code"
script good 'echo "ok 1 - a"; echo 1..1'
echo 'echo "ok 1 - never run"' >"$tree/tests/cli/test_forgotten.sh"
runner env -u CI
fails "a script that nobody can run" 2 "test_forgotten.sh is not executable"

mkdir "$work/bin"
for tool in bash sort cat id tr grep env dirname mktemp rm; do ln -s "$(command -v $tool)" "$work/bin/$tool"; done
PATH=$work/bin bash "$root/tools/deps.sh" build test >"$work/out" 2>"$work/err"
code=$?
fails "without apt-get the list is printed" 3 "apt-get install -y .*libyaml-dev.*verilator.*yosys"
"$root/tools/deps.sh" no_group >"$work/out" 2>"$work/err"
code=$?
fails "an unknown group" 2 "unknown group 'no_group'"
finish
