# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""rank-program.py CLANG TOOLS INPUTS NAME: builds INPUTS/NAME.c with a detailed
region and plain, runs the first, the second under cachegrind, and compares."""
import os
import subprocess
import sys

clang, tools, inputs, name = sys.argv[1:5]
source = f"{inputs}/{name}.c"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    return done.stdout


run(clang, "-O1", "-gdwarf-4", "-DREGION", "-DNOISE", "-fno-unroll-loops", "-S", "-emit-llvm", source,
    "-o", f"{name}.ll")
run(clang, "-O1", "-c", source, "-o", f"{name}.main.o")
run(clang, "-O1", f"{name}.main.o", f"{name}.ll", "-o", f"{name}.plain")
run(f"{tools}/speciate-stage", "detail", "--in", f"{name}.ll", "--folder",
    f"{os.getcwd()}/{name}.detail", "--pic", "1", "--out",
    f"{name}.o")
run(clang, "-fuse-ld=lld", f"{name}.main.o", f"{name}.o",
    f"{tools}/../lib/speciate_detail_rt.o", "-o", name)
if run(f"./{name}") != run(f"./{name}.plain"):
    sys.exit("the outputs differ")
run(f"{tools}/speciate-stage", "merge-detail", "--in", f"{name}.detail", "--out", f"{name}.txt")
run("valgrind", "--tool=cachegrind", "--branch-sim=yes", "--cache-sim=no",
    f"--cachegrind-out-file={name}.cg", f"./{name}.plain")
print(run(sys.executable, f"{inputs}/rank-lines.py", f"{name}.txt", f"{name}.cg", f"{name}.c"),
      end="")
