# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run-images.py SPECIATE PROGRAM RECIPE RUNTIME FOLDER WORK COMMAND REGION...

Builds the arena program of PROGRAM, with its own runtime, which has nothing to
do, and with RUNTIME (small-runtime.c). Of the latter runs COMMAND ("{}" is the
program) without any image and then with the image of each REGION in its place,
at every start offset. All give the output of PROGRAM. Prints what it did.
WORK: "entered", or "marked" to stop at the first pass of the marked loop too.
"""
import os
import re
import subprocess
import sys

speciate, program, recipe, runtime, folder, work, command = sys.argv[1:8]
regions = sys.argv[8:]
arena = os.path.join(folder, "arena")


def tool(*words, runtime=("--runtime", runtime)):
    return subprocess.run([speciate, "arena", *words, "--recipe", recipe, *runtime],
                          check=True, stdout=subprocess.PIPE).stdout.decode()


def run(path, **env):
    done = subprocess.run("setarch -R sh -c " + "'" + command.replace("{}", path) + "'",
                          shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, **env}, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr.decode()


listing = tool("program", program, "-o", arena)
print(listing, end="")
names = re.findall(r"^region \d+ (\S+)", listing, re.M)
expected = run(program)[:2]
assert expected[0] == 0, expected
assert run(arena)[:2] == expected, "the arena program behaves differently"
tool("program", program, "-o", arena + ".real", runtime=())
assert run(arena + ".real")[:2] == expected, "with the real runtime it does"
description = os.path.join(folder, "describe")
code, _, err = run(arena, TEST_DESCRIBE=description)
assert code == 0, err
with open(description) as file:
    facts = file.read()
assert re.search(r"^external [0-9a-f]{4,} memcpy$", facts, re.M), facts

for wanted in regions or names:
    matching = [n for n in names if re.fullmatch(wanted + r"(\.speciate\.\d+)?", n)]
    assert matching, "no region " + wanted
    name = matching[0]
    assert re.search(r"^region .* " + re.escape(name) + "$", facts, re.M), facts
    for offset in ("0", "16", "32", "48"):
        image = os.path.join(folder, "image")
        placed = tool("image", program, "--function", name, "--describe", description,
                      "--offset", offset, "-o", image)
        first = open(image, "rb").read()
        tool("image", program, "--function", name, "--describe", description,
             "--offset", offset, "-o", image)
        assert first == open(image, "rb").read(), "two links of one image differ"
        base, size, entry, eh = re.search(
            r"base (\S+) bytes (\d+) entry (\S+) text \d+ eh-frame (\S+) ", placed).groups()
        assert int(entry, 16) % 64 == int(offset), placed
        assert len(first) == int(size)
        env = {"TEST_IMAGE": image, "TEST_BASE": base, "TEST_ENTRY": entry,
               "TEST_EHFRAME": eh, "TEST_REGION": "%x" % names.index(name)}
        code, out, err = run(arena, **env)
        assert (code, out) == expected, (name, offset, code, err)
        assert "the image was entered" in err, (name, err)
        if work == "marked":
            assert "marker" in placed, placed
            code, _, err = run(arena, **env, TEST_MARKER="1")
            assert code == 77, (name, code, err)
            code, out, _ = run(arena, **env, TEST_MARKER="7fffffffffffff")
            assert (code, out) == expected
    print("image of", name, "good")
