#!/usr/bin/env bash
# Every fault at every place (docs/testing.md), and kills at 100 random moments of each command, whose table
# goes to docs/testing.md.
#   tools/failures.sh BUILD
set -euo pipefail
build=${1:?usage: tools/failures.sh BUILD}
cd "$(dirname "$0")/.."
export DIFFLUT_FAULTS=all DIFFLUT_KILLS=100 TEST_TIMEOUT=7200
tools/run_tests.sh "$build" --exactly test_faults test_faults.sh test_kills.sh
{
    echo "| command | signal | moments | ended | whole | then succeeds |"
    echo "| --- | --- | --- | --- | --- | --- |"
    sed -n 's/^# kills: //p' "$build/test-logs/test_kills.sh.tap"
} | tools/put_table.sh kills docs/testing.md
