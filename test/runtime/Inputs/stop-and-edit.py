"""stop-and-edit.py FOLDER COMMAND...: begins a long run in FOLDER/run, stops it by signals and edits
its hyper-parameters."""
import json
import pathlib
import signal
import subprocess
import sys
import time

folder, *command = sys.argv[1:]
run = pathlib.Path(folder) / "run"
metrics, log = run / "metrics.jsonl", pathlib.Path(folder) / "log"
command += ["--run", str(run), "--resume", "--epochs", "1000000", "--checkpoint-every", "50"]


def wait_until(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    sys.exit("stop-and-edit.py: waited 30 s in vain")


def lines():
    return metrics.read_text().splitlines() if metrics.exists() else []


def last_checkpoint():
    return max(int(path.stem[len("step-"):]) for path in run.glob("step-*.safetensors"))


for name in "TERM", "INT":
    begun = len(lines())
    with open(log, "w") as file:
        process = subprocess.Popen(command, stdout=file)
    wait_until(lambda: len(lines()) > begun + 100)
    process.send_signal(getattr(signal, "SIG" + name))
    status = process.wait()
    print(f"{name}: status {status}, {log.read_text().splitlines()[-1]}, "
          f"last checkpoint {last_checkpoint()}")

begun = len(lines())
process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
wait_until(lambda: len(lines()) > begun + 100)
path = run / "hyperparameters.json"
parameters = json.loads(path.read_text())
parameters["optimizer"]["lr"] = 0.25
parameters["schedule"] = {"kind": "constant"}
path.write_text(json.dumps(parameters))
wait_until(lambda: '"lr":0.25,' in "".join(lines()[-10:]))
print("lr 0.25")
process.kill()
process.wait()
