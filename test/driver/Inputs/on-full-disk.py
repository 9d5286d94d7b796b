# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""on-full-disk.py FOLDER FREE COMMAND...

Mounts a file system of 3 MiB on FOLDER, fills it but for FREE KiB, and runs
COMMAND. Exits as it does, after printing what is left in FOLDER.
"""
import os
import subprocess
import sys

folder, free = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder],
               check=True)
try:
    with open(folder + "/fill", "wb") as file:
        file.write(b"x" * ((3 * 1024 - free) * 1024))
    code = subprocess.run(sys.argv[3:]).returncode
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            print("left:", os.path.relpath(os.path.join(root, name), folder),
                  flush=True)
finally:
    subprocess.run(["umount", folder], check=True)
sys.exit(code)
