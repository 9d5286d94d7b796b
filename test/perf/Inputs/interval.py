# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""interval.py WIDTH < OUT: the interval that `speciate arena` printed contains
1 and is at most WIDTH wide."""
import re
import sys

text = sys.stdin.read()
ratio, low, high, trials = re.search(
    r"ratio ([\d.]+) \[([\d.]+), ([\d.]+)\], (\d+) trials", text).groups()
print(f"{re.search(r'^region .*', text, re.M)[0]}\n"
      f"ratio {ratio} [{low}, {high}], {trials} trials")
assert float(low) <= 1 <= float(high), "1 is not in the interval"
assert float(high) - float(low) <= float(sys.argv[1]), "the interval is wide"
