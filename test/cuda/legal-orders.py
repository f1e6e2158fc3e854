"""legal-orders.py COMMAND...: runs the command in many of the orders that CUDA allows: 1 and 2
workers, three orders of threads, streams eager and by 8 seeds. Prints how many outputs differ."""
import itertools
import os
import subprocess
import sys

outputs = set()
runs = itertools.product(["1", "2"], ["forward", "reverse", "1"], ["eager"] + list("12345678"))
for workers, order, streams in runs:
    knobs = {"WORKERS": workers, "ORDER": order, "STREAMS": streams}
    environment = {**os.environ, **{"ALEXC_EMULATOR_" + name: knobs[name] for name in knobs}}
    outputs.add(subprocess.run(sys.argv[1:], env=environment, check=True,
                               stdout=subprocess.PIPE).stdout)
print(f"{len(outputs)} distinct outputs")
print(min(outputs).decode(), end="")
