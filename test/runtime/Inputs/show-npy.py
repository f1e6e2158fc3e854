"""Prints the shape and the values of a .npy file of fp32, a row of the last dimension a line."""
import ast
import struct
import sys

with open(sys.argv[1], "rb") as file:
    size = struct.unpack("<H", file.read(10)[8:])[0]
    shape = ast.literal_eval(file.read(size).decode())["shape"]
    values = [value for (value,) in struct.iter_unpack("<f", file.read())]
print("shape", shape)
for begin in range(0, len(values), shape[-1]):
    print(" ".join(f"{value:g}" for value in values[begin : begin + shape[-1]]))
