#!/usr/bin/env bash
# prove: shipped models are proved before and after synthesis; what is no longer the model is located.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

for tool in yosys jq; do
    command -v $tool >/dev/null || skip_all "$tool is not here"
done
good=$work/good

# proved NAME ARGUMENT...: every obligation is, and there are some.
proved() {
    local name=$1
    shift
    run prove "$@" --json
    is "$name" "0 0 0 true" "$code $(jq -r '"\(.failed) \(.undecided) \(.proved == .obligations and .obligations > 200)"' "$work/out")"
}

run emit digits_small -o "$good" --quiet
proved "digits_small" "$good"
ok "prove.json lists every obligation" jq -e '(.list | length) == .obligations' "$good/prove.json"
proved "digits_small, core from encoder bits" "$good" --top core
proved "mnist_small" mnist_small
proved "no registers at all" digits_small --pipeline 0
proved "registers inside the trees" digits_small --pipeline popcount=3,argmax=4
proved "no passes" digits_small --passes none
proved "no port for the class scores" digits_small --set hardware.scores=false
proved "after synthesis for xcup" "$good" --after-synth xcup
proved "after synthesis for ice40" digits_small --after-synth ice40
proved "after synthesis for generic" digits_small --after-synth generic

# A fault is located: layer, LUT, address, both bits, and an input that shows it.
ok "plant one table bit" plant "$good" rtl/digits_small_layer0.v \
    '0,/TABLE(64/s/\(TABLE(64.h\)\(.\)/\1x\2/; 0,/TABLE(64.hx/{s/hx[0-7]/h8/; s/hx[89a-f]/h0/}'
run prove "$work/bad"
is "a wrong table is not proved" 1 "$code"
ok "and located" grep -Eq 'FAILED +layer0 LUT [0-9]+: .*address [0-9]+: expected [01], got [01]' "$work/out"
ok "with an input that shows it" grep -q 'input that shows a fault' "$work/out"
run prove "$work/bad" --json
ok "which is in the JSON too" jq -e '.failed > 0 and (.counterexample | length) == 64' "$work/out"

# After synthesis as well.
ok "plant a wrong mapped table" plant "$good" synth/xcup.v '0,/INIT(64/s/\(INIT(64.h\)\(.\)/\1x\2/; 0,/INIT(64.hx/{s/hx[0-7]/h8/; s/hx[89a-f]/h0/}'
run prove "$work/bad" --after-synth xcup
is "a wrong mapped table is not proved" 1 "$code"

# Planted faults of every kind are caught, or change nothing.
run prove "$good" --faults 10 --json
is "planted faults: none is missed" 0 "$code"
ok "of every kind" jq -e '(.faults | length) == 9 and all(.faults[]; .planted == 10 and .caught > 0)' "$work/out"
ok "cosim's vectors show some of each" jq -e 'all(.faults[]; .cosim > 0 and .cosim <= .caught)' "$work/out"
run prove "$good" --after-synth xcup --faults 5 --json
is "planted after synthesis: none is missed" 0 "$code"
ok "of every kind that xcup has a place for" jq -e \
    '[.faults[] | select(.planted == 5 and .caught > 0)] | length == 10' "$work/out"

# A simulator beside what is reckoned: it says the same, and what it says matters.
if command -v iverilog >/dev/null; then
    run prove "$good" --faults 1 --simulate 1 --json
    is "the simulator agrees" 0 "$code"
    ok "on every kind" jq -e '(.faults | length) == 9 and all(.faults[]; .simulated == 1 and .agree + .loops == 1)' "$work/out"
    ln -s "$(command -v vvp)" "$work/vvp"
    stand_in() { # what it does to mapped.v
        printf '#!/bin/sh\nif [ "$1" != -V ]; then\n%s\nfi\nexec iverilog "$@"\n' "$1" >"$work/iverilog"
        chmod +x "$work/iverilog"
    }
    stand_in "sed -i '0,/<= n/s/<= n/<= ~n/' mapped.v"
    run prove "$good" --faults 1 --simulate 1 --icarus "$work/iverilog"
    fails "a printer that is wrong is found before any fault" 1 'netlist without a fault, as it was printed'
    stand_in "[ -e '$work/sound.v' ] || cp mapped.v '$work/sound.v'; cp '$work/sound.v' mapped.v"
    run prove "$good" --after-synth xcup --faults 1 --simulate 1 --icarus "$work/iverilog"
    fails "a simulator that does not see a fault is named with it" 1 \
        '"two inputs of a LUT exchanged", fault 1 of seed 1: reckoned as seen by cosim.s vectors, but not seen by icarus'
fi
run prove "$good" --simulate 1
fails "--simulate is for planted faults" 2 '\-\-faults'

run prove "$good" --after-synth nothing
is "an unknown target is a usage error" 2 "$code"
printf '#!/bin/sh\nexit 1\n' >"$work/yosys"
chmod +x "$work/yosys"
run prove "$good" --yosys "$work/yosys"
is "a Yosys that fails is no proof" 3 "$code"
finish
