# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""twin.py LLVM-BIN TOOLS FOLDER [ONLY-EXISTS...] < CASES

Runs the same commands in two copies of FOLDER/src: FOLDER/them with plain
clang, FOLDER/ours with the wrapper, and fails at the first that gives another
exit code, standard output, standard error, or set of files, or a file with
other contents. A case is a line of sh, with $CC and $CXX:

  COMMAND         clang's exit code must be 0
  ! COMMAND       clang's exit code must not be 0
  ours: COMMAND   in our copy only, not compared; must exit with 0
  them: COMMAND   likewise
  pty: COMMAND    with a terminal as standard output and error; also pty: !
  reset           both copies as they were at first
  # ...

What may differ, and is taken out before the comparison: the name of the copy;
the digits in the names of the driver's temporary objects; one line
"Configuration file:" of a probe; the section with the record in objects and
assembler files. Linked files are not compared but for their kind: cases run
them. ONLY-EXISTS are patterns of files whose contents are not compared (times
are in them). $TMPDIR is a folder of the copy, so that what is left there shows.
"""
import difflib
import fnmatch
import os
import pty
import re
import shutil
import stat
import subprocess
import sys

llvm, tools, root = (os.path.abspath(path) for path in sys.argv[1:4])
only_exists = sys.argv[4:]
record = b".speciate.bc"


def environment(side):
    folder = os.path.join(root, side)
    env = dict(os.environ)
    wrapped = side == "ours"
    env.update(
        CC=tools + "/speciate-cc" if wrapped else llvm + "/clang",
        CXX=tools + "/speciate-c++" if wrapped else llvm + "/clang++",
        LLVM=llvm, TOOLS=tools, LC_ALL="C", TERM="xterm-256color",
        HOME=folder + "/home", TMPDIR=folder + "/tmp",
        SPECIATE_STORE=os.path.join(root, "store"))
    return env


def reset():
    for side in ("them", "ours"):
        shutil.rmtree(os.path.join(root, side), ignore_errors=True)
        shutil.copytree(os.path.join(root, "src"), os.path.join(root, side),
                        symlinks=True)
        for name in ("home", "tmp"):
            os.mkdir(os.path.join(root, side, name))


def run_on_terminal(command, folder, env):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve("/bin/sh", ["sh", "-c", command], env)
    said = b""
    while True:
        try:
            block = os.read(terminal, 65536)
        except OSError:
            break
        if not block:
            break
        said += block
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said, b""


def run(side, command, terminal=False):
    folder, env = os.path.join(root, side), environment(side)
    if terminal:
        code, out, err = run_on_terminal(command, folder, env)
    else:
        done = subprocess.run(["sh", "-c", command], cwd=folder, env=env,
                              stdin=subprocess.DEVNULL, capture_output=True)
        code, out, err = done.returncode, done.stdout, done.stderr
    return code, text(side, out), text(side, err)


def same_place(side, data):
    """Both names are of one length, so this moves nothing."""
    return data.replace(os.path.join(root, side).encode(),
                        os.path.join(root, "****").encode())


def text(side, data):
    data = same_place(side, data)
    # What `mktemp` and the driver append.
    data = re.sub(rb"(tmp/[^\s:'\"]*?)-[0-9a-f]{6}\b", rb"\1-XXXXXX", data)
    return re.sub(rb"(?m)^Configuration file: .*\n", b"", data, count=1)


def without_record(path):
    """An object's bytes after llvm-objcopy has taken the record out, and the
    build id that a relocatable link computes of it."""
    copy = os.path.join(root, "copy.o")
    subprocess.run([llvm + "/llvm-objcopy", "--remove-section=" + record.decode(),
                    "--remove-section=.note.gnu.build-id", path, copy], check=True)
    with open(copy, "rb") as file:
        return file.read()


def assembler_without_record(data):
    lines, skip = [], False
    for line in data.split(b"\n"):
        skip |= line.startswith(b"\t.section\t" + record)
        if line and not skip and b".Lllvm.embedded.object" not in line:
            lines.append(line)
        skip &= not line.startswith(b"\t.size\t.Lllvm.embedded.object")
    return b"\n".join(lines)


known = {}  # Most files do not change; a file with many names is read once.


def contents(side, path):
    status = os.stat(path)
    name = path if status.st_nlink == 1 else os.path.splitext(path)[1]
    key = (side, name, status.st_ino, status.st_size, status.st_mtime_ns)
    if key not in known:
        known[key] = read_contents(side, path)
    return known[key]


def read_contents(side, path):
    with open(path, "rb") as file:
        data = file.read()
    if data.startswith(b"\x7fELF"):
        kind = data[16]
        if kind != 1:
            return b"linked file of kind %d" % kind
        data = without_record(path)
    elif path.endswith((".s", ".S")):
        data = assembler_without_record(data)
    elif data.startswith((b"!<arch>\n", b"!<thin>\n")):
        members = subprocess.run([llvm + "/llvm-ar", "t", path], check=True,
                                 capture_output=True)
        data = b"archive of\n" + members.stdout
    return same_place(side, data)


def snapshot(side):
    top = os.path.join(root, side)
    found = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            relative = re.sub(r"^(tmp/.*)-[0-9a-f]{6}\b", r"\1-XXXXXX",
                              os.path.relpath(path, top))
            mode = os.lstat(path).st_mode
            what = oct(mode)
            if stat.S_ISLNK(mode):
                target = os.readlink(path)
                what += " to " + target if not os.path.isabs(target) else ""
            data = b""
            if stat.S_ISREG(mode) and not any(
                    fnmatch.fnmatch(relative, p) for p in only_exists):
                data = contents(side, path)
            found[relative] = (what, data)
    return found


def fail(command, what, theirs, ours):
    print(f"{command}\n{what} differs: clang's (-), ours (+)")
    if isinstance(theirs, bytes) and b"\0" not in theirs + ours:
        theirs = theirs.decode("utf-8", "replace").splitlines()
        ours = ours.decode("utf-8", "replace").splitlines()
        for line in difflib.unified_diff(theirs, ours, lineterm="", n=1):
            print(line[:400])
    elif isinstance(theirs, bytes):
        at = next((i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b),
                  min(len(theirs), len(ours)))
        print(f"{len(theirs)} and {len(ours)} bytes, first at {at}: "
              f"{theirs[at - 40:at + 80]} and {ours[at - 40:at + 80]}")
    else:
        print("-", theirs, "\n+", ours, sep="")
    sys.exit(1)


def compare(command, terminal=False):
    wanted = "failure" if command.startswith("!") else "success"
    command = command.lstrip("! ")
    theirs, ours = (run(side, command, terminal) for side in ("them", "ours"))
    if (theirs[0] == 0) != (wanted == "success"):
        print(f"{command}\nclang's exit code is {theirs[0]}, no {wanted}")
        print(theirs[1].decode(), theirs[2].decode())
        sys.exit(1)
    # What was said explains another exit code, so it comes first.
    for what, index in (("standard error", 2), ("standard output", 1),
                        ("the exit code", 0)):
        if theirs[index] != ours[index]:
            fail(command, what, theirs[index], ours[index])
    theirs, ours = snapshot("them"), snapshot("ours")
    if sorted(theirs) != sorted(ours):
        fail(command, "the set of files", "\n".join(sorted(theirs)).encode(),
             "\n".join(sorted(ours)).encode())
    for name in theirs:
        for what, index in (("the mode", 0), ("the contents", 1)):
            if theirs[name][index] != ours[name][index]:
                fail(command, f"{what} of {name}", theirs[name][index],
                     ours[name][index])


def one_side(side, command):
    code, out, err = run(side, command)
    if code != 0:
        print(f"{side}: {command}\nexit code {code}")
        print(out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
        sys.exit(1)


reset()
count = 0
for line in sys.stdin.read().splitlines():
    line = line.strip()
    if not line or line.startswith("#"):
        continue
    count += 1
    if line == "reset":
        reset()
    elif line.startswith(("ours:", "them:")):
        one_side(line[:4], line[5:].strip())
    elif line.startswith("pty:"):
        compare(line[4:].strip(), terminal=True)
    else:
        compare(line)
print(f"{count} cases as with clang")
