"""Photographs as an independent decoder sees them, for tests. Needs Pillow and NumPy.

  photographs.py make FOLDER                     draws a photograph of each sort
  photographs.py choose FOLDER COUNT             prints the paths of some, as many of each sort
  photographs.py preprocess SPEC LIST OUTPUT.npy makes images (N, C, H, W) of the listed files
  photographs.py compare ANSWERS.json SCORES.npy compares `infer --json` with scores (N, classes)

The sorts are grey and colour, portrait and landscape.
"""
import json
import sys
from pathlib import Path

import numpy
from PIL import Image

SORTS = [(mode, shape) for mode in ("L", "RGB") for shape in ("portrait", "landscape")]
TOLERANCE = 1e-3  # of a photograph's highest score


def make(folder):
    random = numpy.random.default_rng(1)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for mode, shape in SORTS:
        size = (61, 40) if shape == "landscape" else (47, 83)
        coarse = random.integers(0, 256, (5, 4, 3), dtype=numpy.uint8)
        image = Image.fromarray(coarse).resize(size, Image.BICUBIC).convert(mode)
        image.save(Path(folder) / f"{mode}-{shape}.jpg", quality=90)


def sort_of(path):
    with Image.open(path) as image:
        return image.mode, "portrait" if image.height > image.width else "landscape"


def choose(folder, count):
    found = {sort: [] for sort in SORTS}
    each = int(count) // len(SORTS)
    for path in sorted(Path(folder).rglob("*.jpg")):
        found.get(sort_of(path), []).append(path)
    for sort, paths in found.items():
        if len(paths) < each:
            sys.exit(f"{folder}: expected {each} of {' '.join(sort)}, got {len(paths)}")
        # spread over the folder, for neighbours show like things
        print(*paths[::len(paths) // each][:each], sep="\n")


def scale(image, resize):
    """The whole picture's size becomes `resize`, the middle square of it stays."""
    side = resize["shorter"]
    width = max(side, side * image.width // image.height)
    height = max(side, side * image.height // image.width)
    left, top = (width - side) // 2, (height - side) // 2
    image = image.resize((width, height), Image.BILINEAR)
    return image.crop((left, top, left + side, top + side))


def preprocess(spec, listed, output):
    spec = json.loads(Path(spec).read_text())
    settings, size = spec["preprocessing"], spec["input"]
    images = []
    for path in Path(listed).read_text().splitlines():
        pixels = numpy.asarray(scale(Image.open(path).convert("RGB"), settings["resize"]))
        top = (pixels.shape[0] - size["height"]) // 2
        left = (pixels.shape[1] - size["width"]) // 2
        pixels = pixels[top:top + size["height"], left:left + size["width"]].astype(float)
        normal = (pixels * settings["scale"] - settings["mean"]) / settings["std"]
        images.append(normal.transpose(2, 0, 1))
    numpy.save(output, numpy.array(images, dtype=numpy.float32))


def compare(answers, scores):
    answers = json.loads(Path(answers).read_text())["images"]
    expected = numpy.load(scores)
    got = numpy.zeros_like(expected)
    for row, answer in zip(got, answers, strict=True):
        for best in answer["top"]:
            row[best["class"]] = best["score"]
    # rows: photographs as answered, columns: as expected
    errors = numpy.abs(got[:, None] - expected).max(axis=2) / expected.max(axis=1)
    for answer, error in zip(answers, errors.diagonal()):
        print(f"{error:.1e} {answer['file']}")
    others = errors[~numpy.eye(len(errors), dtype=bool)].min()
    print(f"{len(errors)} photographs, largest error {errors.diagonal().max():.1e}; "
          f"two photographs are at least {others:.1e} apart")
    if not errors.diagonal().max() < TOLERANCE < others:
        sys.exit(f"expected errors below {TOLERANCE}, and photographs further apart")


commands = {"make": make, "choose": choose, "preprocess": preprocess, "compare": compare}
commands[sys.argv[1]](*sys.argv[2:])
