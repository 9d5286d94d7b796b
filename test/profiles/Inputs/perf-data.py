# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""perf-data.py SPECIATE NM PROGRAM FOLDER: writes perf.data files about jumps.s as
`perf record -b` does, and compares what is read from them with what was written.
The format is that of Linux' tools/perf and include/uapi/linux/perf_event.h."""
import json
import os
import random
import shutil
import struct
import subprocess
import sys

speciate, nm, program, folder = sys.argv[1:5]
program = os.path.realpath(program)
os.makedirs(folder, exist_ok=True)

IP, TID, TIME, READ, CALLCHAIN, ID, PERIOD, RAW, BRANCHES, IDENTIFIER = (
    1 << 0, 1 << 1, 1 << 2, 1 << 4, 1 << 5, 1 << 6, 1 << 8, 1 << 10, 1 << 11, 1 << 16)
HW_INDEX = 1 << 17
MMAP2, LOST, FORK, SAMPLE, AUXTRACE, COMPRESSED = 10, 2, 7, 9, 71, 81
BASE, PID = 0x55d0c0de0000, 4242


def executable_segment():
    with open(program, "rb") as file:
        elf = file.read()
    at, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        kind, flags, offset, vaddr, _, filesz = struct.unpack_from("<IIQQQQ", elf, at + i * size)
        if kind == 1 and flags & 1:
            return offset, vaddr, filesz
    raise AssertionError("no code")


offset, vaddr, filesz = executable_segment()
page = offset & ~0xfff
symbols = {}
for line in subprocess.run([nm, program], check=True, capture_output=True, text=True).stdout.splitlines():
    words = line.split()
    symbols[words[-1]] = int(words[0], 16) if len(words) == 3 else 0


def run_time(name):
    """The address of a symbol in the process."""
    return symbols[name] - vaddr + offset - page + BASE


def record(kind, body, misc=2):
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def mapping(pid=PID, path=program, build_id=b""):
    ids = struct.pack("<IIQQ", 8, 1, 77, 0)
    if build_id:
        ids = struct.pack("<BBH20s", len(build_id), 0, 0, build_id)
    return record(MMAP2, struct.pack("<IIQQQ", pid, pid, BASE, filesz + offset - page, page) + ids
                  + struct.pack("<II", 5, 2) + path.encode() + b"\0", 2 | (1 << 14 if build_id else 0))


def sample(branches, what, pid=PID, event=1):
    """branches: (from, to, wrong), in the order in which they ran."""
    body = b""
    if what & IDENTIFIER:
        body += struct.pack("<Q", event)
    if what & IP:
        body += struct.pack("<Q", branches[-1][1] if branches else BASE)
    if what & TID:
        body += struct.pack("<II", pid, pid)
    if what & TIME:
        body += struct.pack("<Q", 123456789)
    if what & ID:
        body += struct.pack("<Q", event)
    if what & PERIOD:
        body += struct.pack("<Q", 1000)
    if what & READ:  # Grouped, with ids: two values.
        body += struct.pack("<QQQQQ", 2, 11, 1, 12, 2)
    if what & CALLCHAIN:
        body += struct.pack("<QQQ", 2, BASE, BASE + 1)
    if what & RAW:
        body += struct.pack("<I12s", 12, b"raw")
    if what & BRANCHES:
        body += struct.pack("<Q", len(branches))
        if what & HW_INDEX:
            body += struct.pack("<Q", 3)
        for f, t, wrong in reversed(branches):
            body += struct.pack("<QQQ", f, t, 1 if wrong else 2)
    return record(SAMPLE, body)


