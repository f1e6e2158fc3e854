"""kill-and-resume.py SEED RUN COMMAND...: runs COMMAND --run RUN --resume again and again, killing it
after random times with SIGKILL, until it ends by itself. Prints how often it was killed."""
import random
import subprocess
import sys
import time

seed, run, *command = sys.argv[1:]
generator = random.Random(int(seed))
kills, most = 0, 0.05
while True:
    threads = generator.choice(["1", "2", "3"])
    process = subprocess.Popen([*command, "--run", run, "--resume", "--threads", threads],
                               stdout=subprocess.DEVNULL)
    try:
        status = process.wait(timeout=generator.uniform(0, most))
        break
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        kills += 1
        most *= 1.3  # it must end even where nothing lasts until the next checkpoint
print(f"killed {kills} times")
sys.exit(status or kills == 0)
