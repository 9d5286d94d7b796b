# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""relinks.py TOOLS LLVM-BIN FOLDER PROGRAM COMMAND

COMMAND, with {} for PROGRAM, must do the same (exit code, standard output and
error) with every program that is made from PROGRAM's record: unit by unit at
-O3; instrumented; with its profile merged into one module by lld's LTO
(pgo_lto); and merged, cut into regions and linked by our own pipeline (the
winner with the empty genome). If PROGRAM is a shared object, {} is the folder
that it is in; COMMAND puts that into LD_LIBRARY_PATH.
"""
import glob
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from recipefile import content_hash, packed

tools, llvm, folder, program, command = sys.argv[1:]
speciate = tools + "/speciate"
library = os.path.basename(program) if ".so" in program else ""


def run(path, **more):
    env = dict(os.environ, **more)
    env.pop("LD_LIBRARY_PATH", None)
    where = os.path.dirname(path) if library else path
    done = subprocess.run(["sh", "-c", command.replace("{}", where)], env=env,
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout, done.stderr


def output(kind):
    """A library keeps its name."""
    path = os.path.join(folder, kind, library) if library else \
        os.path.join(folder, kind)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def tool(*words):
    done = subprocess.run([speciate, *words], capture_output=True, text=True)
    if done.returncode:
        print("speciate", *words)
        print(done.stdout, done.stderr)
        sys.exit(1)


def compare(kind, path, expected, **more):
    found = run(path, **more)
    if found != expected:
        print(f"{kind}: {command}\noriginal: {expected}\nrelinked: {found}")
        sys.exit(1)


expected = run(os.path.abspath(program))
if expected != run(os.path.abspath(program)):
    sys.exit("the original is not deterministic")
if not (expected[1] or expected[2]):
    sys.exit("the original says nothing")

tool("record", "relink", program, "-o", output("relinked"))
compare("record relink", output("relinked"), expected)

profiles = os.path.join(folder, "profiles")
tool("instrument", program, "-o", output("instrumented"))
compare("instrumented", output("instrumented"), expected,
        SPECIATE_PROFILE_DIR=profiles)
merged = os.path.join(folder, "merged.profdata")
tool("profile", "merge", *sorted(glob.glob(profiles + "/*")), "-o", merged)
with open(merged, "rb") as file:
    profile = file.read()
version = subprocess.run([llvm + "/llvm-config", "--version"], check=True,
                         capture_output=True, text=True).stdout.strip()
recipe = {"schema": "speciate.recipe/1", "program": os.path.basename(program),
          "record": "", "toolchain": "LLVM " + version, "cpu": "", "genome": "",
          "genes": [], "code": "",
          "profile": packed(profile, content_hash(profile, llvm)),
          "bolt_profile": packed(b"", content_hash(b"", llvm))}
for kind in ("pgo_lto", "winner"):
    name = os.path.join(folder, kind + ".recipe")
    with open(name, "w") as file:
        json.dump(dict(recipe, ships=kind), file)
    tool("link", program, "--recipe", name, "-o", output(kind))
    compare(kind, output(kind), expected)
print(f"{len(expected[1])} bytes of output as before")
