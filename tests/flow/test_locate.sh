#!/usr/bin/env bash
# Faults planted into emitted Verilog: cosim must name the layer, LUT, address and bits where they start.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
need iverilog jq

# located NAME FILE SED EXPRESSION [SIMULATOR]: the expression is about the key "located".
located() {
    local before
    ok "planted: $1" plant "$good" "rtl/$2" "$3"
    run cosim "$work/bad" --simulator "${5:-icarus}" --json
    fails "a mismatch: $1" 1 "differ from the C reference"
    before=$bad
    ok "located: $1" jq -e ".located | $4" "$work/out"
    [ "$bad" -eq "$before" ] || jq -c '.located | del(.difference.codes)' "$work/out" | sed 's/^/# /'
}

# The difference must be one code, and one step of it where the encoder is a thermometer.
one_step='(.difference | (.code_right - .code_wrong | fabs) == 1 and (.codes | length) > 0 and .features_before > 0)'

good=$work/table
table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/model" --quiet
is "train a table" 0 "$code"
run emit "$work/model" -o "$good" --passes none --pipeline 1 --quiet
is "emit" 0 "$code"
run cosim "$good" --simulator icarus --json
json_is "nothing to locate in sound Verilog" '.mismatches == 0 and .located == null'

# The first digit of a table of four inputs holds addresses 12 to 15.
for layer in 0 1; do
    digit=$(sed -n "s/.*TABLE(16'h\(.\).*u_lut5 (.*/\1/p" "$good/rtl/table_layer$layer.v")
    located "a table digit of layer $layer" table_layer$layer.v \
        "/u_lut5 (/s/16'h$digit/16'h$(printf %x $((15 - 0x$digit)))/" \
        ".kind == \"table\" and .part == \"layer\" and .layer == $layer and .lut == 5 and .tree == 0
         and .address >= 12 and .address <= 15 and .expected != .got and $one_step"
done

located "exchanged wires" table_layer0.v \
    '/u_lut3 (/,/out(/s/addr({\(in_bits\[[0-9]*\]\), \(in_bits\[[0-9]*\]\)/addr({\2, \1/' \
    ".kind == \"wire\" and .layer == 0 and .lut == 3 and (.fan_in == 2 or .fan_in == 3) and $one_step"
located "a wire moved to a neighbour" table_layer1.v \
    '/u_lut7 (/,/out(/s/addr({in_bits\[\([0-9]*\)\]/addr({in_bits[\1 ^ 1]/' \
    ".kind == \"wire\" and .layer == 1 and .lut == 7 and .fan_in == 3 and $one_step"
located "a threshold" table_encoder.v \
    "0,/assign next_bits\[[0-9]*\] = .* > /s/\(assign next_bits\[[0-9]*\] = .*\) > /\1 >= /" \
    ".kind == \"encoder\" and .part == \"encoder\" and .expected == 0 and .got == 1
     and .difference.feature == .feature and .difference.code_wrong == .code and $one_step"
located "a counter" bit_counter.v 's/bit_number == 0 ? ones/bit_number == 0 ? ~ones/' \
    '.kind == "group_sum" and .part == "group_sum" and .expected != .got'
located "the class of a tie" argmax_pair.v 's/7f3f1f0f07030100/ff7f3f1f0f070301/' \
    '.kind == "argmax" and .expected < .got'
located "an unknown bit" table_layer0.v "/u_lut9 (/,/out(/s/addr({in_bits\[[0-9]*\]/addr({1'bx/" \
    '.kind == "wire" and .layer == 0 and .lut == 9 and .got == null'
for part in encoder layer0 layer1 group_sum; do
    kind=${part%[01]} number=${part#layer}
    for depth in 0 2; do
        located "$part: $depth registers for 1" table_$part.v "s/DEPTH(1)/DEPTH($depth)/" \
            ".kind == \"register\" and .part == \"$kind\" and .expected + $depth - 1 == .got
             and (.part != \"layer\" or .layer == ${number/[a-z]*/0})"
    done
done
located "a valid bit that comes late" table_full.v 's/DEPTH(1)/DEPTH(2)/' '.kind == "valid"'

# A waveform of the two vectors alone, in either format.
ok "planted: for a waveform" plant "$good" rtl/table_layer0.v "/u_lut9 (/,/out(/s/addr({in_bits\[[0-9]*\]/addr({1'b0/"
for format in vcd fst; do
    run cosim "$work/bad" --simulator icarus --trace "$work/wave.$format"
    fails "a mismatch, traced" 1 "differ from the C reference"
    ok "a waveform, $format" test -s "$work/wave.$format"
done
ok "it covers two vectors alone" awk '/^#/ {t = substr($1, 2)} END {exit !(t > 20 && t < 80)}' "$work/wave.vcd"
ok "in words" grep -q "starts at     layer 0, LUT 9: address bit 3 is not signal" "$work/out"
ok "in words: the difference" grep -q "difference    code of feature [0-5]: right with" "$work/out"
run cosim "$work/bad" --simulator icarus --no-locate --json
fails "--no-locate: a mismatch" 1 "differ from the C reference"
ok "--no-locate" jq -e '.located == null' "$work/out"

if command -v verilator >/dev/null; then
    ok "planted: for Verilator" plant "$good" rtl/table_layer0.v \
        '/u_lut3 (/,/out(/s/addr({\(in_bits\[[0-9]*\]\), \(in_bits\[[0-9]*\]\)/addr({\2, \1/'
    run cosim "$work/bad" --json --trace "$work/verilator.fst"
    fails "a mismatch, seen by Verilator" 1 "differ from the C reference"
    ok "located by Verilator" jq -e \
        ".located | .kind == \"wire\" and .layer == 0 and .lut == 3 and $one_step" "$work/out"
    ok "a waveform by Verilator" test -s "$work/verilator.fst"
fi
finish
