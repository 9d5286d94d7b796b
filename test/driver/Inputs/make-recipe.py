# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make-recipe.py STORE BASE OUT SHIPS [PARAMETERS]

Writes the recipe OUT from BASE, which a campaign in STORE wrote: it SHIPS o3,
pgo_lto, pgo_lto_bolt, or a winner whose only gene is layout-form PARAMETERS
(none: the empty genome). BOLT gets the profile that the campaign took of its
baseline.
"""
import base64
import json
import os
import sqlite3
import struct
import sys

store, base, out, ships = sys.argv[1:5]
site = "program/program/0000000000000000/0000000000000000/0"


def stored(data):
    """A zstd frame of raw blocks."""
    frame = struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data))
    blocks = [data[i:i + 65536] for i in range(0, len(data), 65536)] or [b""]
    for index, block in enumerate(blocks):
        last = index + 1 == len(blocks)
        frame += struct.pack("<I", len(block) << 3 | last)[:3] + block
    return frame


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
    recipe["bolt_profile"] = {
        "hash": row[0], "size": len(profile),
        "zstd_base64": base64.b64encode(stored(profile)).decode()}
with open(out, "w") as file:
    json.dump(recipe, file)
