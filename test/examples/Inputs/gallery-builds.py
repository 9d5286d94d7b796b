# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""gallery-builds.py SOURCE FOLDER CLANG SEED...

Builds every program of the gallery in its variations and runs its check
commands, and fails unless they say the same twice, and something else for other
work.
"""
import os
import subprocess
import sys

source, folder, clang, *seeds = sys.argv[1:]
gallery = os.path.join(source, "examples", "gallery")


def conf(name, variable):
    script = '. "$1"; printf "%s\\0" "${' + variable + '[@]}"'
    path = os.path.join(gallery, name, "example.conf")
    out = subprocess.run(["bash", "-c", script, "-", path], check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    return [word for word in out.split("\0") if word]


programs = sorted(n for n in os.listdir(gallery)
                  if os.path.exists(os.path.join(gallery, n, "example.conf")))
for name in programs:
    for key in ("train", "holdout", "hostile", "check", "operators", "rewrite"):
        assert conf(name, key), "%s has no %s" % (name, key)
    assert conf(name, "train") != conf(name, "holdout"), name
    for seed in seeds:
        here = os.path.join(folder, name, seed)
        subprocess.run([sys.executable, os.path.join(gallery, "generate"), name,
                        "--seed", seed, "--output", here], check=True)
        files = [os.path.join(here, f) for f in sorted(os.listdir(here))]
        compiler = clang + "++" if any(f.endswith(".cpp") for f in files) else clang
        program = os.path.join(here, "program")
        subprocess.run([compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-o", program] +
                       [f for f in files if not f.endswith(".h")], check=True)
        said = []
        for command in conf(name, "check"):
            runs = [subprocess.run(command.replace("{}", program), shell=True,
                                   check=True, stdout=subprocess.PIPE).stdout
                    for _ in range(2)]
            assert runs[0] == runs[1], "%s: %s: not the same twice" % (name, command)
            said.append(runs[0])
        assert len(set(said)) == len(said), "%s: other work, same answer" % name
print("programs %d, variations %d" % (len(programs), len(seeds)))
