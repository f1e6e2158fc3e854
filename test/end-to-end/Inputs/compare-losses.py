"""compare-losses.py A B: whether the losses of two runs agree to 1e-4, over the steps that both have."""
import json
import pathlib
import sys


def losses(run):
    lines = map(json.loads, (pathlib.Path(run) / "metrics.jsonl").read_text().splitlines())
    return [line["loss"] for line in lines if line["kind"] == "step"]


pairs = list(zip(losses(sys.argv[1]), losses(sys.argv[2])))
worst = max(abs(a - b) / abs(a) for a, b in pairs)
print(f"{len(pairs)} steps: {'within 0.0001' if worst <= 1e-4 else f'up to {worst} apart'}")
