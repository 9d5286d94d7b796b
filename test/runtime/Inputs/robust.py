# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""robust.py SPECIATE PROGRAM PLAIN LIBRARY LIBRARY FOLDER SUFFIX: no way of life of a
process (robust.c) makes it lose or spoil what it counts."""
import glob
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # Nothing new in the sources.
from calls import calls

speciate, program, plain, first, second, folder, suffix = sys.argv[1:8]
shutil.rmtree(folder, ignore_errors=True)


def start(mode, *more, what=program):
    where = os.path.join(folder, mode)
    return where, subprocess.Popen([what, mode, *more], stdout=subprocess.PIPE, text=True,
                                   env=dict(os.environ, SPECIATE_PROFILE_DIR=where))


for mode in "threads", "fork", "vfork", "exec", "signals":
    where, process = start(mode)
    said = process.communicate()[0].splitlines()
    assert process.returncode == 0, (mode, process.returncode)
    processes, count = map(int, said[-1].split())
    assert calls(speciate, where, suffix) == (processes, count, 0), (mode, said, calls(speciate, where, suffix))

# Killed in the middle, at twenty moments.
for i in range(20):
    where, process = start("forever")
    assert process.stdout.readline() == "started\n"
    time.sleep(0.0007 * i)
    process.kill()
    process.wait()
processes, count, skipped = calls(speciate, where, suffix)
assert (processes, skipped) == (20, 0) and count > 0, (processes, count, skipped)

# Libraries that are loaded, unloaded, loaded again; two at a time, with dumps; in
# a program that has no profile of its own, and in one that has.
for mode, what, signals, own in ("plain", plain, "hdhdhddd", 0), ("both", program, "hhhhhhhh", 1):
    where, process = start(mode, first, second, what=what)
    said = process.communicate()[0].strip()
    assert process.returncode == 0, (mode, process.returncode)
    assert said == signals, (mode, said)
    files = glob.glob(where + "/*" + suffix)
    live = [f for f in files if ".dump" not in f]
    # Three loads and two of both; the program and its child.
    assert len(live) == 7 + 2 * own, files
    assert len(files) - len(live) == 4 + own, files
    assert calls(speciate, where, suffix) == (7 + 2 * own, 360, 0), calls(speciate, where, suffix)
