# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""refused.py IR GENES OPT...: applies each gene alone and prints why it is
refused; fails if the IR changes. "-": a table gene for the first branch of each
function, whose name is printed in front of the reason.
"""
import re
import subprocess
import sys

ir, genes, opt = sys.argv[1], sys.argv[2], sys.argv[3:]
texts = []
if genes == "-":
    sites = subprocess.run(
        opt + ["-disable-output", "-passes=print<speciate-sites>", ir],
        capture_output=True, text=True, check=True).stderr
    for part in sites.split("region sites of '")[1:]:
        name = part.split("'")[0]
        if " table " in part:
            sys.exit("a table is offered in " + name)
        site = re.search(r"^region/branch\S+/", part, re.M).group(0)
        texts.append((name, site + "0 table domain=proved;form=table"))
else:
    for line in open(genes).read().splitlines():
        texts.append((line.split()[2], line))
before = subprocess.run(opt + ["-S", ir, "-passes=verify"], capture_output=True,
                        text=True, check=True).stdout
for name, text in texts:
    with open(ir + ".gene", "w") as out:
        out.write(text + "\n")
    done = subprocess.run(
        opt + ["-S", ir, "-pass-remarks-missed=speciate-apply",
               "-passes=function(speciate-apply<genome=%s.gene>)" % ir],
        capture_output=True, text=True, check=True)
    if done.stdout != before:
        sys.exit("changed by " + text)
    reasons = [line.split(text + ": ", 1)[1] for line in
               done.stderr.splitlines() if text + ": " in line and
               "no such site" not in line]
    print("%s: %s" % (name, "; ".join(reasons)))
