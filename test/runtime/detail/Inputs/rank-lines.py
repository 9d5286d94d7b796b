# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""rank-lines.py PROFILE CACHEGRIND-OUT SOURCE: compares the lines of SOURCE by
wrong guesses, as the model and as cachegrind counted them. Prints the rank
correlation (Spearman) of the lines with at least 1 % of either, and whether the
worst line is the same."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 1)[0])
from detail import Profile

profile, cachegrind, source = Profile(sys.argv[1]), sys.argv[2], sys.argv[3]
ours = {}
for key, counts in profile.branches.items():
    if key[2] == "3":
        line = profile.line(key)
        ours[line] = ours.get(line, 0) + counts[2]
theirs, name = {}, ""
with open(cachegrind) as file:
    for text in file:
        if text.startswith("events:"):
            column = 1 + text.split()[1:].index("Bcm")
        elif text.startswith("fl="):
            name = text[3:].strip()
        elif text[0].isdigit() and name.endswith(source):
            words = list(map(int, text.split()))
            if len(words) > column and words[column]:
                theirs[words[0]] = theirs.get(words[0], 0) + words[column]
lines = sorted(line for line in ours
               if ours[line] * 100 >= sum(ours.values())
               or theirs.get(line, 0) * 100 >= sum(theirs[l] for l in ours if l in theirs))
lines = [line for line in lines if line in theirs or ours[line]]


def ranks(counts):
    order = sorted(lines, key=lambda line: -counts.get(line, 0))
    return {line: order.index(line) for line in lines}


a, b = ranks(ours), ranks(theirs)
n = len(lines)
rho = 1 - 6 * sum((a[l] - b[l]) ** 2 for l in lines) / (n * (n * n - 1))
for line in lines:
    print("line %d: model %d, cachegrind %d" % (line, ours[line], theirs.get(line, 0)))
print("correlation %.2f of %d lines" % (rho, n))
print("worst", "agrees" if min(lines, key=a.get) == min(lines, key=b.get) else "differs")