def perf(events, records, build_ids=(), size=None, order="<", header=104):
    """events: (sample type, ids)."""
    attr_size, at = 136, 104
    ids, attrs = b"", b""
    ids_at = at + len(events) * (attr_size + 16)
    for what, known in events:
        attr = struct.pack("<IIQQQQQIIQQQ", 0, attr_size, 0, 1000, what & 0xffff | what & IDENTIFIER,
                           4 | 8 if what & READ else 4, 0, 1, 0, 0, 0,
                           8 | (HW_INDEX if what & HW_INDEX and what & BRANCHES else 0))
        attrs += attr.ljust(attr_size, b"\0") + struct.pack("<QQ", ids_at + len(ids), 8 * len(known))
        ids += b"".join(struct.pack("<Q", i) for i in known)
    data_at = ids_at + len(ids)
    data = b"".join(records)
    features, behind = 0, b""
    if build_ids:
        features = 1 << 2
        table = b""
        for path, build_id in build_ids:
            name = path.encode() + b"\0"
            name += b"\0" * (-len(name) % 8)
            table += struct.pack("<IHHi20s4s", 0, 2, 36 + len(name), -1, build_id, b"") + name
        behind = struct.pack("<QQ", data_at + len(data) + 16, len(table)) + table
    magic = b"PERFILE2"
    head = magic + struct.pack("<QQQQQQQQ", header, attr_size + 16, at, len(attrs), data_at,
                               len(data) if size is None else size, 0, 0)
    head += struct.pack("<QQQQ", features, 0, 0, 0)
    return head + attrs + ids + data + behind


def stream():
    """The loop of work, 4000 times; then the jump of other."""
    random.seed(7)
    for i in range(4000):
        if random.random() < 0.3:
            yield run_time("inner"), run_time("skip"), random.random() < 0.4
        yield run_time("back"), run_time("head"), random.random() < 0.01
        if i % 50 == 0:  # Neither is taken; work returns, and other jumps back.
            yield run_time("leave"), run_time("other"), False
            yield run_time("through"), run_time("head"), i % 100 == 0


chunks, chunk = [], []
for branch in stream():
    chunk.append(branch)
    if len(chunk) == 16:
        chunks.append(chunk)
        chunk = []

truth = {name: [0, 0, 0] for name in ("inner", "back", "through")}  # taken, wrong, not taken
for chunk in chunks:
    for i, (f, t, wrong) in enumerate(chunk):
        # From the loop's head to its end, or beyond, in one go: not taken.
        whole = i and chunk[i - 1][1] == run_time("head")
        truth["inner"][2] += bool(whole and f in (run_time("back"), run_time("leave")))
        truth["back"][2] += bool(whole and f == run_time("leave"))
        for name in truth:
            if run_time(name) == f:
                truth[name][0] += 1
                truth[name][1] += wrong
lines = {"inner": "/src/first.c:11", "back": "/src/first.c:12", "through": "/src/first.c:20"}


