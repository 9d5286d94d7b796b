# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs `speciate bench` many times and counts what it says.

repeat.py SPECIATE A B COUNT PAIRS SCRATCH: one line for each kind of answer,
"slower: 9 of 10", and "contain 1: 96 of 100".
"""
import collections
import json
import subprocess
import sys

speciate, a, b, count, pairs, scratch = sys.argv[1:]
outcomes = collections.Counter()
contain = 0
for seed in range(int(count)):
    subprocess.run(
        [speciate, "bench", a, b, "--run", "{}", "--pairs", pairs,
         "--seed", str(seed), "--json", scratch],
        check=True, stdout=subprocess.DEVNULL)
    with open(scratch) as file:
        result = json.load(file)
    low, high = (x if x is not None else float("inf") for x in result["ci95"])
    inside = low <= 1 <= high
    contain += inside
    outcomes[result["outcome"]] += 1
    print("%-9s %.4f [%.4f, %.4f] %d%s"
          % (result["outcome"], result["ratio"], low, high, result["pairs"],
             "" if inside else "  *"), file=sys.stderr)
for name in ("faster", "slower", "same", "undecided"):
    print("%s: %d of %s" % (name, outcomes[name], count))
print("contain 1: %d of %s" % (contain, count))
