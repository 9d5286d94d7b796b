# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""effects.py OPT LLC CLANG STAGE FOLDER

Compiles the C functions in FOLDER to IR. For every choice of backend-form that
is offered for one of them: names it if `speciate-stage region` gives all of them
the objects that it gives without the choice; and names each LLVM option of the
choice if code generation gives all of them the same without that option.
"""
import glob
import os
import re
import subprocess
import sys

opt, llc, clang, stage, folder = sys.argv[1:]


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, (command, done.stderr)
    return done


def write(name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)
    return os.path.join(folder, name)


def region(ir, genes):
    """The object of a region with these genes."""
    out, report = os.path.join(folder, "o"), os.path.join(folder, "report")
    run(stage, "region", "--in", ir, "--genome", write("genome", genes),
        "--pic", "0", "--out", out, "--report", report)
    with open(report) as file:
        assert '"no_ops":[]' in file.read().replace(" ", ""), (ir, genes)
    with open(out, "rb") as file:
        return file.read()


def code(ir, options):
    return run(llc, "-O3", "-o", "-", ir, *options).stdout


def options_of(ir, gene):
    """What apply reports that it hands to code generation."""
    remarks = os.path.join(folder, "remarks")
    run(*opt.split(), "-disable-output", "-pass-remarks-output=" + remarks,
        f"-passes=speciate-apply<genome={write('genome', gene)}>", ir)
    with open(remarks) as file:
        return re.findall(r"'(-[^']*)'", file.read())


sites, choices = {}, {}
for source in sorted(glob.glob(os.path.join(folder, "*.c"))):
    ir = source[:-2] + ".ll"
    with open(source) as file:
        flags = re.search("^// flags: (.*)$", file.read(), re.M)
    run(clang, *(flags.group(1).split() if flags else []), "-O1", "-fno-vectorize", "-fno-slp-vectorize", "-S", "-emit-llvm",
        source, "-o", ir)
    printed = run(*opt.split(), "-disable-output",
                  "-passes=print<speciate-sites>", ir).stderr
    site = None
    for line in printed.splitlines():
        if line.startswith("region/"):
            site = line.split()[0]
        found = re.search(r"backend-form (\S+)", line)
        if found:
            sites[ir] = site
            choices.setdefault(found.group(1), []).append(ir)

options = 0
for choice, offered in sorted(choices.items()):
    genes = {ir: f"{sites[ir]} backend-form {choice}\n" for ir in offered}
    changed = [ir for ir in offered if region(ir, genes[ir]) != region(ir, "")]
    if not changed:
        print(f"{choice}: no effect")
    every = options_of(offered[0], genes[offered[0]])
    options += len(every)
    for option in every:
        fewer = [o for o in every if o != option]
        if all(code(ir, every) == code(ir, fewer) for ir in sites):
            print(f"{choice}: {option} has no effect")
    names = " ".join(os.path.basename(ir)[:-3] for ir in changed)
    print(f"{choice}: {' '.join(every)}; changes {names}")
print(f"{len(choices)} choices, {options} options")
