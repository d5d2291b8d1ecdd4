#!/usr/bin/env bash
# emit --tmr: three copies stay three, the function is the model's, and a fault of any one cell is masked.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

need yosys jq verilator iverilog
good=$work/good

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/model" --quiet
is "train a table" 0 "$code"
run emit "$work/model" -o "$work/plain" --json
once=$(jq .luts.total "$work/out")
flops=$(jq .flip_flops "$work/out")
run emit "$work/model" --tmr -o "$good" --json
is "emit --tmr" 0 "$code"
json_is "three times the registers, more than three times the LUTs" \
    ".flip_flops == 3 * $flops and .luts.total > 3 * $once"
ok "the manifest says so" jq -e '.tmr == true' "$good/manifest.json"
ok "not of a plain folder" jq -e 'has("tmr") | not' "$work/plain/manifest.json"
ok "Verilator has nothing to say" verilator --lint-only -Wall --top-module table_full -y "$good/rtl" \
    "$good/rtl/table_full.v"

# proved NAME ARGUMENT...
proved() {
    local name=$1
    shift
    run prove "$@" --json --list
    is "proved: $name" "0 true" \
        "$code $(jq '[.list[] | select(.part | test("tmr$"))] | length >= 3' "$work/out")"
}

for simulator in verilator icarus; do
    run cosim "$good" --simulator $simulator --json
    is "cosim, $simulator" "0 0" "$code $(jq .mismatches "$work/out")"
done
proved "registers behind each part" "$good"
proved "the core" "$good" --top core
proved "no registers" "$work/model" --set hardware.tmr=true --pipeline 0
proved "registers inside the trees" "$work/model" --set hardware.tmr=true --pipeline popcount=2,argmax=3
proved "no port for the scores" "$work/model" --set hardware.tmr=true --set hardware.scores=false

# Synthesis merges no copies.
for target in xcup ecp5 ice40; do
    run synth "$work/plain" --target $target --json
    once=$(jq '.luts - .luts_by_part.other' "$work/out") flops=$(jq .ffs "$work/out")
    run synth "$good" --target $target --json
    is "$target: three of each part and register" "$((3 * once)) $((3 * flops))" \
        "$(jq '.luts - .luts_by_part.other' "$work/out") $(jq .ffs "$work/out")"
done
proved "after synthesis for xcup" "$good" --after-synth xcup
ok "that any one mapped cell is masked" jq -e \
    '[.list[] | select(.part == "mapped tmr" and .verdict == "proved")] | length >= 3' "$work/out"
run cosim "$good" --after-synth xcup --json
is "cosim after synthesis" "0 0" "$code $(jq .mismatches "$work/out")"

# caught NAME FILE SED: the function is right still, but not with a fault.
caught() {
    ok "planted: $1" plant "$good" "rtl/$2" "$3"
    run cosim "$work/bad" --simulator icarus --vectors 50 --json
    is "unseen by cosim: $1" "0 0" "$code $(jq .mismatches "$work/out")"
    run prove "$work/bad"
    fails "caught by prove: $1" 1 "are not proved"
    ok "named: $1" grep -q "FAILED *tmr .*a fault of .* reaches an output" "$work/out"
}

caught "a voter that reads a copy twice" tmr_vote.v 's/in\[WIDTH+i\]/in[i]/'
caught "class sums that all read one copy" table_tmr.v '/u_group_sum/,/out_scores/s/_voted\[\([0-9]*\)\*k+/_voted[\1*0+/'
caught "valid bits of one copy" table_full.v 's/\.in_valid(bits_valid)/.in_valid({3{bits_valid[1]}})/'
caught "no vote on the class" table_full.v 's/u_vote_class (\.in(class_copies)/u_vote_class (.in({3{class_copies[1:0]}})/'

run emit "$work/model" --tmr --top stream -o "$work/stream"
fails "not with a stream top" 2 "for the tops full and core"
finish
