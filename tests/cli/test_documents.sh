#!/usr/bin/env bash
# Documents cannot rot: every block of docs/MODEL_USAGE_GUIDE.md is run (sh), read (yaml) or compiled (c), and so
# are the commands of README's first five minutes. In a folder that looks like a fresh clone.
. "$(dirname "$0")/tap.sh"
need awk

build=${DIFFLUT_BUILD:-$root/build}
IFS='|' read -r cc _ <"$build/flags"
guide=$root/docs/MODEL_USAGE_GUIDE.md
clone=$work/clone
mkdir -p "$clone" "$work/bin" "$work/blocks"
cp -r "$root/configs" "$root/pretrained" "$clone"
ln -s "$DIFFLUT" "$work/bin/difflut-hdl"
export PATH=$work/bin:$PATH
data=${DIFFLUT_DATA:-}

# blocks/NN.KIND for each fenced block, in order; KIND is sh, sh-data, sh-tools, yaml, yaml-sweep or c.
split() {
    awk -v folder="$work/blocks" '
        /^```/ && inside { inside = 0; close(file); next }
        /^```/ { kind = substr($0, 4); gsub(/ /, "-", kind); inside = 1
                 file = sprintf("%s/%02d.%s", folder, ++count, kind); printf "" >file; next }
        inside { print >file }' "$1"
}

shell() { # commands, one a line, each a test
    local line
    while read -r line; do
        [ -n "$line" ] || continue
        (cd "$clone" && eval "$line") >"$work/out" 2>"$work/err" </dev/null
        code=$?
        is "$line" 0 "$code"
    done <"$1"
}

skip() { echo "ok $((count += 1)) - $1 # SKIP $2"; }

have_tools() { command -v verilator >/dev/null && command -v yosys >/dev/null; }

compile() { # the block as the inside of a function
    local file=$work/block.c
    {
        printf '#include <difflut.h>\n#include <stdio.h>\n#include <stdlib.h>\n'
        printf 'static void check(enum difflut_status status, const struct difflut_error *err)\n'
        printf '{\n    if (status == DIFFLUT_OK) return;\n    fprintf(stderr, "%%s\\n", err->message);\n    exit(1);\n}\n'
        printf 'void block(void);\nvoid block(void)\n{\n'
        cat "$work/names.c"
        printf '    (void)check; (void)lut; (void)model; (void)data; (void)test; (void)err;\n    {\n'
        cat "$1"
        printf '    }\n}\n'
    } >"$file"
    "$cc" -std=c11 -fsyntax-only -I"$root/src" -Wall -Wextra -Werror -Wno-uninitialized \
        -Wno-unused-variable -Wno-unused-but-set-variable -Wno-nested-externs "$file"
}

split "$guide"
is "the guide has blocks of every kind" "c sh sh-data sh-tools yaml yaml-sweep" \
    "$(find "$work/blocks" -type f -name '*.*' | sed 's/.*\.//' | sort -u | tr '\n' ' ' | sed 's/ $//')"
names=$(find "$work/blocks" -name '*.c' | sort | head -n 1)
mv "$names" "$work/names.c"
for block in "$work"/blocks/*; do
    kind=${block##*.} name="guide, block $(basename "$block")"
    case $kind in
    sh) shell "$block" ;;
    sh-data)
        if [ -f "$data/mnist/t10k-images-idx3-ubyte.gz" ]; then shell "$block"; else skip "$name" "no MNIST in DIFFLUT_DATA"; fi
        ;;
    sh-tools)
        if have_tools; then shell "$block"; else skip "$name" "no Verilator or Yosys"; fi
        ;;
    yaml)
        cp "$block" "$clone/configs/block.yaml"
        (cd "$clone" && "$DIFFLUT" train configs/block.yaml -o build/train/block --set training.epochs=0 --quiet) >"$work/out" 2>"$work/err"
        code=$?
        is "$name trains" 0 "$code"
        ;;
    yaml-sweep)
        cp "$block" "$clone/configs/block.yaml"
        (cd "$clone" && "$DIFFLUT" sweep configs/block.yaml --list) >"$work/out" 2>"$work/err"
        code=$?
        is "$name is a sweep" 0 "$code"
        ;;
    c) ok "$name compiles" compile "$block" ;;
    esac
done
echo 'no_such_function(model);' >"$work/wrong"
is "a wrong block does not compile" no "$(compile "$work/wrong" 2>/dev/null && echo yes || echo no)"

is "docs/nodes.md has the table of its CSV" "$("$root/tools/node_table.sh" --print)" \
    "$(sed -n '/node_table: begin/,/node_table: end/p' "$root/docs/nodes.md" | grep '^|')"

# README: the indented commands of "Five minutes"; cosim and synth of the same folder ran above.
awk '/^## /{ on = /Five minutes/ } on && /^    (difflut-hdl|head) / && !/ (cosim|synth) / { print substr($0, 5) }' \
    "$root/README.md" >"$work/readme"
is "README has its commands" yes "$([ "$(wc -l <"$work/readme")" -ge 4 ] && echo yes)"
shell "$work/readme"
finish
