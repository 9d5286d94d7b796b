# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""empty-genome.py SPECIATE PROGRAM RECIPE FOLDER COMMAND

Links pgo_lto and the program of the empty genome from RECIPE, which names a
baseline, and fails unless COMMAND executes within 0.5 % of the instructions of
pgo_lto.
"""
import json
import re
import subprocess
import sys

speciate, program, recipe_path, folder, command = sys.argv[1:]
with open(recipe_path) as file:
    recipe = json.load(file)
counts = {}
for ships in ("pgo_lto", "winner"):
    recipe["ships"], recipe["genome"], recipe["genes"] = ships, "", []
    changed, made = folder + "/" + ships + ".recipe", folder + "/" + ships
    with open(changed, "w") as file:
        json.dump(recipe, file)
    subprocess.run([speciate, "link", program, "--recipe", changed, "-o", made],
                   check=True)
    run = command.replace(
        "{}", "valgrind --tool=callgrind --callgrind-out-file=/dev/null " + made)
    err = subprocess.run(run, shell=True, check=True, stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL).stderr.decode()
    counts[ships] = int(re.search(r"Collected : (\d+)", err).group(1))
ratio = counts["winner"] / counts["pgo_lto"]
print("instructions:", counts, "ratio", ratio)
assert abs(ratio - 1) <= 0.005, ratio
