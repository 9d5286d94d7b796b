# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-spdx.py ROOT [FILE...]: every file names its licence in its first lines.

Without FILEs, those that git tracks. Exit code 1 if one does not, or if there
is nothing to look at.
"""
import pathlib
import subprocess
import sys

LINE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
# Formats without comments, and data that tests read.
EXEMPT_SUFFIXES = {".json", ".txt", ".bin", ".bz2", ".png"}
EXEMPT_NAMES = {"LICENSE"}


def exempt(path):
    if path.name in ("CMakeLists.txt",):
        return False
    return path.suffix in EXEMPT_SUFFIXES or path.name in EXEMPT_NAMES


def main(root, names):
    if not names:
        names = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"],
                               check=True, capture_output=True,
                               text=True).stdout.rstrip("\0").split("\0")
    seen = wrong = 0
    for name in names:
        path = pathlib.Path(root) / name
        if exempt(path) or not path.is_file():
            continue
        seen += 1
        with open(path, encoding="utf-8", errors="replace") as file:
            head = [file.readline() for _ in range(6)]
        if not any(LINE in line for line in head):
            wrong += 1
            print(f"{name}: no line '{LINE}'")
    print(f"{seen} files, {wrong} without")
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
