# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""recipe-of-choice.py SPACE BASE OUT OPERATOR PARAMETERS

Writes the recipe OUT: BASE with one gene, the most promising choice in SPACE
(speciate-genome-fuzz --list) of these."""
import json
import sys

space, base, out, operator, parameters = sys.argv[1:]
best = None
with open(space, encoding="utf-8") as file:
    for line in file:
        words = line.split()
        if words[1:3] != [operator, parameters]:
            continue
        # level operator parameters gain % in function site [line]
        if best is None or float(words[3]) > best[0]:
            best = float(words[3]), words[7]
assert best, "no such choice"
with open(base, encoding="utf-8") as file:
    recipe = json.load(file)
recipe.update(ships="winner", genes=[],
              genome="%s %s %s\n" % (best[1], operator, parameters))
with open(out, "w", encoding="utf-8") as file:
    json.dump(recipe, file)
