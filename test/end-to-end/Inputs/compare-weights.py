"""compare-weights.py A B [BOUND]: for each tensor of the safetensors files A and B whether they are equal,
close (the norm of the difference below BOUND, or 1e-4, of A's norm) or different."""
import array
import json
import math
import struct
import sys


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: array.array("f", data[8 + length:][slice(*tensor["data_offsets"])])
            for name, tensor in header.items()}


def verdict(a, b):
    if a == b:
        return "equal"
    difference = math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b)))
    return "close" if difference < bound * math.sqrt(sum(x * x for x in a)) else "different"


left, right = read(sys.argv[1]), read(sys.argv[2])
bound = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-4
for name in sorted(left):
    print(f"{name}: {verdict(left[name], right[name])}")
