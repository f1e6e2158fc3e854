"""exit-status.py STATUS COMMAND...: runs the command and fails unless it ends with this status."""
import subprocess
import sys

status = subprocess.run(sys.argv[2:]).returncode
if status != int(sys.argv[1]):
    sys.exit(f"exit-status.py: expected status {sys.argv[1]}, got {status}: {' '.join(sys.argv[2:])}")
