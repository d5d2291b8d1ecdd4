#!/usr/bin/env bash
# Faults planted into emitted Verilog, whose manifest is made to fit again: cosim and prove must catch each.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

for tool in verilator iverilog jq; do
    command -v $tool >/dev/null || skip_all "$tool is not here"
done
good=$work/good
run emit digits_small -o "$good" --quiet
is "emit digits_small" 0 "$code"
for simulator in verilator icarus; do
    run cosim "$good" --simulator $simulator --json
    is "sound Verilog passes, $simulator" "0 0" "$code $(jq .mismatches "$work/out")"
done

# cosim_catches NAME FILE SED [SIMULATOR...]
cosim_catches() {
    local simulator name=$1
    ok "planted: $name" plant "$good" "rtl/$2" "$3"
    shift 3
    for simulator in icarus "$@"; do
        run cosim "$work/bad" --simulator "$simulator" --no-locate
        fails "caught by $simulator: $name" 1 "differ from the C reference"
    done
}

# caught NAME FILE SED [SIMULATOR...]
caught() {
    local name=$1
    cosim_catches "$@"
    command -v yosys >/dev/null || return 0
    run prove "$work/bad"
    fails "caught by prove: $name" 1 "are not proved"
}

layer=digits_small_layer0.v
caught "one table bit" $layer '0,/TABLE(64/s/\(TABLE(64.h\)\(.\)/\1x\2/; 0,/TABLE(64.hx/{s/hx[0-7]/h8/; s/hx[89a-f]/h0/}' verilator
caught "two address wires exchanged" $layer '0,/addr({/s/addr({\(in_bits\[[0-9]*\]\), \(in_bits\[[0-9]*\]\)/addr({\2, \1/' verilator
caught "a wire moved to a neighbour" $layer '0,/addr({in_bits\[[0-9]*\]/s/addr({in_bits\[\([0-9]*\)\]/addr({in_bits[\1 - 1]/'
caught ">= for >" digits_small_encoder.v "s/ > \([0-9]*'d\)/ >= \1/" verilator
caught "the last class wins a tie" argmax_pair.v 's/7f3f1f0f07030100/ff7f3f1f0f070301/' verilator
caught "a register too many" digits_small_group_sum.v 's/DEPTH(1)/DEPTH(2)/'
caught "a register too few" digits_small_encoder.v 's/DEPTH(1)/DEPTH(0)/'

# Registers inside the trees: one more or one less in one place belongs to another sample.
good=$work/deep
run emit digits_small -o "$good" --pipeline popcount=3,argmax=4 --quiet
is "emit with registers inside the trees" 0 "$code"
run cosim "$good" --simulator icarus --json
is "sound registers inside the trees pass" "0 0" "$code $(jq .mismatches "$work/out")"
tree=$(cd "$good/rtl" && ls digits_small_count*_cut*.v | head -n 1)
caught "a register removed inside a popcount tree" "$tree" '0,/DEPTH(1)/s/DEPTH(1)/DEPTH(0)/'
caught "a register added inside a popcount tree" "$tree" '0,/DEPTH(1)/s/DEPTH(1)/DEPTH(2)/'
caught "a register removed inside the argmax tree" digits_small_argmax.v "0,/8'd1/s/8'd1/8'd0/"
caught "a register added inside the argmax tree" digits_small_argmax.v "0,/8'd1/s/8'd1/8'd2/"
caught "one counter past its register" "$tree" '0,/in({cut1\[/s/in({cut1\[\([0-9]*\)\]/in({in_bits[\1]/'

# Without the new hash the folder is not even simulated.
echo "// touched" >>"$work/bad/rtl/$layer"
run cosim "$work/bad"
fails "an edited file is refused" 4 "$layer"

# --- the stream top ---

good=$work/stream
table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/model" --quiet
is "train a table" 0 "$code"
run emit "$work/model" --top stream --stream-width 16 -o "$good" --quiet
is "emit --top stream" 0 "$code"
for simulator in verilator icarus; do
    run cosim "$good" --simulator $simulator --json
    is "a sound stream passes, $simulator" "0 0 true" \
        "$code $(jq .mismatches "$work/out") $(jq '.stream_frames > 500' "$work/out")"
done

if command -v yosys >/dev/null; then
    run prove "$good" --json --list
    is "and is proved, by induction" "0 11" \
        "$code $(jq '[.list[] | select(.part == "stream" and .method == "induction, k = 1")] | length' "$work/out")"
fi

# stream_proof_catches NAME FILE SED WHAT: WHAT is the invariant that prove must say is broken
stream_proof_catches() {
    command -v yosys >/dev/null || return 0
    ok "planted: $1" plant "$good" "rtl/$2" "$3"
    run prove "$work/bad"
    fails "caught by prove: $1" 1 "are not proved"
    ok "located: $1" grep -q "FAILED *stream $4" "$work/out"
}

caught_stream() { # NAME FILE SED WHAT INVARIANT: WHAT is what the first mismatch must be called
    cosim_catches "$1" "$2" "$3"
    ok "named: $1" grep -q "top stream.*$4" "$work/out"
    stream_proof_catches "$1" "$2" "$3" "$5"
}

