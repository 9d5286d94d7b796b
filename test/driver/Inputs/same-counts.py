# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""same-counts.py SPECIATE STORE EXPECTED: the one indexed profile below STORE has
the counts of EXPECTED."""
import json
import pathlib
import subprocess
import sys


def counts(path):
    report = json.loads(subprocess.run([sys.argv[1], "profile", "show", "--json", str(path)],
                                       check=True, capture_output=True, text=True).stdout)
    return report["total_count"], report["hottest"]


found = list(pathlib.Path(sys.argv[2]).rglob("*.profdata"))
assert len(found) == 1, found
expected = counts(sys.argv[3])
assert expected[0] > 0 and counts(found[0]) == expected, (counts(found[0]), expected)
