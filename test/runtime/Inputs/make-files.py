"""Makes the files that the tests give to tiny-network, in the folder named by the argument."""
import json
import os
import struct
import sys
import zlib

from arrays import write_npy

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])


def floats(values):
    return struct.pack(f"<{len(values)}f", *values)


def write_safetensors(name, tensors):
    header, data = {}, b""
    for tensor, (shape, values) in tensors.items():
        begin = len(data)
        data += floats(values)
        header[tensor] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(name, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


# Image 0 counts from 0, image 1 is its negative.
count = [i / 8 for i in range(48)]
write_npy("x.npy", (2, 3, 4, 4), count + [-v for v in count])
write_npy("wide.npy", (1, 3, 4, 5), [0] * 60)
write_npy("flat.npy", (48,), count)

# Class k sums channel k; class 3 is 0.
fc = [float(i // 16 == k) / 16 for k in range(4) for i in range(48)]
parameters = {"conv1.weight": ([3, 1, 1, 1], [1, -1, 0.5]), "fc.weight": ([4, 48], fc)}
write_safetensors("w.safetensors", parameters)
write_safetensors("mean.safetensors", {**parameters, "preprocess.mean": ([3], [9, -9, 9])})
write_safetensors("other.safetensors", {**parameters, "fc.weight": ([2, 48], fc[:96])})
write_safetensors("stranger.safetensors", {"fc1.weight": ([4, 48], fc)})
write_safetensors("bad-mean.safetensors", {**parameters, "preprocess.mean": ([2], [9, 9])})
write_safetensors("bad-shape.safetensors", {**parameters, "fc.weight": ([4, 47], fc[:188])})

with open("w.safetensors", "rb") as whole, open("cut.safetensors", "wb") as file:
    file.write(whole.read()[:-4])

with open("labels.txt", "w") as file:
    file.write("agaric\r\nbassoon\ncastle\ndowitcher\n")
with open("three.txt", "w") as file:
    file.write("agaric\nbassoon\ncastle\n")
with open("notes.jpg", "w") as file:
    file.write("this is a text file\n")
open("empty.png", "w").close()


def write_png(name, shade):
    """A grey picture of 8x8 pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))

    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress((b"\0" + bytes([shade]) * 8) * 8)))
        file.write(chunk(b"IEND", b""))


# A data set of two classes; 50 becomes 0 in the network.
for name, shade in ("dark/a", 10), ("dark/b", 20), ("light/a", 200), ("light/b", 215):
    write_png(f"set/{name}.png", shade)
write_png("broken/dark/a.png", 10)
with open("broken/dark/b.png", "w") as file:
    file.write("this is a text file\n")
write_png("one/dark/a.png", 10)
