# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-layering.py ROOT: a folder includes only itself and earlier folders.

Prints every include that points to a later one; exit code 1 if there is any, or
if nothing was found to look at.
"""
import pathlib
import re
import sys

LAYERS = ["support", "runtime", "profiles", "gp", "passes", "driver"]
SUFFIXES = {".h", ".c", ".cpp", ".def", ".inc", ".td", ".in"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"/]+)/[^"]*"')


def main(root):
    seen = wrong = 0
    for level, layer in enumerate(LAYERS):
        for path in sorted((root / layer).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            seen += 1
            text = path.read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(), 1):
                match = INCLUDE.match(line)
                if match and match[1] in LAYERS[level + 1:]:
                    wrong += 1
                    print(f"{path.relative_to(root)}:{number}: {layer} may not "
                          f"include {match[1]}, a later layer")
    print(f"{seen} files, {wrong} includes of later layers")
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
