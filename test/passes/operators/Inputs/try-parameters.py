# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""try-parameters.py OPT IR SITE OPERATOR PARAMETERS...: what is said to genes of
the site in the file SITE with these parameters, one after the other, and CHANGED
for one that changes the module."""
import subprocess
import sys

opt, ir, site, operator = sys.argv[1:5]
with open(site) as file:
    place = file.read().split()[0]
genome = site + ".genome"


def run(passes):
    return subprocess.run(opt.split() + ["-S", "-o", "-", "-passes=" + passes, ir,
                                         "-pass-remarks-missed=speciate-apply"],
                          text=True, capture_output=True, check=True)


before = run("verify").stdout
for parameters in sys.argv[5:]:
    with open(genome, "w") as file:
        file.write("%s %s %s\n" % (place, operator, parameters))
    done = run("function(speciate-apply<genome=%s>)" % genome)
    print(done.stderr.strip())
    if done.stdout != before:
        print("CHANGED")
