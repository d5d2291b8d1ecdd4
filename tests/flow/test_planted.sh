#!/usr/bin/env bash
# Faults planted into emitted Verilog, whose manifest is made to fit again: cosim must catch each.
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

# plant FILE SED: a copy of the folder with one file changed and its hash in the manifest.
plant() {
    local hash
    rm -rf "$work/bad"
    cp -r "$good" "$work/bad"
    sed -i "$2" "$work/bad/rtl/$1"
    cmp -s "$good/rtl/$1" "$work/bad/rtl/$1" && { echo "# the fault changed nothing in $1"; return 1; }
    hash=$(sha256sum <"$work/bad/rtl/$1" | cut -d' ' -f1)
    jq --arg path "rtl/$1" --arg hash "$hash" \
        '(.files[] | select(.path == $path)).sha256 = $hash' "$good/manifest.json" >"$work/bad/manifest.json"
}

# caught NAME FILE SED [SIMULATOR...]
caught() {
    local simulator name=$1
    ok "planted: $name" plant "$2" "$3"
    shift 3
    for simulator in icarus "$@"; do
        run cosim "$work/bad" --simulator "$simulator"
        fails "caught by $simulator: $name" 1 "differ from the C reference"
    done
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
count=$(cd "$good/rtl" && ls digits_small_count*_cut*.v | head -n 1)
caught "a register removed inside a popcount tree" "$count" '0,/DEPTH(1)/s/DEPTH(1)/DEPTH(0)/'
caught "a register added inside a popcount tree" "$count" '0,/DEPTH(1)/s/DEPTH(1)/DEPTH(2)/'
caught "a register removed inside the argmax tree" digits_small_argmax.v "0,/8'd1/s/8'd1/8'd0/"
caught "a register added inside the argmax tree" digits_small_argmax.v "0,/8'd1/s/8'd1/8'd2/"
caught "one counter past its register" "$count" '0,/in({cut1\[/s/in({cut1\[\([0-9]*\)\]/in({in_bits[\1]/'

# Without the new hash the folder is not even simulated.
echo "// touched" >>"$work/bad/rtl/$layer"
run cosim "$work/bad"
fails "an edited file is refused" 4 "$layer"
finish
