# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run.py TOOLS FLAG...: builds the program here with speciate-cc and FLAGs in the
current folder, and runs it in the arena with every image (run-images.py)."""
import os
import subprocess
import sys

tools, *flags = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))


def do(*words):
    subprocess.run(words, check=True)


do(tools + "/speciate-cc", "-O2", *flags, here + "/main.c", here + "/hot.c", "-o", "program")
do(tools + "/speciate", "optimize", "program", "--train", "{} 20000", "--budget", "0",
   "-o", "out", "--recipe", "recipe")
os.mkdir("work")
do(sys.executable, here + "/../run-images.py", tools + "/speciate",
   os.path.abspath("program"), "recipe", "rt.o", "work", "entered", "{} 1000",
   "interpret", "classify", "search", "copies")
