#!/usr/bin/env bash
# bench: rows, filters and what it refuses. What it measures is not compared with anything: times are noise.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
need jq

unset DIFFLUT_DATA
export HOME=$work
rows='(type == "array") and all(.[]; (.case | type == "string") and .value > 0 and .lowest <= .value and .value <= .highest
    and .lowest > 0 and .runs >= 5 and .threads >= 1)'
tiny_config "$work/tiny.yaml"
run bench --training "$work/tiny.yaml" --threads 2 --json
is "training of a configuration" 0 "$code"
json_is "its row" "$rows and (length == 1) and .[0].case == \"train/tiny/threads_2\" and .[0].unit == \"samples/s\" and .[0].threads == 2"
run bench --training --filter train/dwn_1000/threads_1 --threads 2 --json
is "a standard net, without a data set" 0 "$code"
json_is "only the case of the filter" "$rows and map(.case) == [\"train/dwn_1000/threads_1\"]"
ok "people are told what it trains on" grep -q synthetic_digits "$work/err"
run bench digits_small --filter interpreted --json
is "inference of a model" 0 "$code"
json_is "its row" "$rows and map([.case, .unit]) == [[\"inference/digits_small/interpreted\", \"images/s\"]]"

run bench --filter no_such_case
fails "a filter that nothing has" 2 "no case has 'no_such_case'"
run bench --training --inference mnist_small
fails "models and configurations in one call" 2 "two calls"
run bench --training "$work/none.yaml"
fails "a configuration that is not there" 4 "none.yaml"
finish
