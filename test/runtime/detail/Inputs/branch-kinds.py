# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""branch-kinds.py PROFILE: the branches of branches.c, told apart."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 1)[0])
from detail import Profile

profile = Profile(sys.argv[1])
by_line = {}
for key, counts in profile.branches.items():
    if key[2] == "3":
        by_line.setdefault(profile.line(key), (key, counts))


def rates(line):
    seen, taken, wrong, alone, changes = by_line[line][1]
    # The first quarter of a million branches is seen whole.
    assert seen > 30000, (line, seen)
    return tuple(x / seen for x in (wrong, alone, changes))


def near(value, expected, within):
    assert abs(value - expected) <= within, (value, expected)


wrong, alone, changes = rates(8)
near(wrong, 0.5, 0.03), near(changes, 0.5, 0.03)
wrong, alone, changes = rates(10)
near(wrong, 0.26, 0.05), near(changes, 2 * 0.25 * 0.75, 0.02)
wrong, alone, changes = rates(12)
near(wrong, 1 / 16, 0.03)
wrong, alone, changes = rates(15)
near(wrong, 0, 0.03), near(changes, 1, 0.001)
assert alone > 0.45
wrong, alone, changes = rates(17)
near(wrong, 0, 0.1)
assert alone > 4 * wrong
wrong, alone, changes = rates(19)
near(wrong, 0, 0.001), near(alone, 0, 0.001)
# As random as the first, but that one tells.
wrong, alone, changes = rates(21)
near(wrong, 0, 0.05), near(alone, 0.5, 0.03)

counts = profile.pairs[by_line[8][0], by_line[21][0]]
assert counts[1] == counts[2] == 0 and min(counts[0], counts[3]) > 100, counts
counts = profile.pairs[by_line[8][0], by_line[10][0]]
assert abs(counts[1] / (counts[0] + counts[1]) -
           counts[3] / (counts[2] + counts[3])) < 0.06, counts
print("told apart")
