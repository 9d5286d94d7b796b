# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""try-chains.py SITES PART MAIN EXPECTED CLANG OPT...: wide-compare at the first
test of every chain, in words of 8 and of 4 bytes, and at every second test."""
import re
import subprocess
import sys

sites, part, main, expected = sys.argv[1:5]
clang, opt = sys.argv[5], sys.argv[6:]
LATE = "function(simplifycfg,instcombine<no-verify-fixpoint>,gvn,jump-threading,simplifycfg,adce),verify"
with open(sites) as file:
    known = sorted(set(re.findall(r"^region/branch/\S+", file.read(), re.M)),
                   key=lambda s: (s.rsplit("/", 1)[0], int(s.rsplit("/", 1)[1])))
with open(expected) as file:
    before = file.read()
assert before.count("\n") > 100, before

for word, first in ((8, 0), (4, 0), (8, 1)):
    # Of the sites of a chain the first one: what it takes is gone for others.
    chosen = [s for s in known if int(s.rsplit("/", 1)[1]) >= first]
    with open("genome", "w") as file:
        file.write("".join("%s wide-compare word=%d\n" % (s, word) for s in chosen))
    said = subprocess.run(
        opt + ["-S", "-passes=function(speciate-apply<genome=genome>),verify", part, "-o", "plain.ll",
               "-pass-remarks=speciate-apply"], check=True, text=True, capture_output=True).stderr
    subprocess.run(opt + ["-S", "-passes=" + LATE, "plain.ll", "-o", "late.ll"], check=True)
    same = True
    for each in ("plain", "late"):
        subprocess.run([clang, "-O1", "-w", each + ".ll", main, "-o", each], check=True)
        after = subprocess.run(["./" + each], text=True, capture_output=True)
        same &= after.returncode == 0 and after.stdout == before
    print("word=%d%s: %d chains, %s output" %
          (word, " behind the first test" if first else "",
           len(re.findall("wide-compare word", said)), "same" if same else "ANOTHER"))
