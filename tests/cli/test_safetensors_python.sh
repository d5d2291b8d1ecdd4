#!/usr/bin/env bash
# Python's safetensors package and the library read each other's files: names, types, shapes, values,
# metadata; and the package opens the weights that a training wrote. The package is installed from PyPI
# into the build folder.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need python3

sample=${DIFFLUT_BUILD:-$root/build}/helpers/safetensors_sample
venv=$root/build/python # shared by all builds
check=$root/tests/helpers/check_safetensors.py

install() {
    rm -rf "$venv"
    python3 -m venv "$venv" &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 30 \
            'safetensors>=0.4,<1' 'numpy>=1.24,<3'
}
"$venv/bin/python" -c 'import numpy, safetensors' 2>/dev/null || install >"$work/pip.log" 2>&1 ||
    skip_all "no Python packages: $(tail -n 1 "$work/pip.log")"

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

tiny_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --quiet
is "a model is trained" 0 "$code"
ok "Python opens its weights" "$venv/bin/python" "$check" weights "$work/tiny/tiny.safetensors"
finish
