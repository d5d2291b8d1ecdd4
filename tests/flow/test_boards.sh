#!/usr/bin/env bash
# The board tops against a serial line model in Python, bit by bit, in Icarus; lint; and faults planted in
# the templates of the line, each of which the same tests must catch.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/tap.sh"
need iverilog jq python3
"$root/tools/deps.sh" python >"$work/deps.log" 2>&1 || skip_all "no Python packages: $(tail -n 1 "$work/deps.log")"
python=$root/build/venv/bin/python

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/model" --quiet
is "a table is trained" 0 "$code"

bench() { # FOLDER BOARD
    rm -rf "$work/bench"
    mkdir "$work/bench"
    "$python" "$root/tests/flow/cocotb/run.py" "$1" "table_$2" uart "$work/bench" \
        DIVIDER=16 TIMEOUT=1200 >"$work/out" 2>"$work/err"
    code=$?
    grep -B 3 -A 2 'Error' "$work/bench/test.log" >>"$work/err" || true
}

for board in icebreaker ulx3s; do
    run emit "$work/model" --top "$board" -o "$work/$board" --quiet
    is "$board: emitted" 0 "$code"
    ok "$board: pins are in the manifest" jq -e '[.files[] | select(.kind == "constraint").path]
        | any(test("\\.(pcf|lpf)$"))' "$work/$board/manifest.json"
    for pin in $(sed -n 's/^    \(input\|output\) *wire *\(\[\([0-9]*\):0\] \)\?\([a-z_0-9]*\).*/\4:\3/p' \
        "$work/$board/rtl/table_$board.v"); do
        name=${pin%:*} high=${pin#*:}
        for bit in $(seq 0 "${high:-0}"); do
            [ -z "$high" ] || name="${pin%:*}[$bit]"
            ok "$board: a site for $name" grep -qF -e " $name " -e "\"$name\" SITE" \
                "$work/$board/constraints/$board".*
        done
    done
    bench "$work/$board" "$board"
    is "$board: the serial line" "0 10 tests, 0 failed" "$code $(tail -n 1 "$work/out")"
    if command -v verilator >/dev/null 2>&1; then
        ok "$board: lint" verilator --lint-only -Wall --top-module "table_$board" -y "$work/$board/rtl" \
            "$work/$board/rtl/table_$board.v"
    fi
done

caught() { # NAME FILE SED
    rm -rf "$work/bad"
    cp -r "$work/icebreaker" "$work/bad"
    sed -i "$3" "$work/bad/rtl/$2"
    ok "planted: $1" eval "! cmp -s $work/icebreaker/rtl/$2 $work/bad/rtl/$2"
    bench "$work/bad" icebreaker
    is "caught: $1" 1 "$code"
    ok "caught by a test: $1" grep -qE '^10 tests, ([1-9]|10) failed' "$work/out"
}

caught "the sum is not looked at" uart_frames.v 's/sum_q + rx_byte != 8.d0/1'"'b0/"
caught "a framing error passes" uart_rx.v "s/valid_q <= stop \&\& line;/valid_q <= stop;/; s/error_q <= stop \&\& !line;/error_q <= 1'b0;/"
caught "no time-out" uart_frames.v 's/wire late   = .*/wire late = 1'"'b0 \&\& TIMEOUT[0];/"
caught "a spoiled last byte makes a whole frame" uart_frames.v 's/beat_last_q <= !last_code;/beat_last_q <= 1'"'b1;/; s/if (!last_code) state_q <= DRAIN/state_q <= DRAIN/"
caught "a break is no reset" uart_board.v 's/power_rst || rx_break/power_rst/'
caught "the button is not there" uart_board.v 's/if (button_q\[1\])/if (1'"'b0)/"
caught "a spike is a start bit" uart_rx.v 's/state_q <= line ? IDLE : DATA;/state_q <= DATA;/'
caught "highest bit first" uart_tx.v "s/shift_q <= {in_byte, 1'b0};/shift_q <= {in_byte[0], in_byte[1], in_byte[2], in_byte[3], in_byte[4], in_byte[5], in_byte[6], in_byte[7], 1'b0};/"
caught "bits are read at their edge" uart_rx.v 's/HALF = DIVIDER \/ 2 - 1/HALF = DIVIDER - 2/'
finish
