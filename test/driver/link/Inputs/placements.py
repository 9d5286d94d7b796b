# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""placements.py SPECIATE NM MAKE-RECIPE PROGRAM BASE-RECIPE FOLDER

Links each kind of program at each placement, and prints at how many addresses
its main is. Fails if one does not do what PROGRAM does.
"""
import os
import subprocess
import sys

speciate, nm, make_recipe, program, base, folder = sys.argv[1:]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


expected = output(program, "20", "7")
for kind in ("o3", "pgo_lto", "pgo_lto_bolt", "winner", "winner bolt=on"):
    recipe = folder + "/a.recipe"
    subprocess.run([sys.executable, make_recipe, os.environ["SPECIATE_STORE"],
                    base, recipe, *kind.split()], check=True)
    addresses = []
    for placement in range(3):
        made = f"{folder}/made-{placement}"
        output(speciate, "link", program, "--recipe", recipe, "-o", made,
               "--placement", str(placement))
        assert output(made, "20", "7") == expected, (kind, placement)
        found = [int(line.split()[0], 16) for line in output(nm, made).splitlines()
                 if line.split()[-1] == "main"]
        assert len(found) == 1, found
        addresses += found
    print(f"{kind}: main at {len(set(addresses))} addresses, "
          f"{len({a % 64 for a in addresses})} of them mod 64")
