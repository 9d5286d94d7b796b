# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""read-live.py SPECIATE PROGRAM FOLDER: reads the profile of a process that runs
on, ends it by SIGKILL, and reads again."""
import os
import signal
import subprocess
import sys

speciate, program, folder = sys.argv[1:4]


def profile():
    return subprocess.run([speciate, "profile", "show", folder, "--text"], check=True,
                          capture_output=True, text=True).stdout


server = subprocess.Popen([program, "serve"], stdout=subprocess.PIPE,
                          env=dict(os.environ, SPECIATE_PROFILE_DIR=folder))
assert server.stdout.readline()
live = profile()
assert live.count("\npaths ") and live.count("\nbranch ")
server.send_signal(signal.SIGKILL)
server.wait()
assert profile() == live
