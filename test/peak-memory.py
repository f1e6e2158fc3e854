"""peak-memory.py MB COMMAND...: runs the command and fails unless it succeeds in this memory."""
import os
import sys

pid = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
peak = usage.ru_maxrss * 1024 / 1e6
if status != 0 or peak > float(sys.argv[1]):
    sys.exit(f"peak-memory.py: expected success in {sys.argv[1]} MB, got status "
             f"{os.waitstatus_to_exitcode(status)} in {peak:.0f} MB: {' '.join(sys.argv[2:])}")
