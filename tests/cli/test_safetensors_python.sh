#!/usr/bin/env bash
# Python's own safetensors package must open our weights and see what we wrote. In CI the package is
# installed from PyPI into the build folder; elsewhere only what is already there is used.
. "$(dirname "$0")/tap.sh"
need python3

venv=${DIFFLUT_BUILD:-$root/build}/venv
python=python3
if ! python3 -c 'import safetensors.numpy' 2>/dev/null; then
    if [ ! -x "$venv/bin/python" ] && [ -n "${CI:-}" ]; then
        python3 -m venv "$venv" >"$work/pip.log" 2>&1 &&
            "$venv/bin/pip" install --quiet --disable-pip-version-check safetensors numpy >>"$work/pip.log" 2>&1
    fi
    python=$venv/bin/python
fi
"$python" -c 'import safetensors.numpy' 2>/dev/null ||
    skip_all "Python's safetensors package is not here (pip install safetensors numpy) $(tail -n 1 "$work/pip.log" 2>/dev/null)"

tiny_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --quiet
is "train ends well" 0 "$code"
cat >"$work/read.py" <<'EOF'
import sys
from safetensors import safe_open
from safetensors.numpy import load_file

path = sys.argv[1]
tensors = load_file(path)
assert tensors, "no tensors"
with safe_open(path, framework="numpy") as f:
    metadata = f.metadata()
    for name in f.keys():
        assert (f.get_tensor(name) == tensors[name]).all(), name
print(sorted(metadata))
assert "accuracy_hard" in metadata and "dataset" in metadata, metadata
wiring = [t for n, t in tensors.items() if t.shape == (50, 4)]
assert wiring, {n: t.shape for n, t in tensors.items()}
EOF
ok "Python opens the weights" "$python" "$work/read.py" "$work/tiny/tiny.safetensors"
finish
