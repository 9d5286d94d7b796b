# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run-offers.py DIR CLANG OPT INPUTS FIRST LAST OPERATOR...: programs of
random-branches.py, for the seeds from FIRST to LAST, with random branch weights;
for each operator, all of its offers applied at once, before and after the rest
of the optimizer. Weights have nothing to do with what the program does, so that
every guard fails now and then."""
import os
import random
import re
import subprocess
import sys

folder, clang, opt, inputs = sys.argv[1:5]
LATE = (
    "function(sccp,simplifycfg,instcombine<no-verify-fixpoint>,early-cse<memssa>,"
    "simplifycfg<sink-common-insts;hoist-common-insts;switch-to-lookup>,loop-unroll<O3>,sccp,bdce,"
    "loop-mssa(licm),jump-threading,simplifycfg<speculate-unpredictables>),verify"
)


def run(*words, **rest):
    return subprocess.run(words, check=True, text=True, capture_output=True, **rest)


def python(tool, *words, **rest):
    return run(sys.executable, os.path.join(inputs, tool), *words, **rest).stdout


def weigh(text, seed):
    """Weights for every conditional branch, most of them unlike."""
    dice = random.Random(seed)
    nodes = [(1, 99), (99, 1), (3, 97), (97, 3), (80, 20), (40, 60)]
    lines = [re.sub(r"^(  br i1 .*?)(, !llvm\.loop.*)?$",
                    lambda m: "%s, !prof !%d%s" % (m[1], 9000 + dice.randrange(len(nodes)), m[2] or ""), line)
             for line in text.splitlines()]
    lines += ['!%d = !{!"branch_weights", i32 %d, i32 %d}' % (9000 + i, a, b)
              for i, (a, b) in enumerate(nodes)]
    return "\n".join(lines) + "\n"


for seed in range(int(sys.argv[5]), int(sys.argv[6]) + 1):
    base = os.path.join(folder, "seed%d" % seed)
    with open(base + ".c", "w") as file:
        file.write(python("random-branches.py", str(seed)))
    run(clang, "-O1", "-fno-vectorize", "-w", "-S", "-emit-llvm", base + ".c", "-o", base + ".plain.ll")
    with open(base + ".plain.ll") as file:
        text = weigh(file.read(), seed)
    with open(base + ".ll", "w") as file:
        file.write(text)
    run(clang, "-w", base + ".plain.ll", "-o", base + ".0")
    expected = run(base + ".0").stdout
    assert len(expected) > 1000
    sites = run(*opt.split(), "-disable-output", "-passes=print<speciate-sites>", base + ".ll").stderr
    for operator in sys.argv[7:]:
        genome = python("genome.py", "--functions=f.*", operator + " .*", input=sites)
        with open(base + ".genome", "w") as file:
            file.write(genome)
        said = run(*opt.split(), "-S", "-passes=function(speciate-apply<genome=%s.genome>),verify" % base,
                   base + ".ll", "-o", base + ".1.ll", "-pass-remarks=speciate-apply").stderr
        run(*opt.split(), "-S", "-passes=" + LATE, base + ".1.ll", "-o", base + ".2.ll")
        same = True
        for stage in "12":
            run(clang, "-w", "%s.%s.ll" % (base, stage), "-o", base + ".done")
            done = subprocess.run([base + ".done"], text=True, capture_output=True, timeout=100)
            same = same and done.returncode == 0 and done.stdout == expected
        print("seed %d %s: %d genes, %s" % (seed, operator, len(re.findall("^remark", said, re.M)),
                                            "same output" if same else "ANOTHER OUTPUT"))
