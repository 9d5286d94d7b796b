# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""genomes.py TOOLS SOURCE FOLDER bzip2|lua GENOMES [SEED]
genomes.py TOOLS SOURCE FOLDER csmith GENOMES FIRST LAST

Runs speciate-genome-fuzz on an example, or on the programs that csmith makes
from the seeds FIRST to LAST, and prints what it found. FOLDER is made anew; it
keeps what went wrong.
"""
import multiprocessing.pool
import os
import re
import shutil
import subprocess
import sys

tools, source, folder, what, genomes = sys.argv[1:6]
fuzz = [os.path.join(tools, "speciate-genome-fuzz"), "--genomes", genomes]
jobs = str(os.cpu_count() or 1)


def example(name, seed):
    run = os.path.join(source, "examples", "run")
    subprocess.run([run, name, "--build-only"], check=True,
                   env=dict(os.environ, EXAMPLES_TOOLS=tools))
    built = os.path.join(source, "build", "examples")
    inputs = os.path.join(built, name, "inputs")
    here = os.path.join(source, "examples", name)
    if name == "bzip2":
        small = os.path.join(folder, "small")
        with open(os.path.join(inputs, "train"), "rb") as file:
            data = file.read()
        with open(small, "wb") as file:
            file.write(data[:60000] + data[-60000:])
        commands = ["--train", "{} -9 -c %s" % small,
                    "--train", "{} -9 -c %s | {} -d -c | cksum" % small,
                    "--check", "{} -1 -c %s | {} -s -d -c | cmp - %s" % (small, small),
                    "--check", "head -c 90000 %s/train-long.bz2 | {} -d -c 2> /dev/null"
                    " | cksum" % inputs]
    else:
        commands = ["--train", "{} %s/numbers.lua 2" % here,
                    "--train", "{} %s/text.lua 2" % here,
                    "--check", "{} %s/check.lua" % here]
    environment = dict(os.environ, SPECIATE_STORE=os.path.join(built, "store"))
    command = fuzz + [os.path.join(built, name, name), "--seed", seed, "-j", jobs,
                      "--per-plan", "20", "--keep", folder] + commands
    return subprocess.run(command, env=environment).returncode


def random_program(seed):
    """(what it says, exit code), or nothing if the program is of no use."""
    home = os.path.join(folder, str(seed))
    os.makedirs(home)
    environment = dict(os.environ, SPECIATE_STORE=os.path.join(home, "store"))
    program = os.path.join(home, "program")
    subprocess.run(["csmith", "--seed", str(seed), "-o", program + ".c"],
                   check=True, cwd=home)
    subprocess.run([os.path.join(tools, "speciate-cc"), "-w", "-O2",
                    "-I/usr/include/csmith", program + ".c", "-o", program],
                   check=True, env=environment)
    try:
        subprocess.run([program], check=True, timeout=3, stdout=subprocess.DEVNULL)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        shutil.rmtree(home)
        return None
    done = subprocess.run(fuzz + [program, "--seed", str(seed), "--per-plan", "2",
                                  "--keep", home, "--train", "{}"],
                          env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        shutil.rmtree(home)
    return "seed %d: %s" % (seed, done.stdout), done.returncode


def random_programs(first, last):
    with multiprocessing.pool.ThreadPool(int(jobs)) as pool:
        results = [r for r in pool.map(random_program, range(first, last + 1), 1) if r]
    applied, counts = 0, {}
    for said, code in results:
        if code:
            print(said)
        for number in re.findall(r"(\d+) genes applied", said):
            applied += int(number)
        for key in ("genomes", "failed", "wrong"):
            found = re.search(key + r" (\d+)", said)
            counts[key] = counts.get(key, 0) + (int(found.group(1)) if found else 0)
    print("programs %d, genomes %d, genes applied %d, failed %d, wrong %d" %
          (len(results), counts.get("genomes", 0), applied,
           counts.get("failed", 0), counts.get("wrong", 0)))
    return max((code for _, code in results), default=1)


shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
if what == "csmith":
    sys.exit(random_programs(int(sys.argv[6]), int(sys.argv[7])))
sys.exit(example(what, sys.argv[6] if len(sys.argv) > 6 else "1"))
