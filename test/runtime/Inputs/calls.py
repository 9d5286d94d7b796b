# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What profiles of counts or in detail say of the function work."""
import json
import subprocess


def calls(speciate, path, suffix):
    """Processes, calls of work, and files that were skipped."""
    options = ["--json"] if suffix == ".speciateprof" else ["--text"]
    done = subprocess.run([speciate, "profile", "show", path, *options], check=True, capture_output=True, text=True)
    if suffix == ".speciateprof":
        shown = json.loads(done.stdout)
        return (shown["processes"], sum(f["max"] for f in shown["hottest"] if f["function"] == "work"),
                len(shown["skipped"]))
    lines = done.stdout.splitlines()
    processes = next(int(line.split()[1]) for line in lines if line.startswith("processes "))
    # Each call is one path through it.
    paths = [line.split()[4:] for line in lines if line.startswith("paths ")]
    skipped = json.loads(subprocess.run([speciate, "profile", "show", path, "--json"], check=True,
                                        capture_output=True, text=True).stdout)["skipped"]
    return processes, sum(int(p.split(":")[1]) for each in paths for p in each), len(skipped)
