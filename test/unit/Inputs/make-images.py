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


def draw_filters(name, filters, columns, zoom, jointly=False):
    """Filters (K, C, R, S) that see three channels as tiles, others a row each."""
    count, channels, height, width = filters.shape
    if channels == 3:
        tiles = filters.transpose(0, 2, 3, 1)
    else:
        tiles = filters.reshape(count * channels, height, width, 1).repeat(3, -1)
        columns = channels
    step_y, step_x = height * zoom + 1, width * zoom + 1
    sheet = numpy.full((-(-len(tiles) // columns) * step_y + 1, columns * step_x + 1, 3), 255.0)
    for i, tile in enumerate(tiles):
        scope = filters if jointly else filters[i * count // len(tiles)]
        shades = numpy.floor((tile - scope.min()) / (scope.max() - scope.min()) * 255 + 0.5)
        y, x = i // columns * step_y + 1, i % columns * step_x + 1
        sheet[y:y + step_y - 1, x:x + step_x - 1] = shades.repeat(zoom, 0).repeat(zoom, 1)
    Image.fromarray(sheet.astype("uint8")).save(name)


def filters(*shape):
    """Numbers that FilterPictureTest.cpp makes, too."""
    k, c, r, s = numpy.ogrid[tuple(slice(0, n) for n in shape)]
    return ((k * 37 + c * 17 + r * 5 + s * 3) % (23 + k) - 11) / 8


draw_filters("filters-colour.png", filters(6, 3, 3, 2), columns=3, zoom=2)
draw_filters("filters-jointly.png", filters(6, 3, 3, 2), columns=6, zoom=1, jointly=True)
draw_filters("filters-deep.png", filters(2, 4, 3, 2), columns=4, zoom=1)
