# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""dumps.py SPECIATE PROGRAM FOLDER SUFFIX: dumps of a server (server.c) on a
signal and in time. SUFFIX tells counts from detail."""
import glob
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # Nothing new in the sources.
from calls import calls as profile_calls

speciate, program, folder, suffix = sys.argv[1:5]
shutil.rmtree(folder, ignore_errors=True)


def calls(path):
    return profile_calls(speciate, path, suffix)[:2]


class Server:
    def __init__(self, name, **environment):
        self.folder = os.path.join(folder, name)
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env=dict(os.environ, SPECIATE_PROFILE_DIR=self.folder, **environment))
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def files(self, pattern):
        return sorted(glob.glob(os.path.join(self.folder, pattern + suffix)))

    def dump(self, pid=None):
        """Asks for a dump and returns it when it is there, a new one."""
        pid = pid or self.process.pid
        pattern = f"*-{pid}-*.dump"
        before = [os.stat(f).st_ino for f in self.files(pattern)]
        os.kill(pid, signal.SIGUSR2)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            now = self.files(pattern)
            if now and [os.stat(f).st_ino for f in now] != before:
                assert len(now) == 1, now
                return now[0]
            time.sleep(0.01)
        raise AssertionError("no dump")

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0, self.process.returncode


# On a signal. The server waits in read and notices nothing.
server = Server("signal")
assert server.ask("work 1000") == "done"
dump = server.dump()
assert calls(dump) == (1, 1000), calls(dump)
assert server.ask("work 500") == "done"
assert calls(dump) == (1, 1000), "a dump stays as it is"
# The process itself says more than its dump; both together are one process.
assert calls(server.folder) == (1, 1500), calls(server.folder)
kept = os.path.join(folder, "kept")
os.makedirs(kept)
shutil.copy(dump, kept)
dump = server.dump()
assert calls(dump) == (1, 1500), "the next dump takes its place"
assert len(server.files("*")) == 2, server.files("*")
# Dumps of different moments: the latest counts.
shutil.copy(dump, os.path.join(kept, "later.dump" + suffix))
assert calls(kept) == (1, 1500), calls(kept)
# A file that a crash of the machine destroyed: the dump counts.
live = next(f for f in server.files("*") if ".dump" not in f)
with open(os.path.join(kept, os.path.basename(live)), "wb") as file:
    file.write(b"\0" * 8192)
assert calls(kept) == (1, 1500), calls(kept)
# A child has dumps of its own.
child = int(server.ask("fork 70").split()[1])
dump = server.dump(child)
assert calls(dump) == (1, 70), calls(dump)
assert server.ask("work 7") == "done"
assert calls(server.folder) == (2, 1577), calls(server.folder)
server.end()

# A server that handles the signal itself keeps it.
server = Server("own")
assert server.ask("own") == "done"
os.kill(server.process.pid, signal.SIGUSR2)
while server.ask("seen") != "1":
    pass
assert server.ask("work 10") == "done"
server.end()
assert not server.files("*.dump*")
assert calls(server.folder) == (1, 10)

# So does one whose parent made it ignore the signal.
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
server = Server("ignored")
os.kill(server.process.pid, signal.SIGUSR2)
assert server.ask("wait 50") == "time"
server.end()
assert not server.files("*.dump*")
signal.signal(signal.SIGUSR2, signal.SIG_DFL)

# In time: nothing in the program is interrupted, also in a child.
server = Server("interval", SPECIATE_PROFILE_INTERVAL="0.05")
assert server.ask("work 300") == "done"
pids = [server.process.pid, int(server.ask("fork 40").split()[1])]
assert server.ask("wait 400") == "time"
for pid, count in zip(pids, (300, 40)):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = server.files(f"*-{pid}-*.dump")
        if now and calls(now[0]) == (1, count):
            break
        time.sleep(0.05)
    else:
        raise AssertionError(f"no dump of {pid}")
server.end()

# What is no number is no interval.
server = Server("wrong", SPECIATE_PROFILE_INTERVAL="soon")
assert server.ask("wait 100") == "time"
server.end()
assert not server.files("*.dump*")
