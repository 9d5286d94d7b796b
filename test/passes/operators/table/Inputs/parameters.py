# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""parameters.py GENOME: its site with parameters that make no sense."""
import sys

site = open(sys.argv[1]).read().split()[0]
for text in ("form=table", "domain=proved", "domain=proved;form=list",
             "domain=proved;form=word", "domain=proved;form=table;share=90",
             "domain=proved;form=table;reach=7",
             "domain=guarded;form=table;high=9;low=1;share=0",
             "domain=guarded;form=table;high=9;low=1;share=50"):
    print(site, "table", text)
