# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""genome.py PATTERN... < sites: a genome out of what print<speciate-sites> says.

Every choice "operator parameters" that matches a pattern (a regular expression
for the whole text) becomes a gene of its site; the first pattern that matches
wins. Fails if there is none. --functions=REGEX takes sites of these functions
only; --kind=REGEX those of these kinds.
"""
import re
import sys

functions, kind, patterns = ".*", ".*", []
for word in sys.argv[1:]:
    if word.startswith("--functions="):
        functions = word.split("=", 1)[1]
    elif word.startswith("--kind="):
        kind = word.split("=", 1)[1]
    else:
        patterns.append(word)

genes = {}
function = site = None
for line in sys.stdin:
    header = re.match(r"region sites of '(.*)'$", line)
    if header:
        function = header.group(1)
        continue
    words = line.split()
    if not line.startswith(" "):
        site = words[0]
        continue
    if not re.fullmatch(functions, function):
        continue
    if not re.fullmatch(kind, site.split("/")[1]):
        continue
    choice = " ".join(words[:2])
    for rank, pattern in enumerate(patterns):
        key = (site, words[0])
        if re.fullmatch(pattern, choice) and genes.get(key, (99,))[0] > rank:
            genes[key] = (rank, site + " " + choice)
if not genes:
    sys.exit("no choice matches")
print("\n".join(text for _, text in sorted(genes.values(), key=lambda g: g[1])))
