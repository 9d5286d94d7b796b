# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""layouts.py SPECIATE BINDIR MAKE-RECIPE PROGRAM BASE-RECIPE FOLDER < CHOICES

Links PROGRAM with each choice of layout-form ("nothing" comes first), checks that it does what PROGRAM
does, and prints what can be seen of the layout: whether BOLT made it, the cold
parts, the order of the functions, where `even` is and what its line table says,
and which earlier choice gave the same code.
"""
import os
import shutil
import subprocess
import sys

speciate, bindir, make_recipe, program, base, folder = sys.argv[1:]
functions = ("main", "step", "even", "odd", "last")


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)
    assert "no-op" not in done.stderr, done.stderr
    return done.stdout


digests = {}
expected = output(program, "5000")
for choice in sys.stdin.read().split():
    recipe, made = folder + "/a.recipe", folder + "/made"
    output(sys.executable, make_recipe, os.environ["SPECIATE_STORE"], base,
           recipe, "winner", *([] if choice == "nothing" else
                               [choice, bindir, folder + "/plain"]))
    output(speciate, "link", program, "--recipe", recipe, "-o", made)
    if choice == "nothing":
        shutil.copy(made, folder + "/plain")
    assert output(made, "5000") == expected, choice
    symbols = [line.split() for line in
               output(bindir + "/llvm-nm", "-n", made).splitlines()]
    # "step.speciate.5": a region has a symbol of its own.
    names = {s[-1]: s[-1].split(".speciate.")[0] for s in symbols}
    symbols = [(s[-1], int(s[0], 16)) for s in symbols if len(s) == 3]
    hot = {name for name, own in names.items()
           if own in functions and ".cold." not in name}
    order = [names[name] for name, _ in symbols if name in hot]
    even = next(a for name, a in symbols if names[name] == "even")
    where = output(bindir + "/llvm-symbolizer", "--obj=" + made, hex(even))
    cold = [name for name, _ in symbols if ".cold." in name]
    sections = output(bindir + "/llvm-readelf", "-S", made)
    dump = output(bindir + "/llvm-objdump", "-d", "--no-show-raw-insn",
                  "--no-leading-addr", "--disassemble-symbols=" +
                  ",".join(hot), made)
    jumps = sum("\tj" in line for line in dump.splitlines())
    print(f"{choice}: {'bolt' if '.bolt.org' in sections else 'lld'}, "
          f"{'cold parts' if cold else 'whole functions'}, "
          f"{' '.join(order)}, {jumps} jumps, even at {even % 64} mod 64 "
          f"from {os.path.basename(where.split()[1]).split(':')[0]}, "
          f"as {digests.setdefault(dump, choice)}")
