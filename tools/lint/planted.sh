#!/usr/bin/env bash
# Plants one fault of each kind in a scratch tree and makes sure that the rules find it.
#   tools/lint/planted.sh SCRATCH
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "${1:?}" && pwd)/planted
status=0

try() { # checker, file, line to plant, words its complaint must hold
    rm -rf "$tree"
    mkdir -p "$tree/src/base" "$tree/src/netlist"
    if ! "$here/$1" "$tree" >/dev/null; then
        echo "$1 complains about an empty tree"
        status=1
    fi
    mkdir -p "$tree/$(dirname "$2")"
    printf '%b\n' "$3" >"$tree/$2"
    if "$here/$1" "$tree" >"$tree.out"; then
        echo "$1 missed: $3"
        status=1
    elif ! grep -q "$4" "$tree.out"; then
        echo "$1 found '$3' but said: $(cat "$tree.out")"
        status=1
    fi
}

long=$(printf 'int long_one(int x)\\n{\\n%s}\\n' "$(printf '    x++;\\n%.0s' $(seq 61))")
try includes.sh src/base/a.c '#include "netlist/netlist.h"' "base may not include room netlist"
try includes.sh src/netlist/a.h '#include "model/model.h"' "netlist may not include room model"
try includes.sh src/base/a.c '#define SIMD_FILE "node/dense_kernel.h"' "base may not include room node"
try includes.sh src/unknown/a.c 'int x;' "not in tools/lint/rooms.txt"
try text_rules.sh src/base/a.c '    printf("x");' "only src/cli prints"
try text_rules.sh src/base/a.c '    fprintf(stderr, "x");' "only src/cli prints"
try text_rules.sh src/base/a.c '    exit(1);' "only main ends"
try text_rules.sh src/base/a.c '    system("x");' "unsafe call"
try text_rules.sh src/base/a.c '    assert(read_header(file));' "gone under -DNDEBUG"
try text_rules.sh src/base/a.c '    assert(count++ < 3);' "gone under -DNDEBUG"
try text_rules.sh src/base/a.c 'static int counter = 0;' "mutable file-scope"
try text_rules.sh src/base/a.c 'int counter;' "mutable file-scope"
try text_rules.sh docs/a.md 'T''ODO: later' "unfinished"
try text_rules.sh docs/a.md 'see /home''/me/x' "path of one machine"
try text_rules.sh src/base/a.c 'int x(void); ' "space at the end"
try text_rules.sh src/base/a.c "$long" "61 lines"
rm -rf "$tree" "$tree.out"
exit $status
