# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""try-offers.py STAGE CLANG REGION...: for each choice in REGION.json, links a
program with it from main.o and the regions' REGION.ll and runs it."""
import json
import subprocess
import sys

stage, clang, regions = sys.argv[1], sys.argv[2], sys.argv[3:]


def build(region, genes):
    with open(region + ".genome", "w") as file:
        file.write(genes)
    subprocess.run([stage, "region", "--in", region + ".ll", "--genome", region + ".genome",
                    "--pic", "1", "--out", region + ".o", "--report", region + ".report"],
                   check=True)
    with open(region + ".report") as file:
        return json.load(file)


with open("before.txt") as file:
    expected = file.read()
for region in regions:
    with open(region + ".json") as file:
        sites = json.load(file)["sites"]
    for site in sites:
        for choice in site["choices"]:
            if choice["operator"] != "specialize-value":
                continue
            for other in regions:
                build(other, "")
            gene = "%s %s %s\n" % (site["id"], choice["operator"], choice["parameters"])
            report = build(region, gene)
            subprocess.run([clang, "-fuse-ld=lld", "main.o"] + [r + ".o" for r in regions]
                           + ["-o", "after"], check=True)
            got = subprocess.run(["./after"], check=True, text=True, capture_output=True).stdout
            print("%s: %s, %s" % (choice["parameters"],
                                  "same output" if got == expected else "ANOTHER OUTPUT",
                                  "applied" if report["applied"] == gene else report["no_ops"]))
