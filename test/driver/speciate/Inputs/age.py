# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""age.py FOLDER DAYS: all files below it were last used DAYS days ago."""
import os
import sys
import time

when = time.time() - float(sys.argv[2]) * 86400
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        os.utime(os.path.join(folder, name), (when, when))
