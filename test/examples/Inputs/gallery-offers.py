# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""gallery-offers.py TOOLS SOURCE FOLDER NAME SEED COMMAND

Prints the search space of a program of the gallery in its variation SEED,
trained on COMMAND.
"""
import os
import subprocess
import sys

tools, source, folder, name, seed, command = sys.argv[1:]
environment = dict(os.environ, SPECIATE_STORE=os.path.join(folder, "store"))
subprocess.run([sys.executable, os.path.join(source, "examples/gallery/generate"), name,
                "--seed", seed, "--output", folder], check=True)
files = [f for f in sorted(os.listdir(folder)) if f.endswith((".c", ".cpp"))]
compiler = "speciate-c++" if files[0].endswith(".cpp") else "speciate-cc"
subprocess.run([os.path.join(tools, compiler), "-O2", "-o", "program"] + files,
               check=True, cwd=folder, env=environment)
subprocess.run([os.path.join(tools, "speciate-genome-fuzz"), "--list",
                os.path.join(folder, "program"), "--train", command],
               check=True, env=environment)
