"""check-probs.py FOLDER: compares what eval wrote with numpy; writes short.npy as well."""
import json
import pathlib
import sys

import numpy

folder = pathlib.Path(sys.argv[1])
labels = [label for label, name in enumerate(sorted(path.name for path in (folder / "set/val").iterdir()))
          for _ in (folder / "set/val" / name).iterdir()]
load = lambda name: numpy.load(folder / f"{name}.npy").astype(numpy.float64)


def check(name, probs):
    result = json.loads((folder / f"{name}.json").read_text())
    right = probs[numpy.arange(len(labels)), labels]
    rank = (probs > right[:, None]).sum(axis=1)
    assert result["images"] == len(labels), result
    assert numpy.isclose(result["top1_error"], (rank >= 1).mean()), (result, rank)
    assert numpy.isclose(result["top5_error"], (rank >= 5).mean()), (result, rank)
    assert numpy.isclose(result["loss"], -numpy.log(right).mean(), rtol=1e-5), result
    print(f"{name}.json: {len(labels)} images agree")


for name in "a", "b", "ab", "with":
    check(name, load(name))
assert numpy.allclose(load("b"), load("ten"), atol=1e-6)
print("ten crops agree")
assert numpy.allclose(load("with"), (2 * load("a") + load("b")) / 3, atol=1e-6)
print("with agrees")
numpy.save(folder / "short.npy", numpy.zeros((3, 4), numpy.float32))
