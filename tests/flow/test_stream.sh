#!/usr/bin/env bash
# The stream top against a client that is not ours: cocotbext-axi in Icarus, expected values from a
# Python reading of netlist.txt. Widths from 8 to 512 bits, odd numbers of features, codes of one and of
# two bytes, scores on and off, frames wider in than out and the reverse. Then faults planted in the
# templates, each of which the same tests must catch.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/tap.sh"
need iverilog jq python3
"$root/tools/deps.sh" python >"$work/deps.log" 2>&1 || skip_all "no Python packages: $(tail -n 1 "$work/deps.log")"
python=$root/build/venv/bin/python

# net NAME CLASSES FEATURES BITS WIDTHS EMIT_OPTION...: a small net and its folder $work/NAME.
net() {
    random_table "$work/$1.csv" "$2" "$3" "$4"
    cat >"$work/$1.yaml" <<-YAML
	name: $1
	model_type: feedforward
	layer_type: random
	node_type: probabilistic
	encoder_config: {name: distributive_thermometer, num_bits: 3}
	node_input_dim: 4
	layer_widths: [$5]
	num_classes: $2
	input_size: $3
	input: {bits: $4}
	dataset: {train: $work/$1.csv, label: label}
	training: {epochs: 1, batch_size: 32, seed: 3}
	YAML
    run train "$work/$1.yaml" -o "$work/$1.model" --quiet
    is "$1: trained" 0 "$code"
    run emit "$work/$1.model" --top stream -o "$work/$1" --quiet "${@:6}"
    is "$1: emitted" 0 "$code"
}

bench() { # FOLDER NAME WIDTH FRAMES
    rm -rf "$work/bench"
    mkdir "$work/bench"
    "$python" "$root/tests/flow/cocotb/run.py" "$1" "$2_stream" stream "$work/bench" \
        WIDTH="$3" FRAMES="$4" SEED=1 >"$work/out" 2>"$work/err"
    code=$?
    grep -B 3 -A 2 'Error' "$work/bench/test.log" >>"$work/err" || true
}

passes() { # NAME WIDTH FRAMES
    bench "$work/$1" "$1" "$2" "$3"
    is "$1, $2 bits, $3 frames" "0 6 tests, 0 failed" "$code $(tail -n 1 "$work/out")"
    if command -v verilator >/dev/null 2>&1; then
        ok "$1, $2 bits: lint" verilator --lint-only -Wall "-GWIDTH=$2" --top-module "$1_stream" \
            -y "$work/$1/rtl" "$work/$1/rtl/$1_stream.v"
    fi
}

net six 3 6 4 "24, 21"
passes six 8 300
passes six 32 500
passes six 64 10000 # a frame in a beat, the result too
passes six 512 300
net odd 5 7 12 "20" --pipeline 0 --set hardware.scores=0
passes odd 8 300 # a code in two beats
passes odd 64 500
passes odd 512 300
net many 300 3 9 "600" --pipeline encoder=2,layers=3,popcount=2,argmax=3
passes many 32 100 # 2 beats in, 151 out
passes many 512 100

# --- planted ---

# caught NAME FILE SED [WIDTH]
caught() {
    rm -rf "$work/bad"
    cp -r "$work/six" "$work/bad"
    sed -i "$3" "$work/bad/rtl/$2"
    ok "planted: $1" eval "! cmp -s $work/six/rtl/$2 $work/bad/rtl/$2"
    bench "$work/bad" six "${4:-32}" 60
    is "caught: $1" 1 "$code"
    ok "caught by a test: $1" grep -qE '^6 tests, [1-6] failed' "$work/out"
}

caught "a frame is whole without TLAST" stream_in.v 's/taken && final_beat && s_axis_tlast;/taken \&\& final_beat;/'
caught "a short frame runs into the next" stream_in.v 's/if (s_axis_tlast || over_q/if (over_q/'
caught "a long frame counts more than once" stream_in.v 's/wrong      = taken && !over_q/wrong      = taken/' 8
caught "the counter wraps" stream_in.v "s/wrong && errors_q != 16'hffff/wrong/"
caught "one place too many" stream_out.v "s/free_q <= ALL\[DEPTH:0\]/free_q <= ALL[DEPTH:0] + 1'b1/"
caught "one place too few comes back" stream_out.v 's/if (pop \&\& !issue)/if (pop \&\& !issue \&\& !m_axis_tlast)/'
caught "too few places for full speed" stream_out.v 's/PLACES = (LATENCY + 3/PLACES = (1/' 64
caught "the payload changes while stalled" stream_out.v 's/end else if (next) begin/end else if (valid_q) begin/'
caught "TVALID waits for TREADY" stream_out.v 's/m_axis_tvalid = valid_q/m_axis_tvalid = valid_q \&\& m_axis_tready/'
caught "TLAST on every beat" stream_out.v "s/m_axis_tlast  = last/m_axis_tlast  = 1'b1/" 8
caught "a result outlives the reset" stream_out.v \
    "s/reg                   valid_q;/reg valid_q = 1'b0;/; s/if (rst)               valid_q/if (1'b0) valid_q/"
caught "a frame outlives the reset" stream_in.v "s/beat_q   <= {BITS{1'b0}};/beat_q <= beat_q === {BITS{1'bx}} ? 0 : beat_q;/" 8
caught "a sample outlives the reset" pipe_valid.v \
    "s/reg  \[DEPTH-1:0\] valid_q;/reg [DEPTH-1:0] valid_q = 0;/; s/if (rst) valid_q/if (1'b0) valid_q/"
caught "two results exchanged" stream_fifo.v 's/memory\[read_q\[BITS-1:0\]\]/memory[read_q[BITS-1:0] ^ 1]/'
finish
