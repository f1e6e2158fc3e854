"""make-pictures.py FOLDER [IMAGES]: a set that can be learned: train/ and val/ with four classes
of PNG files, each of a colour and with noise, IMAGES (8) in each class of train/ and 3 in val/."""
import pathlib
import random
import struct
import sys
import zlib

COLOURS = {"blue": (40, 40, 200), "green": (40, 200, 40), "grey": (120, 120, 120),
           "red": (200, 40, 40)}
WIDTH, HEIGHT = 9, 7


def chunk(kind, data):
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png(width, height, rows):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)
            + chunk(b"IEND", b""))


def picture(generator, colour):
    noise = lambda value: min(255, max(0, value + generator.randrange(-40, 41)))
    return png(WIDTH, HEIGHT,
               [[noise(value) for _ in range(WIDTH) for value in colour] for _ in range(HEIGHT)])


folder = pathlib.Path(sys.argv[1])
images = int(sys.argv[2]) if len(sys.argv) > 2 else 8
generator = random.Random(7)
for part, count in ("train", images), ("val", 3):
    for name, colour in COLOURS.items():
        (folder / part / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            (folder / part / name / f"{i}.png").write_bytes(picture(generator, colour))
