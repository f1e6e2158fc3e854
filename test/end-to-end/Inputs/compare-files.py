"""Compares two files of fp32 numbers, .npy or .safetensors: each tensor's norm of the difference
over its norm must be below 1e-5, which is ten times what another order of additions makes, or below
a third argument. A fourth one is what the largest of them must at least be."""
import json
import math
import struct
import sys


def read(name):
    with open(name, "rb") as file:
        data = file.read()
    if name.endswith(".npy"):
        return {name.split(".")[-1]: data[10 + struct.unpack("<H", data[8:10])[0]:]}
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    return {tensor: data[8 + size:][slice(*entry["data_offsets"])] for tensor, entry in header.items()}


tolerance = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-5
largest = 0
first, second = read(sys.argv[1]), read(sys.argv[2])
assert first.keys() == second.keys() and first
for tensor in first:
    x, y = (struct.unpack(f"<{len(data) // 4}f", data) for data in (first[tensor], second[tensor]))
    error = math.dist(x, y) / max(math.hypot(*x), 1e-30)
    largest = max(largest, error)
    if not error < tolerance:
        sys.exit(f"{tensor}: relative error {error}")
if len(sys.argv) > 4 and largest < float(sys.argv[4]):
    sys.exit(f"the largest relative error is {largest}")
