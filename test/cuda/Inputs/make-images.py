"""make-images.py COUNT CHANNELS HEIGHT WIDTH CLASSES: writes x.npy and labels.npy here."""
import math
import struct
import sys


def write_npy(name, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}f", *values))


*shape, classes = map(int, sys.argv[1:])
write_npy("x.npy", tuple(shape), [math.sin(i * i % 1009) for i in range(math.prod(shape))])
write_npy("labels.npy", (shape[0],), [i * 5 % classes for i in range(shape[0])])
