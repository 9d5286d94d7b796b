# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make-recipe.py STORE BASE OUT SHIPS [PARAMETERS [BINDIR PLAIN]]

Writes the recipe OUT from BASE, which a campaign in STORE wrote: it SHIPS o3,
pgo_lto, pgo_lto_bolt, or a winner whose only gene is layout-form PARAMETERS
(none: the empty genome). BOLT gets the profile that the campaign took of its
baseline; with PLAIN, the program of the empty genome, under the names that
functions have there. BINDIR is LLVM's.
"""
import json
import os
import re
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True
from recipefile import content_hash, packed

store, base, out, ships = sys.argv[1:5]
site = "program/program/0000000000000000/0000000000000000/0"


def with_names_of(profile, plain):
    """A region "f" has the symbol "f.speciate.5"."""
    symbols = subprocess.run([os.path.join(sys.argv[6], "llvm-nm"), plain],
                             check=True, capture_output=True, text=True).stdout
    for symbol in re.findall(r" (\S+\.speciate\.\d+)$", symbols, re.M):
        name = re.escape(symbol.split(".speciate.")[0])
        profile = re.sub(rf"\b1 {name}(/\S+)? ", rf"1 {symbol}\1 ", profile)
    return profile


with open(base) as file:
    recipe = json.load(file)
recipe["ships"], recipe["genes"] = ships, []
recipe["genome"] = ""
if ships == "winner" and len(sys.argv) > 5:
    recipe["genome"] = f"{site} layout-form {sys.argv[5]}\n"
if ships == "pgo_lto_bolt" or "bolt=on" in recipe["genome"]:
    catalog = sqlite3.connect(os.path.join(store, "catalog.db"))
    row = catalog.execute(
        "select object from artefacts where name = 'bolt-profile'").fetchone()
    assert row, "the campaign has no BOLT profile"
    with open(os.path.join(store, "objects", row[0][:2], row[0][2:]), "rb") as file:
        profile = file.read()
    assert profile, "the BOLT profile is empty"
    name = row[0]
    if len(sys.argv) > 6:
        profile = with_names_of(profile.decode(), sys.argv[7]).encode()
        name = content_hash(profile, sys.argv[6])
    recipe["bolt_profile"] = packed(profile, name)
with open(out, "w") as file:
    json.dump(recipe, file)
