"""Writes .npy files without numpy, for the scripts that make the inputs of tests."""
import struct


def write_npy(name, shape, values):
    """An array of fp32, row-major."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}f", *values))
