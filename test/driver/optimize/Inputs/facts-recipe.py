# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""facts-recipe.py RECIPE FACTS: the recipe, as if the facts alone had won."""
import json
import sys

recipe = json.load(open(sys.argv[1]))
recipe["ships"] = "winner"
recipe["genome"] = ""
recipe["genes"] = []
recipe["facts"] = open(sys.argv[2]).read()
print(json.dumps(recipe))
