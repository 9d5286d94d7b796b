# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""real.py record|by-hand bzip2|lua5.4|sqlite3 SOURCES OUT CLANG [PROFILE]

Builds a real program from its Debian sources in the new folder OUT:
record:  as a user would, with CLANG = speciate-cc; OUT/program
by-hand: the second of the two builds of clang's own PGO and full LTO, with
         PROFILE; OUT/program
"""
import glob
import os
import shutil
import subprocess
import sys

how, name, sources, out, clang = sys.argv[1:6]
flags = {
    "bzip2": ["-D_FILE_OFFSET_BITS=64"],
    "lua5.4": ["-std=gnu99", "-DLUA_COMPAT_5_3", "-DLUA_USE_LINUX"],
    "sqlite3": ["-DSQLITE_THREADSAFE=1", "-DSQLITE_ENABLE_FTS4", "-DSQLITE_ENABLE_RTREE",
                "-DSQLITE_ENABLE_COLUMN_METADATA", "-DHAVE_USLEEP=1",
                "-DSQLITE_MAX_VARIABLE_NUMBER=250000"],
}[name]
link = {"bzip2": [], "lua5.4": ["-lm", "-ldl", "-Wl,-E"],
        "sqlite3": ["-lm", "-ldl", "-lpthread"]}[name]
main = {"bzip2": "bzip2.c", "lua5.4": "lua.c", "sqlite3": "shell.c"}[name]
# Programs of their own.
others = {"bzip2recover.c", "dlltest.c", "mk251.c", "spewG.c", "unzcrash.c", "luac.c"}

folder = os.path.join(sources, name, "src" if name == "lua5.4" else "")
shutil.rmtree(out, ignore_errors=True)
os.makedirs(out)
if name == "sqlite3":  # the amalgamation, as examples/sqlite makes it
    made = os.path.join(out, "amalgamation")
    os.makedirs(made)
    for command in ([os.path.join(os.path.abspath(folder), "configure"), "--disable-tcl"],
                    ["make", "sqlite3.c", "shell.c"]):
        subprocess.run(command, cwd=made, check=True, stdout=subprocess.DEVNULL)
    for file in ("sqlite3.c", "sqlite3.h", "shell.c"):
        shutil.copy(os.path.join(made, file), out)
    folder = None
for path in glob.glob(os.path.join(folder, "*.[ch]")) if folder else []:
    if os.path.basename(path) not in others:
        shutil.copy(path, out)
if name == "lua5.4":  # Debian's build writes this header.
    with open(os.path.join(out, "lua5.4-deb-multiarch.h"), "w") as header:
        header.write('#define DEB_HOST_MULTIARCH "x86_64-linux-gnu"\n')


def run(*command):
    subprocess.run(command, cwd=out, check=True)


if how == "by-hand":
    flags += ["-O3", "-flto=full", "-fprofile-use=" + os.path.abspath(sys.argv[6])]
    link += ["-O3", "-flto=full", "-fuse-ld=lld"]
else:
    flags += ["-O2"]
units = sorted(os.path.basename(p)[:-2] for p in glob.glob(os.path.join(out, "*.c")))
for unit in units:
    run(clang, *flags, "-c", unit + ".c", "-o", unit + ".o")
# Objects and no archive: in which order members are extracted depends on the
# order of the symbols in what refers to them, which LTO changes.
others = [u + ".o" for u in units if u + ".c" != main]
run(clang, main[:-2] + ".o", *others, *link, "-o", "program")
