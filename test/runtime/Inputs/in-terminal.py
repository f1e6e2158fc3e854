"""in-terminal.py COMMAND...: runs COMMAND with a terminal as its output, and shows what it wrote
with control characters as <ESC> and <CR>."""
import os
import pty
import subprocess
import sys

reader, terminal = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdout=terminal)
os.close(terminal)
output = b""
try:
    while data := os.read(reader, 4096):
        output += data
except OSError:  # how Linux says that nobody has the terminal open any more
    pass
text = output.decode().replace("\r\n", "\n")
print(text.replace("\x1b", "<ESC>").replace("\r", "<CR>"))
sys.exit(process.wait())
