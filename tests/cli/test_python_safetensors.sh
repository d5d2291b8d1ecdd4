#!/usr/bin/env bash
# Python's safetensors package reads what the library writes, and the other way round: names, types,
# shapes, values, metadata.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need python3

build=${DIFFLUT_BUILD:-$root/build}
sample=$build/helpers/safetensors_sample
venv=$root/build/python # shared by all builds
check=$root/tests/helpers/check_safetensors.py

if ! "$venv/bin/python" -c 'import numpy, safetensors' 2>/dev/null; then
    rm -rf "$venv"
    { python3 -m venv "$venv" && "$venv/bin/pip" install -q 'safetensors>=0.4,<1' 'numpy>=1.24,<3'; } \
        >"$work/pip.log" 2>&1 || skip_all "no Python packages: $(tail -n 1 "$work/pip.log")"
fi

ok "the library writes a sample" "$sample" write "$work/ours.safetensors"
ok "Python reads it" "$venv/bin/python" "$check" compare "$work/ours.safetensors"
"$venv/bin/python" "$check" write "$work/theirs.safetensors" >"$work/expected"
"$sample" read "$work/theirs.safetensors" | LC_ALL=C sort >"$work/found"
LC_ALL=C sort -o "$work/expected" "$work/expected"
ok "the library reads what Python writes" cmp "$work/expected" "$work/found"
is "all of it" 45 "$(wc -l <"$work/found")"

# A comparison that cannot fail is none: one changed value must be noticed.
cp "$work/ours.safetensors" "$work/bent.safetensors"
printf '\125' | dd of="$work/bent.safetensors" bs=1 seek=$(($(wc -c <"$work/ours.safetensors") - 1)) \
    conv=notrunc status=none
"$venv/bin/python" "$check" compare "$work/bent.safetensors" >"$work/out" 2>"$work/err"
code=$?
fails "a changed value is noticed" 1 "AssertionError.*special"
finish