def write(name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def show(path, *options):
    done = subprocess.run([speciate, "profile", "show", "--json", path, *options], capture_output=True, text=True)
    assert done.returncode in (0, 1), (path, done)
    return done


def check(path, *options, factor=1):
    done = show(path, *options)
    assert done.returncode == 0, (path, done.stderr)
    report = json.loads(done.stdout)
    seen = {b["at"]: [b["taken"], b["wrong"], b["not_taken"]] for b in report["hardware"]}
    want = {lines[n]: [factor * c for c in counts] for n, counts in truth.items()}
    assert seen == want, (path, seen, want)
    places = {(b["at"], b["function"], b["conditional"]) for b in report["hardware"]}
    assert places == {(lines["inner"], "work", True), (lines["back"], "work", True),
                      (lines["through"], "other", False)}, places
    for b in report["hardware"]:
        name = next(n for n in lines if lines[n] == b["at"])
        assert b["offset"] == symbols[name] - symbols[b["function"]], b
    return report


def refused(path, message, *options):
    done = show(path, *options)
    assert done.returncode == 1 and message in done.stderr + done.stdout, (path, message, done)


plain = IP | TID | TIME | PERIOD | BRANCHES
full = plain | IDENTIFIER | READ | CALLCHAIN | RAW | ID | HW_INDEX
samples = [sample(c, plain) for c in chunks]
good = perf([(plain, [1])], [mapping()] + samples)
path = write("good.perf.data", good)
report = check(path)
assert report["notes"] == [] and report["skipped"] == []

# Every field, several events of other layouts, records that nobody asked for.
records = [mapping()]
for i, c in enumerate(chunks):
    records.append(sample(c, full, event=5 + i % 2))
    records.append(sample([], IDENTIFIER | IP | TID, event=9))
records.append(record(AUXTRACE, struct.pack("<QQQIIII", 24, 0, 0, 0, 0, 0, 0)) + b"t" * 24)
records.append(record(99, b"unknown"))
records.append(record(LOST, struct.pack("<QQ", 5, 17)))
report = check(write("full.perf.data", perf([(full, [5, 6]), (IDENTIFIER | IP | TID, [9])], records)))
assert any(n.endswith(": 17 samples lost when it was recorded") for n in report["notes"]), report["notes"]

# A forked child runs what its parent mapped; the mapping may come later.
child = [record(FORK, struct.pack("<IIIIQ", 43, PID, 43, PID, 0))] + [sample(c, plain, pid=43) for c in chunks]
check(write("fork.perf.data", perf([(plain, [])], child + [mapping()])))

# Moved since; named by the user.
moved = os.path.join(folder, "elsewhere")
os.makedirs(moved, exist_ok=True)
shutil.copy(program, moved)
gone = write("moved.perf.data", perf([(plain, [])], [mapping(path="/nowhere/" + os.path.basename(program))] + samples))
refused(gone, "none of its branches is in a file that can be read")
check(gone, "--program", os.path.join(moved, os.path.basename(program)))

# Another build.
own = bytes.fromhex("0123456789abcdef0123456789abcdef01234567")
other = bytes.fromhex("ff23456789abcdef0123456789abcdef01234567")
check(write("build.perf.data", perf([(plain, [])], [mapping(build_id=own)] + samples)))
check(write("table.perf.data", perf([(plain, [])], [mapping()] + samples, build_ids=[(program, own)])))
refused(write("stale.perf.data", perf([(plain, [])], [mapping(build_id=other)] + samples)), "another build id")
refused(write("stale-table.perf.data", perf([(plain, [])], [mapping()] + samples, build_ids=[(program, other)])),
        "another build id")

# Merged: weights, and the order does not matter.
out = os.path.join(folder, "merged")
subprocess.run([speciate, "profile", "merge", "2," + path, path.replace("good", "full"), "-o", out], check=True)
check(out, factor=3)
out2 = out + "2"
subprocess.run([speciate, "profile", "merge", path.replace("good", "full"), "2," + path, "-o", out2], check=True)
assert open(out, "rb").read() == open(out2, "rb").read()

# What cannot be used is told, and nothing else is lost.
refused(write("foreign.perf.data", b"2ELIFREP" + good[8:]), "another byte order")
refused(write("pipe.perf.data", good[:8] + struct.pack("<Q", 16)), "written to a pipe")
refused(write("nolbr.perf.data", perf([(IP | TID, [])], [mapping(), sample([], IP | TID)])),
        "no branches were recorded")
refused(write("none.perf.data", perf([(plain, [])], [mapping(), sample([], plain)])), "no sample has branches")
refused(write("zip.perf.data", perf([(plain, [])], [record(COMPRESSED, b"z" * 16)])), "compressed")
refused(write("head.perf.data", good[:60]), "truncated")
killed = json.loads(show(write("killed.perf.data", perf([(plain, [])], [mapping()] + samples, size=0))).stdout)
assert any("truncated" in n for n in killed["notes"]) and killed["hardware"], killed["notes"]
cut = json.loads(show(write("cut.perf.data", good[:len(good) // 2])).stdout)
assert any("truncated" in n for n in cut["notes"]) and cut["hardware"], cut["notes"]
bad = sample(chunks[0], plain)
bad = bad[:40] + struct.pack("<Q", 1 << 60) + bad[48:]
damaged = json.loads(show(write("damaged.perf.data", perf([(plain, [])], [mapping(), bad] + samples))).stdout)
assert any(n.endswith(": 1 damaged records skipped") for n in damaged["notes"]), damaged["notes"]
