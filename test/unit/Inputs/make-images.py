#!/usr/bin/env python3
"""Makes the pictures of this folder, once: python3 make-images.py (needs Pillow and numpy).

NAME.* is what the decoders read, NAME.rgb.png what Pillow makes of it, and
colour-HxW.png what Pillow's resize makes of colour.png.
"""
import os

import numpy
from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def colour(height, width):
    """Waves with noise: edges enough that each rounding shows."""
    y, x = numpy.mgrid[0:height, 0:width]
    noise = numpy.random.default_rng(2012).integers(0, 60, (height, width, 3))
    waves = [numpy.sin(x / 3 + y / 7), numpy.cos(x / 5 - y / 4), numpy.sin((x + y) / 6)]
    return numpy.clip(128 + 100 * numpy.stack(waves, -1) + noise - 30, 0, 255).astype("uint8")


def keep_decoded(name):
    Image.open(name).convert("RGB").save(f"{name}.rgb.png", optimize=True)


source = Image.fromarray(colour(23, 37))
source.save("colour.png", optimize=True)
for height, width in (9, 14), (23, 20), (31, 37), (40, 61), (1, 1):
    source.resize((width, height), Image.BILINEAR).save(f"colour-{height}x{width}.png")

source.save("colour.jpg", quality=80)  # chroma at half size
source.save("progressive.jpg", quality=80, progressive=True)
source.convert("L").save("grey.jpg", quality=80)
source.convert("CMYK").save("cmyk.jpg", quality=90)
source.convert("L").save("grey.png")
source.convert("1").save("bilevel.png")
source.quantize(11).save("palette.png")
alpha = numpy.full((23, 37, 1), 255, "uint8")
alpha[5:15] = 7
Image.fromarray(numpy.concatenate([colour(23, 37), alpha], -1)).save("alpha.png")
for name in ("colour.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "grey.png", "bilevel.png",
             "palette.png", "alpha.png"):
    keep_decoded(name)
