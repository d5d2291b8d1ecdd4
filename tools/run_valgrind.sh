#!/usr/bin/env bash
# The command line on small models under valgrind's memcheck: no invalid access, no use of what nobody wrote,
# no leak that is nobody's. (Valgrind has no AVX-512: the AVX2 kernels are what it sees.)
#   tools/run_valgrind.sh PROGRAM
set -uo pipefail
DIFFLUT=$(realpath "${1:?usage: tools/run_valgrind.sh PROGRAM}")
export DIFFLUT
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../tests/cli/tap.sh"
export OMP_WAIT_POLICY=passive

# libgomp keeps its threads' memory to the end, which counts as possibly lost.
check() { # name, arguments of the program
    local name=$1
    shift
    valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        --trace-children=no "$DIFFLUT" "$@" --quiet >"$work/out" 2>"$work/err" </dev/null
    code=$?
    is "$name" 0 "$code"
    [ "$code" -eq 0 ] || head -n 40 "$work/err" | sed 's/^/# /'
}

# The checker itself: it must find a read of what nobody wrote.
cat >"$work/bad.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    int *p = malloc(4);
    if (p != NULL && *p > 1) puts("by chance");
    free(p);
}
END
cc -O0 -o "$work/bad" "$work/bad.c"
valgrind --quiet --error-exitcode=99 "$work/bad" >/dev/null 2>&1
is "a planted fault is found" 99 $?

table_config "$work/table.yaml"
sed 's/node_type: .*/node_type: [dwn, probabilistic]/; s/layer_type: .*/layer_type: learnable/' "$work/table.yaml" >"$work/learnable.yaml"
check "train" train "$work/table.yaml" -o "$work/table" --threads 2
check "train, resumed" train "$work/table.yaml" -o "$work/table" --threads 2 --resume
check "train, learned wires" train "$work/learnable.yaml" -o "$work/learnable" --threads 1
check "eval" eval "$work/table" --threads 2
check "eval, soft" eval "$work/table" --mode expectation
check "eval, reference" eval "$work/table" --engine reference
# -march=native may be more than valgrind knows.
printf '#!/bin/sh\nexec cc "$@" -march=x86-64-v3\n' >"$work/cc"
chmod +x "$work/cc"
check "eval, native" eval "$work/table" --engine native --cc "$work/cc"
check "eval, upsets" eval "$work/table" --flip-bits 5 --repeats 2
check "emit" emit "$work/table" -o "$work/rtl"
check "emit, stream" emit "$work/table" -o "$work/stream" --top stream --target ecp5
check "emit, don't cares" emit "$work/table" -o "$work/lossy" --dont-care data
check "info" info "$work/table"
check "models" models
check "data" data list
check "export" export "$work/table" -o "$work/table.c"
if command -v iverilog >/dev/null 2>&1; then
    check "cosim" cosim "$work/rtl" --simulator icarus --vectors 20 --random 20
fi
if command -v yosys >/dev/null 2>&1; then
    check "synth" synth "$work/rtl" --target xcup
    check "prove" prove "$work/rtl" --after-synth xcup
fi
check "report" report "$work/rtl"
printf 'base: %s\ngrid: {training.learning_rate: [0.1, 0.01]}\n' "$work/table.yaml" >"$work/sweep.yaml"
check "sweep" sweep "$work/sweep.yaml" -o "$work/sweep"
finish
