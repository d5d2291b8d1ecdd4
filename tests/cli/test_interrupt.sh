#!/usr/bin/env bash
# A run that is ended by a signal leaves no half result, no temporary folder and no child.
. "$(dirname "$0")/tap.sh"
need verilator timeout
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

wait_for() { # seconds command...
    local tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

tiny_config "$work/long.yaml" long
run train "$work/long.yaml" -o "$work/tiny" --quiet
is "train ends well" 0 "$code"
sed -i 's/epochs: 2/epochs: 100000/' "$work/long.yaml"
"$DIFFLUT" train "$work/long.yaml" -o "$work/long" >"$work/out" 2>"$work/err" &
pid=$!
ok "training goes on" wait_for 20 grep -q "^epoch" "$work/err"
kill -TERM $pid
wait $pid
code=$?
fails "SIGTERM ends training" 143 "interrupted"
is "the checkpoint is there and nothing else" "$work/long/train.checkpoint" "$(find "$work/long" -type f 2>/dev/null)"

# A compiler that never ends stands in for Verilator.
mkdir "$work/bin"
printf '#!/bin/sh\n[ "$1" = --version ] && exec %s --version\necho $$ >"%s/child"\nexec sleep 1000\n' "$(command -v verilator)" "$work" >"$work/bin/verilator"
chmod +x "$work/bin/verilator"
PATH=$work/bin:$PATH "$DIFFLUT" cosim "$work/tiny" --vectors 5 >"$work/out" 2>"$work/err" &
pid=$!
ok "the tool runs" wait_for 20 test -s "$work/child"
kill -TERM $pid
wait $pid
code=$?
is "SIGTERM ends the check" 143 "$code"
ok "the tool has ended" sh -c '! kill -0 "$(cat "$1/child")" 2>/dev/null' sh "$work"
is "no temporary folder is left" "" "$(ls "$TMPDIR")"
finish
