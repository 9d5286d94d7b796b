# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""try-tables.py SITES IR OBJECT OUTPUT CLANG OPT...: every table alone, all."""
import subprocess
import sys

sites, ir, other, expected, clang = sys.argv[1:6]
opt = sys.argv[6:]
expected = open(expected).read()

genes, site = [], None
for line in open(sites):
    words = line.split()
    if line.startswith("  table "):
        genes.append(site + " " + " ".join(words[:2]))
    elif line.startswith("region/"):
        site = words[0]
print("kinds:", " ".join(sorted({g.split("/")[1] for g in genes})))
print("domains:", " ".join(sorted({g.split("domain=")[1].split(";")[0] for g in genes})))


def attempt(name, lines):
    with open("genome", "w") as out:
        out.write("\n".join(lines) + "\n")
    run = subprocess.run(
        opt + ["-pass-remarks-missed=speciate-apply", ir, "-o", "new.bc",
               "-passes=function(speciate-apply<genome=genome>),verify"],
        capture_output=True, text=True, check=True)
    for reason in run.stderr.splitlines():
        if "no such site" not in reason and "has removed" not in reason:
            if len(lines) == 1:
                sys.exit("refused: " + reason)
    subprocess.run([clang, "-O3", "new.bc", other, "-o", "new"], check=True)
    got = subprocess.run(["./new"], capture_output=True, text=True, timeout=60)
    if got.returncode or got.stdout != expected:
        sys.exit("wrong output: " + name)
    print(name + ": same output")


for gene in genes:
    attempt(gene, [gene])
best = {}
for gene in genes:
    best.setdefault(gene.split()[0], gene)
attempt("all together", list(best.values()))
