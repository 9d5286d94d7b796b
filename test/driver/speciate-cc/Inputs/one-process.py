# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""one-process.py SPECIATE-CC LLVM-BIN: see one-process.test."""
import os
import subprocess
import sys

wrapper, llvm = sys.argv[1:]
source = 'a "b" $c\\d\ne.c'
with open(source, "w") as file:
    file.write("int f(int x) { return x + X[0]; }\n")
flags = ["-O1", '-DX="\\"\\\\$ "', "-ffunction-sections", "-c"]


def run(*words, **more):
    return subprocess.run([wrapper, *words], check=True, capture_output=True,
                          **more)


def frames(path):
    sections = subprocess.run([llvm + "/llvm-readelf", "-SW", path], check=True,
                              capture_output=True, text=True).stdout
    return sections.count(".speciate.bc")


def content(path):
    with open(path, "rb") as file:
        return file.read()


run(*flags, source, "-o", "one.o")
# -v is one of the cases with two processes.
run("-v", *flags, source, "-o", "two.o")
assert frames("one.o") == 1
assert content("one.o") == content("two.o")


with open("second.c", "w") as file:
    file.write("int g;\nint h(void) { return g; }\n")
run("-c", "second.c", "-DX=\"\"", source)
assert frames("second.o") == 1 and frames(source[:-1] + "o") == 1
run("-x", "c", "-c", "-", "-o", "in.o", input=b"int k(void) { return 1; }")
assert frames("in.o") == 1

log = os.path.abspath("users.log")
env = dict(os.environ, CC_PRINT_OPTIONS="1", CC_PRINT_OPTIONS_FILE=log)
run("-c", "second.c", env=env)
assert frames("second.o") == 1
assert b"[Logging clang options]" in content(log)