caught_stream "TLAST is not looked at" stream_in.v 's/taken && final_beat && s_axis_tlast;/taken \&\& final_beat;/' extra "none lost"
caught_stream "a place too many" stream_out.v "s/free_q <= ALL\[DEPTH:0\]/free_q <= ALL[DEPTH:0] + 1'b1/" '\(class\|score\|missing\)' "every place"
caught_stream "a beat changes while it waits" stream_out.v 's/end else if (next) begin/end else if (valid_q) begin/' stable "\(beats\|a stalled\)"
caught_stream "TLAST too early" stream_out.v "s/m_axis_tlast  = last/m_axis_tlast  = valid_q/" tlast "\(TLAST\|none\)"
caught_stream "score 1 for score 0" stream_out.v 's/first\[SCORE\*s+CLASS+:SCORE\]/first[SCORE*(s ? s : SCORES > 1)+CLASS+:SCORE]/' 'score of class 0' "results"
caught_stream "a result kept back" stream_fifo.v 's/out_valid = write_q != read_q/out_valid = write_q - read_q > 1/' '\(stuck\|missing\)' "what waits"
caught_stream "wrong frames are not counted" stream_in.v 's/if (wrong \&\& /if (1'"'b0"' \&\& /' error_count "frames of"
caught_stream "a result outlives the reset" stream_out.v \
    "s/reg                   valid_q;/reg valid_q = 1'b0;/; s/if (rst)               valid_q/if (1'b0) valid_q/" '\(extra\|stable\|class\)' "nothing valid"
stream_proof_catches "a beat dropped" stream_in.v 's/if (taken) data_q/if (taken \&\& beat_q != 1) data_q/' "codes"
stream_proof_catches "a beat taken twice" stream_in.v 's/else                                      beat_q <= beat_q + 1/else if (beat_q != 1 || over_q || room) beat_q <= beat_q + 1/' "frames of"
stream_proof_catches "one beat less a frame" stream_in.v 's/FINAL = BEATS - 1/FINAL = BEATS - 2/' "[a-z]"
stream_proof_catches "a result sent twice" stream_fifo.v 's/if (out_valid \&\& out_ready) read_q/if (out_valid \&\& out_ready \&\& !in_valid) read_q/' "\(every\|none\)"
stream_proof_catches "a result dropped" stream_fifo.v 's/if (in_valid) write_q/if (in_valid \&\& !out_ready) write_q/' "\(every\|none\)"
# Bit 7 of a word is always 0, but not before the first frame: registers of data have no reset.
stream_proof_catches "a result dropped by what a register wakes up with" table_stream.v \
    's/in_valid(result_valid)/in_valid(result_valid \&\& !m_axis_tdata[7])/' "\(every\|none\)"
stream_proof_catches "two results exchanged" stream_fifo.v "s/memory\[read_q\[BITS-1:0\]\];/memory[read_q[BITS-1:0] ^ 1'b1];/" "results"
stream_proof_catches "no reset of the input's valid bit" stream_in.v "s/valid_q  <= 1'b0/valid_q  <= valid_q/" "\(nothing\|every\)"
stream_proof_catches "a code of another feature" stream_in.v 's/data_q\[SLOT\*f+:CODE\]/data_q[SLOT*(f == 3 ? 2 : f)+:CODE]/' "codes"

# --- many of each kind, drawn ---

if command -v yosys >/dev/null; then
    run prove "$good" --faults 3 --kind stream: --json
    is "drawn faults of the stream: none is missed" 0 "$code"
    ok "of every kind, and most are caught" jq -e '(.faults | length) == 9 and
        all(.faults[]; .planted == 3 and .caught + .silent == 3 and .cosim == null) and
        ([.faults[].caught] | add) > 20' "$work/out"
    run prove "$good" --faults 12 --kind "stalled beat" --json
    is "the kind that is asked for alone" "0 1 12" "$code $(jq '(.faults | length), .faults[0].planted' "$work/out" | xargs)"
    ok "some faults break nothing, and are counted as such" jq -e '.faults[0] | .silent > 0 and .caught > 0' "$work/out"
    run prove "$good" --faults 2 --kind nothing --json
    is "a kind that there is not" 2 "$code"

    # A Yosys that closes the induction for every fault, and finds each the same ($same) or not.
    cat >"$work/yosys" <<'END'
#!/usr/bin/env bash
script=${!#}
[[ $script == *"sat "* ]] || exec yosys "$@"
for log in $(grep -o 'tee -o [^ ]*' <<<"$script" | cut -d' ' -f3); do
    echo "Induction step proven: SUCCESS! $same" >"$log"
done
END
    chmod +x "$work/yosys"
    same="model found: FAIL!" run prove "$good" --faults 4 --kind "beat dropped" --yosys "$work/yosys"
    fails "a fault that is proved and changes something is missed" 1 "4 planted faults were not caught"
    ok "and stands in the table" grep -q "| stream: a beat dropped | 4 | 0 | 0 | 4 | - |" "$work/out"
    same="no model found: SUCCESS!" run prove "$good" --faults 4 --kind "beat dropped" --yosys "$work/yosys"
    is "one that changes nothing is not" 0 "$code"
    ok "and stands in its column" grep -q "| stream: a beat dropped | 4 | 0 | 4 | 0 | - |" "$work/out"
fi
finish
