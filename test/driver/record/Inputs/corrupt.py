# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""corrupt.py truncate|flip|remove manifest|unit STORE

Damages the only manifest of a store, or the first of its units' bitcode.
"""
import glob
import os
import sys

how, what, store = sys.argv[1:]
magic = {"manifest": b"{", "unit": b"BC\xc0\xde"}[what]
found = []
for path in sorted(glob.glob(store + "/objects/??/*")):
    with open(path, "rb") as file:
        if file.read(len(magic)) == magic:
            found.append(path)
assert found and (what == "unit" or len(found) == 1), found
path = found[0]
with open(path, "rb") as file:
    data = file.read()
if how == "truncate":
    data = data[:len(data) // 2]
elif how == "flip":
    middle = len(data) // 2
    data = data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1:]
os.remove(path)
if how != "remove":
    with open(path, "wb") as file:
        file.write(data)
