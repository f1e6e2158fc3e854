"""Makes batches for tiny.json, in the folder named by the first argument; shows a safetensors
file's tensors where a file is named."""
import json
import os
import struct
import sys

from arrays import write_npy

if os.path.isfile(sys.argv[1]):
    with open(sys.argv[1], "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    for name in sorted(header.keys() - {"__metadata__"}):
        print(name, header[name]["shape"])
    sys.exit()

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
pixels = [(i * i % 37) / 37 - 0.5 for i in range(3 * 3 * 19 * 23)]
write_npy("x.npy", (2, 3, 19, 23), pixels[:2622])
write_npy("three.npy", (3, 3, 19, 23), pixels)
write_npy("wide.npy", (2, 3, 23, 19), pixels[:2622])
write_npy("labels.npy", (2,), [6, 0])
write_npy("labels-of-three.npy", (3,), [6, 0, 1])
write_npy("label-7.npy", (2,), [6, 7])
write_npy("label-half.npy", (2,), [0.5, 0])
