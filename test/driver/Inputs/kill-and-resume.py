# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kill-and-resume.py SPECIATE STORE OUT KILLS SEED SECONDS ARGS...

Runs `SPECIATE optimize ARGS -o OUT`, kills its whole process group KILLS times
at random moments of the first SECONDS, starts it again each time, and lets it
end at last. A run that ends before its moment does not count; a campaign that
is through is followed by one with another seed. Checks that no outcome that the
catalog knew is lost and that nothing is left half-written; says what each run
was doing.
"""
import glob
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile

speciate, store, out, kills, seed, seconds = sys.argv[1:7]
command = [speciate, "optimize", *sys.argv[7:], "-o", out]
environment = dict(os.environ, SPECIATE_STORE=store)
draw = random.Random(int(seed))


def known():
    """The outcomes in the catalog, and its number of campaigns."""
    if not os.path.exists(store + "/catalog.db"):
        return set(), 0
    catalog = sqlite3.connect(store + "/catalog.db", timeout=10)
    try:
        rows = set(catalog.execute("select * from results"))
        return rows, catalog.execute("select count(*) from campaigns").fetchone()[0]
    except sqlite3.OperationalError:
        return set(), 0  # killed before the tables were made


def last_line(file):
    file.seek(0)
    lines = [line.strip() for line in file if line.strip()]
    return lines[-1][:70] if lines else "nothing said yet"


before = set()
killed = turns = campaign = 0
while killed < int(kills):
    turns += 1
    assert turns <= 4 * int(kills), "too few runs were cut off; give fewer SECONDS"
    moment = draw.uniform(0.05, float(seconds))
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([*command, "--seed", str(campaign + 1)],
                                   env=environment, start_new_session=True,
                                   stdout=said, stderr=subprocess.STDOUT)
        try:
            code = process.wait(timeout=moment)
            assert code == 0, (code, last_line(said))
            campaign += 1
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        after, campaigns = known()
        assert before <= after, f"turn {turns}: {len(before - after)} outcomes lost"
        print(f"turn {turns}: {moment:.2f} s, {len(after)} outcomes, "
              f"{campaigns} campaigns: {last_line(said)}")
    before = after
final = subprocess.run([*command, "--seed", str(campaign + 1)], env=environment, capture_output=True, text=True)
assert final.returncode == 0, final.stderr
after, campaigns = known()
assert before <= after, "outcomes were lost at the end"
assert os.access(out, os.X_OK), "no program"
left = [name for name in glob.glob(out + "*")
        if name not in (out, out + ".recipe")]
assert not left, f"left behind: {left}"
print(final.stdout)
print(f"killed {killed} times, {len(after)} outcomes, {campaigns} campaigns")
