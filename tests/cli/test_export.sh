#!/usr/bin/env bash
# export: the generated C compiles without a warning, passes its own test, and notices planted faults.
. "$(dirname "$0")/tap.sh"
need jq
need cc

tiny_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --quiet
run export "$work/tiny" --format c -o "$work/tiny.c" --json
is "export ends well" 0 "$code"
json_is "export: keys" '(.model == "tiny") and (.format == "c") and (.file | endswith("tiny.c")) and .bytes > 0'
run export "$work/tiny" --format c -o "$work/again.c" --quiet
ok "the same model gives the same bytes" cmp "$work/tiny.c" "$work/again.c"
run export "$work/tiny" --format c-mcu -o "$work/mcu.c" --quiet
is "export c-mcu ends well" 0 "$code"

warnings="-Wall -Wextra -Wpedantic -Werror"
compile() { # source, options...: a test program
    local source=$1
    shift
    # shellcheck disable=SC2086 # options
    cc -O0 $warnings -DDIFFLUT_TEST_MAIN "$@" -o "$work/program" "$work/$source"
}
for bits in 8 16 32 64; do
    ok "C99, words of $bits bits: compiles" compile tiny.c -std=c99 -DDIFFLUT_WORD_BITS=$bits
    ok "C99, words of $bits bits: known vectors" "$work/program"
done
for bits in 128 256 512; do
    ok "vectors of $bits bits: compiles" compile tiny.c -std=gnu99 -Wno-psabi -DDIFFLUT_WORD_BITS=$bits
    ok "vectors of $bits bits: known vectors" "$work/program"
done
ok "c-mcu: compiles" compile mcu.c -std=c99
ok "c-mcu: known vectors" "$work/program"
ok "c-mcu needs nothing of libc" sh -c "cc -std=c99 -Os -ffreestanding -c -o '$work/mcu.o' '$work/mcu.c' && ! nm -u '$work/mcu.o' | grep -v mem"

# The compiler for microcontrollers is half a gigabyte: used where it is, asked for nowhere.
if command -v arm-none-eabi-gcc >/dev/null && command -v qemu-arm >/dev/null; then
    ok "c-mcu on Cortex-M: compiles, known vectors" "$root/tools/mcu.sh" "$DIFFLUT" "$work/tiny"
else
    echo "# skipped: Cortex-M (gcc-arm-none-eabi, qemu-user)"
fi

# Faults: an expression, a table of LUTs, an expected class.
sed 's/^        s\[\([0-9]*\)\] = \(~*t\)/        s[\1] = ~\2/' "$work/tiny.c" >"$work/fault_a.c"
sed 's/, {0x\([0-9a-f]*\)u, 0x\([0-9a-f]*\)u}}/, {~0x\1u, ~0x\2u}}/' "$work/mcu.c" >"$work/fault_b.c"
sed '/uint32_t test_classes/,/};/s/ 9,/ 8,/g; /uint32_t test_classes/,/};/s/ 1,/ 2,/g; /uint32_t test_classes/,/};/s/ 0,/ 3,/g' \
    "$work/mcu.c" >"$work/fault_c.c"
for fault in fault_a fault_b fault_c; do
    ok "$fault: compiles" compile $fault.c -std=gnu99
    ok "$fault: is found" sh -c "! '$work/program'"
done

run eval "$work/tiny" --json --engine reference
cp "$work/out" "$work/reference"
for engine in interpreted native; do
    run eval "$work/tiny" --json --engine $engine --threads 2
    ok "eval: $engine decides as the reference" cmp -s "$work/out" "$work/reference"
done
run eval "$work/tiny" --engine native --cc /nonexistent/cc
fails "a missing compiler is status 3" 3 "C compiler"
printf '#!/bin/sh\necho "error: no such target"; exit 1\n' >"$work/bad_cc"
chmod +x "$work/bad_cc"
run eval "$work/tiny" --engine native --cc "$work/bad_cc"
fails "a compiler that fails is status 3" 3 "no such target"
run export "$work/tiny" -o /nonexistent/x.c
fails "an unwritable file is status 4" 4 "/nonexistent/x.c"

run bench "$work/tiny" --json
is "bench ends well" 0 "$code"
json_is "bench: keys" 'length == 3 and all(.[]; (.case | startswith("inference/tiny/")) and .value > 0 and (.unit | length > 0))'
finish
