# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run-forms.py DIR CLANG OPT INPUTS FIRST LAST FORM...: programs of
random-branches.py, for the seeds from FIRST to LAST, before and after every
form of branch-form; special is flattening and then specialize-value, for an
argument that has the value in one round of 60, and for whatever is loaded in
front of a loop."""
import os
import re
import subprocess
import sys

folder, clang, opt, inputs = sys.argv[1:5]
LATE = (
    "function(loop-vectorize,loop-unroll<O3>,sroa<preserve-cfg>,instcombine<no-verify-fixpoint>,"
    "simplifycfg<sink-common-insts;switch-to-lookup>,sccp,instcombine<no-verify-fixpoint>,bdce,"
    "slp-vectorizer,loop-mssa(licm),jump-threading,"
    "simplifycfg<speculate-unpredictables>,speciate-late-forms),verify"
)


def run(*words, **rest):
    return subprocess.run(words, check=True, text=True, capture_output=True, **rest)


def python(tool, *words, **rest):
    return run(sys.executable, os.path.join(inputs, tool), *words, **rest).stdout


for seed in range(int(sys.argv[5]), int(sys.argv[6]) + 1):
    base = os.path.join(folder, "seed%d" % seed)
    with open(base + ".c", "w") as file:
        file.write(python("random-branches.py", str(seed)))
    run(clang, "-O1", "-fno-vectorize", "-w", "-S", "-emit-llvm", base + ".c", "-o", base + ".ll")
    run(clang, "-w", base + ".ll", "-o", base + ".0")
    expected = run(base + ".0").stdout
    assert len(expected) > 1000
    sites = run(*opt.split(), "-disable-output", "-passes=print<speciate-sites>", base + ".ll").stderr
    for form in sys.argv[7:]:
        branches = "select" if form == "special" else form
        genome = python("genome.py", "--functions=f.*", "branch-form form=" + branches,
                        "branch-form form=mask", input=sites)
        known = set(re.findall(r"^region/function/\S+", sites, re.M))
        specials = 0
        if form == "special":
            for site in sorted(known):
                for name in re.findall(r"sites of '(f\d)'\n" + re.escape(site), sites):
                    genome += site + " specialize-value arg=3;share=5;value=30\n"
                    specials += 1
                loads = site.replace("/function/", "/load/")
                for load in range(3):
                    genome += "%s%d specialize-value scope=loop;share=50;value=3\n" % (loads[:-1], load)
        with open(base + ".genome", "w") as file:
            file.write(genome)
        apply = "function(speciate-apply<genome=%s.genome>)," % base
        said = run(*opt.split(), "-S", "-passes=" + apply + LATE, base + ".ll", "-o",
                   base + ".1.ll", "-pass-remarks-missed=speciate-apply").stderr
        applied = genome.count("\n") - len(re.findall("^remark.*: ", said, re.M))
        refused = len(re.findall(r"(branch-form|arg=3).*: (?!an earlier gene)", said))
        run(clang, "-w", base + ".1.ll", "-o", base + ".1")
        done = subprocess.run([base + ".1"], text=True, capture_output=True, timeout=60)
        with open(base + ".1.ll") as file:
            copies = file.read().count("is.special")
        if form == "special" and (specials != 8 or copies < 8):
            print("NO COPIES")
        same = done.returncode == 0 and done.stdout == expected and refused == 0
        print("seed %d %s: %d genes, %s" % (seed, form, applied,
                                            "same output" if same else "ANOTHER OUTPUT"))
