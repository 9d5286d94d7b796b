# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run-loops.py DIR CLANG OPT INPUTS FIRST LAST LEVEL OPERATOR...: programs of
random-loops.py, for the seeds from FIRST to LAST, before and after every kind of
choice that the operators offer for their loops (and for loops with an unknown
count, which is most of them, every block size that must work).

LEVEL is what clang does first: O1, O2."""
import os
import re
import subprocess
import sys

folder, clang, opt, inputs = sys.argv[1:5]
LATE = (
    "function(sccp,simplifycfg,instcombine<no-verify-fixpoint>,early-cse<memssa>,simplifycfg,"
    "loop-distribute,loop-vectorize,loop-unroll<O3>,sroa<preserve-cfg>,instcombine<no-verify-fixpoint>,"
    "simplifycfg<sink-common-insts;switch-to-lookup>,sccp,instcombine<no-verify-fixpoint>,bdce,"
    "slp-vectorizer,loop-mssa(licm),jump-threading,simplifycfg<speculate-unpredictables>),verify"
)
KINDS = {
    "loop-block": ["block=8;check=with", "block=32;check=with", "block=64;check=first",
                   "block=16;check=first;width=8"],
    "assume-and-check": ["block=16;check=with;rare=4", "block=32;check=first;rare=4",
                         "block=64;check=first;rare=20", "block=8;check=with;rare=20;width=4"],
    "wide-sum": ["width=32", "width=64"],
    "hot-loop": ["rare=2", "rare=20"],
    "specialize-value": ["share=90;trips=1", "share=90;trips=5", "share=9;trips=16"],
}


def run(*words, **rest):
    return subprocess.run(words, check=True, text=True, capture_output=True, **rest)


level = sys.argv[7]
for seed in range(int(sys.argv[5]), int(sys.argv[6]) + 1):
    base = os.path.join(folder, "seed%d" % seed)
    with open(base + ".c", "w") as file:
        file.write(run(sys.executable, os.path.join(inputs, "random-loops.py"), str(seed)).stdout)
    plain = ["-" + level, "-fno-strict-aliasing", "-w"]
    # A profile, for what depends on one.
    run(clang, *plain, "-fprofile-generate", base + ".c", "-o", base + ".p")
    environment = dict(os.environ, LLVM_PROFILE_FILE=base + ".profraw")
    run(base + ".p", env=environment)
    run(os.path.join(os.path.dirname(clang), "llvm-profdata"), "merge", base + ".profraw", "-o", base + ".profdata")
    run(clang, *plain, "-fprofile-use=" + base + ".profdata", "-fno-vectorize", "-fno-unroll-loops",
        "-S", "-emit-llvm", base + ".c", "-o", base + ".ll")
    run(clang, "-w", base + ".ll", "-o", base + ".0")
    expected = run(base + ".0").stdout
    assert len(expected) > 1000
    sites = run(*opt.split(), "-disable-output", "-passes=print<speciate-sites>", base + ".ll").stderr
    loops, name = [], ""
    for line in sites.splitlines():
        header = re.match(r"region sites of '(.*)'", line)
        if header:
            name = header.group(1)
        elif line.startswith("region/loop/") and re.fullmatch(r"f\d", name):
            loops.append(line.split()[0])
    for operator in sys.argv[8:]:
        for kind in KINDS[operator]:
            with open(base + ".genome", "w") as file:
                file.write("".join("%s %s %s\n" % (l, operator, kind) for l in loops))
            apply = "function(speciate-apply<genome=%s.genome>)," % base
            said = run(*opt.split(), "-S", "-passes=" + apply + LATE, base + ".ll", "-o",
                       base + ".1.ll", "-pass-remarks=speciate-apply").stderr
            applied = len(re.findall("^remark: .* %s " % operator, said, re.M))
            run(clang, "-w", base + ".1.ll", "-o", base + ".1")
            done = subprocess.run([base + ".1"], text=True, capture_output=True, timeout=60)
            same = done.returncode == 0 and done.stdout == expected
            print("seed %d %s %s: %d of %d applied, %s" % (
                seed, operator, kind, applied, len(loops), "same output" if same else "ANOTHER OUTPUT"))
            sys.stdout.flush()
