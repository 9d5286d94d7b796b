# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""damage.py change|remove|rows STORE

Changes one byte of the first campaign's profile, or removes it, and prints its
path; or lets a row of the catalog refer to a campaign that does not exist.
"""
import os
import sqlite3
import sys

how, store = sys.argv[1:]
catalog = sqlite3.connect(store + "/catalog.db")
name = catalog.execute("select object from artefacts where name = 'profile'").fetchone()[0]
path = os.path.join(store, "objects", name[:2], name[2:])
if how == "rows":
    catalog.execute("insert into artefacts values (99, 'profile', ?)", (name,))
    catalog.commit()
elif how == "remove":
    os.remove(path)
    print(path)
else:
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.seek(20)
        byte = file.read(1)
        file.seek(20)
        file.write(bytes([byte[0] ^ 1]))
    print(path)
