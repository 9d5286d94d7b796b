# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""planted.py TOOLS SRC WORK SEEDS BUDGET

For each seed of "1,2,3": varies the three planted programs by the seed, runs a
campaign on each with that seed and default options, and prints the lower bounds
over pgo_lto_bolt on train and holdout; then the same on predictable input.
"""
import json
import os
import subprocess
import sys

tools, src, work, seeds, budget = sys.argv[1:6]
PROGRAMS = {
    "filter": ("random", "sorted"),
    "search": ("random", "sorted"),
    "helper": ("layers", "scrolls"),
}
environment = dict(os.environ, SPECIATE_STORE=work + "/store")


def run(*command, cwd=None):
    done = subprocess.run(command, env=environment, capture_output=True,
                          text=True, cwd=cwd)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")


def optimize(program, kind, seed):
    report = f"{program}-{kind}.json"
    run(f"{tools}/speciate", "optimize", program, "--train", f"{{}} {kind} 1",
        "--holdout", f"{{}} {kind} 2", "--budget", budget, "--seed", str(seed),
        "-o", program + ".out", "--json", report)
    with open(report) as file:
        return json.load(file)


for seed in seeds.split(","):
    won = unchanged = 0
    for name, (varied, predictable) in PROGRAMS.items():
        folder = f"{work}/{name}-{seed}"
        run(sys.executable, f"{src}/examples/planted/generate", name, "--seed",
            seed, "--output", folder)
        sources = sorted(f for f in os.listdir(folder) if f.endswith(".c"))
        run(f"{tools}/speciate-cc", "-O2", *sources, "-o", name, cwd=folder)
        report = optimize(f"{folder}/{name}", varied, seed)
        lows = [c["ci95"][0] for c in report["comparisons"]
                if c["baseline"] == "pgo_lto_bolt"]
        good = report["verdict"] == "improved" and lows and min(lows) > 1.3
        won += good
        print(f"seed {seed} {name}: {report['verdict']}, lower bounds over "
              f"pgo_lto_bolt {[round(low, 3) for low in lows]}", flush=True)
        calm = optimize(f"{folder}/{name}", predictable, seed)
        unchanged += calm["verdict"] == "unchanged"
        print(f"seed {seed} {name}, predictable: {calm['verdict']}", flush=True)
    print(f"seed {seed}: {won} of 3 above 1.3, {unchanged} of 3 unchanged",
          flush=True)
