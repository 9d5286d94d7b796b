# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""store-twice.py IN.ll OUT.ll

Puts a store of a wrong value before the first store of an i32.
"""
import re
import sys

text = open(sys.argv[1]).read()
changed, count = re.subn(r"^( *store) i32 [^,]+(, ptr [^,]+)(.*)$",
                         r"\1 volatile i32 -559038737\2\n\g<0>", text, count=1, flags=re.M)
assert count == 1
open(sys.argv[2], "w").write(changed)
