# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""damage.py SPECIATE FOLDER FILE...: cuts and flips files of every kind, merges and
shows them beside an undamaged one, and wants that never to fail: a damaged file is
used, as far as it makes sense, or skipped and named."""
import json
import os
import random
import shutil
import subprocess
import sys

speciate, folder = sys.argv[1:3]
seed = int(os.environ.get("SPECIATE_TEST_SEED", "1"))
rounds = int(os.environ.get("SPECIATE_TEST_ROUNDS", "24"))


# Where the runtime's files have the number of the run, of which each counts once.
RUN = {".speciateprof": 152, ".speciatedetail": 136}


def another_run(data, suffix, i):
    at = RUN.get(suffix)
    return data[:at] + (i + 1).to_bytes(8, "little") + data[at + 8:] if at else data


def damage(data, rng):
    kind = rng.randrange(5)
    if kind == 0:
        return data[:rng.randrange(len(data))]
    data = bytearray(data)
    if kind == 1:  # A few bits, most of them near the beginning, where the sizes are.
        for _ in range(rng.randrange(1, 6)):
            end = rng.choice((len(data), min(len(data), 512)))
            data[rng.randrange(end)] ^= 1 << rng.randrange(8)
    elif kind == 2:  # A number becomes another.
        at = rng.randrange(max(1, min(len(data), 1024) - 8)) & ~7
        data[at:at + 8] = rng.choice((0, 1, 8, 255, 1 << 31, 1 << 63, (1 << 64) - 1, len(data))).to_bytes(8, "little")
    elif kind == 3:  # A piece becomes zeros, as after a crash of the machine.
        at = rng.randrange(len(data))
        data[at:at + 4096] = bytes(len(data[at:at + 4096]))
    else:  # A piece is missing.
        at = rng.randrange(len(data))
        del data[at:at + rng.randrange(1, 64)]
    return bytes(data)


def run(*words):
    done = subprocess.run([speciate, "profile", *words], capture_output=True, text=True, errors="replace")
    # 0: something was usable; 1: nothing was. All else is a crash.
    assert done.returncode in (0, 1), (words, done.returncode, done.stderr[-2000:])
    return done


for path in sys.argv[3:]:
    # A perf.data file keeps its name: its kind shows in its first bytes alone.
    suffix = os.path.basename(path)[os.path.basename(path).index("."):]
    with open(path, "rb") as file:
        data = file.read()
    rng = random.Random(f"{seed} {suffix}")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    names = []
    for i in range(rounds):
        names.append(os.path.join(folder, f"{i:03}{suffix}"))
        with open(names[-1], "wb") as file:
            file.write(damage(another_run(data, suffix, i), rng))
    good = os.path.join(folder, "good" + suffix)
    shutil.copy(path, good)
    # All at once: those that cannot be used are named, the good one is used.
    merged = run("merge", *names, good, "-o", folder + "/merged")
    assert merged.returncode == 0, merged.stderr
    skipped = merged.stderr.count(": skipped ")
    shown = json.loads(run("show", "--json", *names, good).stdout)
    assert len(shown["skipped"]) == skipped, (path, skipped, shown["skipped"])
    # Of perf.data most of the records are usable whatever happens to the others.
    assert skipped >= (1 if suffix == ".perf.data" else rounds // 4), (path, skipped)
    print(f"{suffix}: {skipped} of {rounds} skipped")
    # Some alone: nothing to hide behind.
    for name in names[:4]:
        done = run("show", name)
        assert done.returncode == 0 or "speciate: error: " in done.stderr, (name, done)
