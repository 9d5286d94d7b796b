# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""instructions.py A B: the percentage by which callgrind counted more in B."""
import sys


def total(path):
    with open(path) as file:
        for line in file:
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    sys.exit("%s: no total" % path)


a, b = (total(path) for path in sys.argv[1:])
print("more instructions: %.2f %%" % (100.0 * (b - a) / a))
