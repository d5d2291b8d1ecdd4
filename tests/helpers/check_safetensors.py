"""For tests/cli/test_safetensors_python.sh: the Python side.

check_safetensors.py compare FILE   FILE holds what safetensors_sample writes
check_safetensors.py write FILE     writes arrays with the package; prints what safetensors_sample
                                    must say about them
check_safetensors.py weights FILE   FILE holds the weights of tests/cli/tap.sh's tiny_config
"""
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

TYPES = {
    "U8": np.uint8, "I8": np.int8, "I16": np.int16, "U16": np.uint16, "I32": np.int32,
    "U32": np.uint32, "I64": np.int64, "U64": np.uint64, "F32": np.float32, "F64": np.float64,
    "BOOL": np.bool_,
}
SHAPE = (2, 1, 3, 1, 2, 1, 1, 1)


def sample(name, shape):
    count = int(np.prod(shape, dtype=np.int64))
    if name in ("F32", "F64"):
        flat = ((np.arange(count, dtype=np.float64) - 3.0) * 0.1).astype(TYPES[name])
    elif name == "BOOL":
        flat = np.arange(count) % 3 == 0
    else:
        whole = [(i * 0x9E3779B97F4A7C15 + 11) % 2**64 for i in range(count)]
        flat = np.array(whole, dtype=np.uint64).astype(TYPES[name])
    return flat.reshape(shape)


def expected():
    arrays = {name: sample(name, SHAPE[: i % 9]) for i, name in enumerate(TYPES)}
    arrays["rank.0"] = sample("F32", ())
    arrays["empty"] = sample("I32", (3, 0))
    arrays['special é"\\'] = np.array([np.inf, -np.inf, np.nan, -0.0, 1e-45], np.float32)
    return arrays


def compare(path):
    wanted, found = expected(), load_file(path)
    assert sorted(wanted) == sorted(found), (sorted(wanted), sorted(found))
    for name, array in wanted.items():
        other = found[name]
        assert array.dtype == other.dtype, (name, array.dtype, other.dtype)
        assert array.shape == other.shape, (name, array.shape, other.shape)
        assert array.tobytes() == other.tobytes(), (name, array, other)
    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == {"format": "difflut", "text": 'a "b"\né'}, file.metadata()
    print(len(wanted), "tensors agree")


def line(name, array):
    kind = next(kind for kind, dtype in TYPES.items() if dtype == array.dtype.type)
    if kind in ("F32", "F64"):
        values = ["%.*g" % (9 if kind == "F32" else 17, value) for value in array.ravel()]
    else:
        bits = array.dtype.itemsize * 8
        values = ["%x" % (int(value) % 2**bits) for value in array.ravel()]
    return " ".join([name, kind, "[%s]" % ",".join(map(str, array.shape))] + values)


def write(path):
    arrays = {"%s/%d" % (kind, rank): sample(kind, SHAPE[:rank])
              for kind in TYPES for rank in (0, 1, 3, 8)}
    arrays["empty"] = sample("F32", (0,))
    save_file(arrays, path, metadata={"k": "v"})
    for name, array in sorted(arrays.items()):
        print(line(name, array))


def weights(path):
    tensors = load_file(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    assert "accuracy_hard" in metadata and "dataset" in metadata, metadata
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    assert (50, 4) in shapes.values(), shapes  # the wiring of one layer
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())


if __name__ == "__main__":
    {"compare": compare, "write": write, "weights": weights}[sys.argv[1]](sys.argv[2])
