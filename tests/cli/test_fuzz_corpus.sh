#!/usr/bin/env bash
# Every kept fuzzing input, through the reader, pass or evaluator it was made for, within the limits of heap
# and time (tests/fuzz/fuzz.h); and inputs made here that are as bad as a large file can be. What is wrong
# ends the replay.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

export OMP_NUM_THREADS=1 # the limits are of one thread
replay=${DIFFLUT_BUILD:-$root/build}/replay

# The limits are kept: a target with faults of its own.
for letter in m r l t a; do
    printf %s "$letter" >"$work/planted"
    "$replay/planted" "$work/planted" >"$work/out" 2>"$work/err"
    code=$?
    case $letter in
    m | r | l) fails "planted $letter: too much heap ends the process" 134 'limit: .* bytes of heap' ;;
    t) fails 'planted t: too much time does' 134 'limit: .* seconds' ;;
    a) is 'planted a: a crash does' 134 "$code" ;;
    esac
done
for letter in M c T; do
    printf %s "$letter" >"$work/planted"
    ok "planted $letter: just below a limit is right" "$replay/planted" "$work/planted"
done

for folder in "$root"/tests/fuzz/corpus/*/; do
    name=$(basename "$folder")
    ok "$name: $(find "$folder" -type f | wc -l) inputs" "$replay/$name" "$folder"/*
done
for file in "$root"/tests/fuzz/fuzz_*.c; do
    name=$(basename "$file" .c)
    ok "${name#fuzz_} has kept inputs" ls "$root/tests/fuzz/corpus/${name#fuzz_}/"
done

# many TEXT BYTES: the text again and again
many() {
    yes "$1" | tr -d '\n' | head -c "$2"
}

large=4000000
{ echo '[' && many '{},' $large && echo '{}]'; } >"$work/objects"
{ echo '[' && many '[],' $large && echo '[]]'; } >"$work/lists"
{ echo '{"modules":' && many '{"":' $large; } >"$work/deep"
for name in manifest prove_netlist pack synth_report pnr_report; do
    ok "$name: JSON of 4 MB that is all structure" \
        "$replay/$name" "$work/objects" "$work/lists" "$work/deep"
done
many ',' $large >"$work/commas"
{ echo 'a,b' && yes '1,' | head -c $large; } >"$work/rows"
ok 'csv: 4 MB of separators' "$replay/csv" "$work/commas" "$work/rows"
{ yes '$scope module a $end' | head -n 100000 && yes '$var wire 1 ! a $end' | head -n 100000; } >"$work/scopes"
{ echo '$var wire 16777216 ! a $end $enddefinitions $end' && yes 'b1 !' | head -c $large; } >"$work/wide"
ok 'vcd: deep scopes; a wide net that changes often' "$replay/vcd" "$work/scopes" "$work/wide"
{ echo 'a:' && yes -- '- {}' | head -c $large; } >"$work/yaml"
{ echo -n 'a: ' && many '[' $large; } >"$work/nested"
ok 'config and sweep: YAML of 4 MB' "$replay/config" "$work/yaml" "$work/nested"
ok 'sweep: YAML of 4 MB' "$replay/sweep" "$work/yaml" "$work/nested"
# Right files with 20,000 of what they list.
awk 'BEGIN {
    printf "{\"modules\":{\"top\":{\"ports\":{\"a\":{\"direction\":\"input\",\"bits\":[2]}},\"cells\":{"
    for (i = 0; i < 20000; i++) {
        printf "%s\"c%d\":{\"type\":\"LUT2\",\"parameters\":{\"INIT\":\"0110\"},", i ? "," : "", i
        printf "\"connections\":{\"I0\":[%d],\"I1\":[%d],\"O\":[%d]}}", i * 7 % 1500, i * 11 % 1300, 2000 + i
    }
    print "}}}}"
}' >"$work/cells"
ok 'pack: 20,000 LUTs of few signals' "$replay/pack" "$work/cells"
awk 'BEGIN {
    printf "{\"modules\":{\"top\":{\"ports\":{\"a\":{\"direction\":\"input\",\"bits\":[2]}},\"cells\":{"
    for (i = 0; i < 20000; i++) {
        printf "%s\"c%d\":{\"type\":\"$lut\",\"parameters\":{\"WIDTH\":\"10\",\"LUT\":\"0110\"},", i ? "," : "", i
        printf "\"connections\":{\"A\":[%d,%d],\"Y\":[%d]}}", i ? i + 1 : 2, i + 2, i + 3
    }
    printf "},\"netnames\":{"
    for (i = 0; i < 20002; i++) printf "%s\"n%d\":{\"bits\":[%d]}", i ? "," : "", i, i + 2
    print "}}}}"
}' >"$work/chain"
ok 'prove_netlist: a chain of 20,000 LUTs' "$replay/prove_netlist" "$work/chain"
awk 'BEGIN {
    print "difflut-netlist 2\nname t\nhash \nconfig x\nfeatures 1 code_bits 2"
    print "pipeline encoder 0 layers 0 popcount 0 argmax 0 depth 0"
    print "counts steps 2 toggles 2 luts 20000 layers 1 classes 2 group 2 registers 0"
    print "step 0 feature 0 initial 0 toggles 1\nstep 1 feature 0 initial 0 toggles 2"
    for (i = 0; i < 20000; i++) print "lut", i + 2, "layer 0 index", i, "part 0 in", i, i + 1, "table 6"
    print "class 0 bias 0 sum 20001\nclass 1 bias 0 sum 20000\nend"
}' >"$work/luts"
ok 'netlist: a chain of 20,000 LUTs' "$replay/netlist" "$work/luts"
finish
