# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""merge-orders.py SPECIATE FOLDER OUT: merges of one set of files in any order,
at once or in steps, are equal byte for byte; 3,FILE is FILE three times."""
import os
import re
import shutil
import subprocess
import sys

speciate, folder, out = sys.argv[1:4]
os.makedirs(out)
files = [os.path.join(folder, f) for f in sorted(os.listdir(folder))]
files = [f for f in files if "damaged" not in f and "unfinished" not in f]
assert len(files) == 2


def merge(*inputs, text=False):
    path = os.path.join(out, "merged")
    subprocess.run([speciate, "profile", "merge", *inputs, "-o", path]
                   + (["--text"] if text else []), check=True)
    with open(path, "rb") as file:
        return file.read()


a, b = files
assert merge(a, b) == merge(b, a) != merge(a)
with open(os.path.join(out, "a"), "wb") as file:
    file.write(merge(a))
with open(os.path.join(out, "ab"), "wb") as file:
    file.write(merge(a, b))
shutil.copy(b, os.path.join(out, "copy"))
shutil.copy(a, os.path.join(out, "again"))
assert merge(os.path.join(out, "a"), b) == merge(a, b)
assert merge(os.path.join(out, "ab"), os.path.join(out, "copy")) == merge(
    a, b, os.path.join(out, "copy")) == merge(b, os.path.join(out, "copy"), a)
weighted = merge("2," + a, b, text=True).decode()
twice = merge(a, os.path.join(out, "again"), b, text=True).decode()
assert re.sub("processes .*", "", weighted) == re.sub("processes .*", "", twice)
