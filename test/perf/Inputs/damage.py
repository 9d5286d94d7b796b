# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""damage.py SPECIATE OPT PLUGIN PROGRAM TRAIN FOLDER

Damages the IR of the hottest regions that have windows in every way that
PLUGIN knows, at the most executed places, and lets the arena verify the result.
Damage that is replayed must
be shown to change no value. Prints one line a damage, then how many kinds were possible anywhere and which
damages were missed.
"""
import os
import re
import subprocess
import sys

speciate, opt, plugin, program, train, folder = sys.argv[1:]
REGIONS, SITES = 4, 2


def run_opt(text, source, output, check=True):
    return subprocess.run(
        [opt, "-load-pass-plugin=" + plugin, "-passes=function(speciate-damage<%s>)" % text,
         source, "-o", output], capture_output=True, text=True, check=check)


def arena(region, *words):
    done = subprocess.run(
        [speciate, "arena", program, "--region", region, "--train", train, *words],
        capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


listing = subprocess.run([speciate, "arena", program, "--region", "?", "--train", train],
                         capture_output=True, text=True).stderr
regions = re.search(r"no region '\?'; there are (.*)", listing).group(1).split()[:REGIONS]
slice_file = os.path.join(folder, "slice.bc")
empty = os.path.join(folder, "empty")
trap = os.path.join(folder, "trap.bc")
open(empty, "w").close()
kinds, possible, missed = [], set(), []
for region in regions:
    text = arena(region, "--variant", empty, "--slice-output", slice_file)
    if "no windows" in text:
        print(text.strip())
        continue
    assert re.search(r"variant 1, .*: replayed", text), text
    kinds = run_opt("list", slice_file, os.devnull).stdout.split()
    assert len(set(kinds)) >= 20, kinds
    damaged = []
    for kind in kinds:
        for site in range(SITES):
            path = os.path.join(folder, "%s.%s.%d.bc" % (region, kind, site))
            done = run_opt("%s;%d" % (kind, site), slice_file, path, check=False)
            said = done.stderr
            if "no site" in said:
                break
            # What the verifier of IR refuses, no compiler would get away with.
            if done.returncode and ("does not dominate" in said or
                                    "multiple entries for the same" in said):
                continue
            assert done.returncode == 0, said
            possible.add(kind)
            damaged.append((kind, site, path, said.strip()))
    if not damaged:
        continue
    words = [w for d in damaged for w in ("--slice", d[2])]
    text = arena(region, *words)
    for kind, site, path, said in damaged:
        verdict = re.search(r"variant \d+, %s: ([a-z-]+)(.*)" % re.escape(path), text)
        assert verdict, text
        print("%s %s %d: %s%s   (%s)" % (region, kind, site, *verdict.groups(), said))
        if verdict.group(1) != "replayed":
            continue
        # Perhaps it changed nothing on this data: then the trap is not reached.
        said = run_opt("%s;%d;trap" % (kind, site), slice_file, trap).stderr
        if "no trap" not in said and ": replayed" in arena(region, "--slice", trap):
            print("  which never has another value here")
            continue
        missed.append("%s %s %d" % (region, kind, site))
print("kinds possible:", len(possible))
print("missed:", ", ".join(missed) or "none")
