# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""damage.py SPECIATE OPT PLUGIN PROGRAM TRAIN FOLDER

Damages the IR of the hottest regions that have windows in every way that
PLUGIN knows, at the most executed places, and lets the arena verify the result.

Damage that is replayed has to be shown harmless in the windows. Either the region
has the same effects before and after the damage, both traced (test/damage/
Trace.h), in the same windows; that the trace sees effects is shown by damage that
was refused. Or the effects were undone: the states at the ends are equal in all
memory, not only in what seems to be written, and no frame of the region is active
there, so that nothing that comes later can tell.

Where frames of the region are active at the ends, neither can be shown by machine;
the few damages for which reading the source shows it are in BY_HAND, with the
reason.

Prints one line a damage, a row of the table for each region, then how many
kinds were possible anywhere and which damages were missed.
"""
import os
import re
import subprocess
import sys

speciate, opt, plugin, program, train, folder = sys.argv[1:]
REGIONS, SITES, CONTROLS = 4, 2, 3
# By function and damaged instruction, as the sources and the training of
# arena-catches-damage.test make them.
BY_HAND = {
    # if (l_unlikely(trap)) at the start of a function: luaD_hookcall sets oldpc,
    # which only hooks read; luaG_traceexec turns the trap off again.
    ("luaV_execute", "%45 = icmp eq i32 %35, 0"):
        "without hooks, the way through the hooks changes nothing that lasts",
    ("luaV_execute", "br i1 %45, label %61, label %46"):
        "without hooks, the way through the hooks changes nothing that lasts",
    ("luaV_execute", "store ptr %3958, ptr %43, align 8"):
        "savedpc is saved too early; whatever reads it has it saved anew",
    # luaD_precall: narg = cast_int(L->top - func) - 1, too small.
    ("auxsort", "%1570 = sub i64 %1568, %1569"):
        "more nils than needed, where the called function's locals begin",
    ("auxsort", "%1571 = lshr exact i64 %1570, 4"):
        "more nils than needed, where the called function's locals begin",
    # numusehash, in rehash: counts keys by size into the local nums, which is
    # dead when the size of the array is decided, and that is the same.
    ("luaH_newkey", "%.v.i = select i1 %421, i32 24, i32 16"):
        "another range counts them, too few to change the array's size",
    ("luaH_newkey", "%412 = icmp ult i64 %411, -2147483648"):
        "more keys are counted, too few to change the array's size",
    ("luaH_newkey", "%423 = select i1 %421, i64 24, i64 16"):
        "another range counts them, too few to change the array's size",
    ("vdbeSorterSort", "store i32 0, ptr %24, align 4"):
        "bCached is cleared too early: a record is unpacked twice",
}


def by_hand(region, said):
    for (name, instruction), reason in BY_HAND.items():
        if region.split(".")[0] == name and instruction in said:
            return reason
    return None


slice_file = os.path.join(folder, "slice.bc")


def run_opt(passes, output, check=True):
    return subprocess.run(
        [opt, "-load-pass-plugin=" + plugin, "-passes=function(%s)" % passes,
         slice_file, "-o", output], capture_output=True, text=True, check=check)


class Arena:
    """Windows of one region, that many questions can be asked about."""

    def __init__(self, region):
        self.process = subprocess.Popen(
            [speciate, "arena", program, "--region", region, "--train", train,
             "--slice-output", slice_file, "--verify-lines"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *slices):
        """Verdict, detail, and how many windows there are."""
        try:
            self.process.stdin.write(" ".join(slices) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline().strip()
        said = re.fullmatch(r"([a-z-]+)(?:: (.*))? \((\d+) windows\)", line)
        if not said:
            self.process.stdin.close()
            self.process.wait()
            return None, line, 0
        return said.group(1), said.group(2) or "", int(said.group(3))

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def damage(region, kind, site, traced):
    """The damaged slice, or None; and what was damaged."""
    path = os.path.join(folder, "%s.%s.%d%s.bc" % (region, kind, site, traced))
    done = run_opt("speciate-damage<%s;%d>%s" % (kind, site, traced), path, check=False)
    said = done.stderr.strip()
    if "no site" in said:
        return None, "no site"
    # What the verifier of IR refuses, no compiler would get away with.
    if done.returncode and ("does not dominate" in said or
                            "multiple entries for the same" in said):
        return None, said
    assert done.returncode == 0, said
    return path, said


listing = subprocess.run([speciate, "arena", program, "--region", "?", "--train", train],
                         capture_output=True, text=True).stderr
regions = re.search(r"no region '\?'; there are (.*)", listing).group(1).split()
open(slice_file, "w").close()
possible, missed, done_regions = set(), [], 0
for region in regions:
    if done_regions == REGIONS:
        break
    arena = Arena(region)
    # The first answer comes when the slice is there.
    verdict, detail, windows = arena.ask(slice_file)
    if verdict is None:
        print(detail, flush=True)
        continue
    assert verdict == "replayed", detail
    done_regions += 1
    traced = os.path.join(folder, region + ".traced.bc")
    run_opt("speciate-trace", traced)
    verdict, detail, _ = arena.ask(traced)
    assert verdict == "unsound", "the trace is not seen"
    verdict, detail, _ = arena.ask(traced, traced)
    assert verdict == "replayed", detail
    kinds = run_opt("speciate-damage<list>", os.devnull).stdout.split()
    assert len(set(kinds)) >= 20, kinds
    count = {"damaged": 0, "refused": 0, "harmless": 0, "undone": 0, "by hand": 0, "missed": 0}
    controls = 0
    for kind in kinds:
        for site in range(SITES):
            path, said = damage(region, kind, site, "")
            if not path:
                if said == "no site":
                    break
                continue
            possible.add(kind)
            count["damaged"] += 1
            verdict, detail, before = arena.ask(path)
            print("%s %s %d: %s %s   (%s)" % (region, kind, site, verdict, detail, said))
            accepted = verdict == "replayed"
            assert verdict and verdict != "unsupported", detail
            if not accepted:
                count["refused"] += 1
                # Of a run that did not end there is nothing to compare.
                if verdict != "unsound" or controls == CONTROLS:
                    continue
                controls += 1
            other, _ = damage(region, kind, site, ",speciate-trace")
            verdict, detail, after = arena.ask(traced, other)
            if not accepted:
                assert verdict != "replayed", "the trace is blind"
            elif verdict == "replayed" and before == after:
                count["harmless"] += 1
                print("  which has no other effect here")
            else:
                print("  whose effects differ: %s %s" % (verdict, detail))
                verdict, detail, after = arena.ask("everything", path)
                if verdict == "replayed" and before == after:
                    count["undone"] += 1
                    print("  but are undone")
                elif by_hand(region, said):
                    count["by hand"] += 1
                    print("  but harmlessly:", by_hand(region, said))
                else:
                    count["missed"] += 1
                    missed.append("%s %s %d" % (region, kind, site))
                    print("  and may last: %s %s" % (verdict, detail))
            sys.stdout.flush()
    arena.close()
    print("| %s | %d | %d | %d | %d | %d | %d | %d |" % (region, windows, *count.values()), flush=True)
print("kinds possible:", len(possible))
print("missed:", ", ".join(missed) or "none")
