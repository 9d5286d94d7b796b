# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bad-facts.py COMMAND...: the command fails on each file; prints why."""
import subprocess
import sys

FILES = [
    None,
    '[[fact]]\nglobal = \n',
    '# nothing\n',
    '[facts]\nglobal = "a"\n',
    '[[fact]]\nvalue = 1\n',
    '[[fact]]\nglobal = "a"\ncall = "b"\nvalue = 1\n',
    '[[fact]]\nfield = "vendor"\nvalue = 1\n',
    '[[fact]]\nfunction = "f"\nvalue = 1\n',
    '[[fact]]\nglobal = "a"\n',
    '[[fact]]\nglobal = "a"\nmin = 3\nmax = 2\n',
    '[[fact]]\nglobal = "a"\nvalue = "x"\ntrap = true\n',
    '[[fact]]\nglob = "a"\nvalue = 1\n',
]
for text in FILES:
    name = "missing.toml"
    if text is not None:
        name = "facts.toml"
        with open(name, "w") as out:
            out.write(text)
    done = subprocess.run(sys.argv[1:] + [name], capture_output=True, text=True)
    if done.returncode != 1:
        sys.exit("exit code %d" % done.returncode)
    print(done.stderr.strip().splitlines()[0])
