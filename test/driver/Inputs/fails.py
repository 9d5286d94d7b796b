# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""fails.py OUT COMMAND...: COMMAND exits with 1 and leaves nothing named OUT*.

What it prints is passed on, stages left out.
"""
import glob
import subprocess
import sys

out, command = sys.argv[1], sys.argv[2:]
run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
text = run.stdout.decode()
sys.stdout.write("".join(l for l in text.splitlines(True) if l[:1] != "["))
assert run.returncode == 1, "exit code %d" % run.returncode
# The output may be a folder that was there.
left = [p for p in glob.glob(out + "*") if p != out + "/"]
assert not left, left
