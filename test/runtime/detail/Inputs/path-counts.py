# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""path-counts.py PROFILE: for every function, how often its paths ran, from the
rarest on. Checks that every number is one that its numbering can make."""
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 1)[0])
from detail import Profile

profile = Profile(sys.argv[1])
for key, counts in profile.paths.items():
    paths = profile.functions[key]["paths"]
    edges = {}
    for start, to, value, ends in paths["edges"]:
        edges.setdefault(start, []).append((value, to, ends))

    def walk(block, total, found):
        if block not in edges:
            found.append(total)
            return
        for value, to, ends in edges[block]:
            if ends:
                found.append(total + value)
            else:
                walk(to, total + value, found)

    found = []
    for block, base in paths["starts"]:
        walk(block, base, found)
    # Ball and Larus: a number each, and none left out.
    assert sorted(found) == list(range(paths["count"])), found
    assert set(counts) <= set(found)
    print(*sorted(counts.values()))
