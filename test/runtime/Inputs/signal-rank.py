"""signal-rank.py SIGNAL RANK RUN COMMAND...: begins a long run by mpirun, and sends a signal to a
rank. Shows what was written, the exit status, and the last checkpoint. Fails where the run has not
ended 30 s later."""
import os
import pathlib
import signal
import subprocess
import sys
import time

name, rank, run, *command = sys.argv[1:]
metrics = pathlib.Path(run) / "metrics.jsonl"
process = subprocess.Popen([*command, "--epochs", "1000000", "--checkpoint-every", "5"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
for _ in range(600):
    if metrics.exists() and len(metrics.read_text().splitlines()) > 20:
        break
    time.sleep(0.05)
children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
os.kill(sorted(map(int, children))[int(rank)], getattr(signal, "SIG" + name))
output, _ = process.communicate(timeout=30)
print(output.decode())
last = max((int(path.stem[len("step-"):]) for path in pathlib.Path(run).glob("step-*.safetensors")),
           default="none")
print(f"status {process.returncode}, last checkpoint {last}")
