# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-report.py JSON: the findings of known.c, which are known."""
import json
import sys

with open(sys.argv[1]) as file:
    report = json.load(file)
assert report["schema"] == "speciate.detail/1"


def line(at):
    return int(at.rsplit(":", 1)[1])


functions = {f["name"].split(".")[0]: f for f in report["functions"]}
work = functions["work"]
# 300 calls with 1000 passes each: an exact number.
assert work["path_executions"] in (300000, 300300), work["path_executions"]
# Kind 3 or not, noise or not: four ways, by 3/8 and 1/8, all but the last pass.
shares = sorted((p["share"] for p in work["paths"]), reverse=True)
assert len([s for s in shares if abs(s - 3 / 8) < 0.02]) == 2, shares
assert work["cover90"] in (3, 4), work["cover90"]
says = {v["what"] + ": " + v["says"] for f in report["functions"] for v in f["values"]}
assert any("always 5" in s for s in says) or "add" not in functions, says
assert any(s.endswith("always 1000") for s in says), says
branches = {}
for b in report["branches"]:
    branches.setdefault(line(b["at"]), b)
noise = branches[23]
assert noise["class"] == "data-dependent" and abs(noise["wrong"] / noise["seen"] - 0.5) < 0.05
assert branches[21]["class"] == "data-dependent"
assert abs(branches[21]["wrong"] / branches[21]["seen"] - 0.27) < 0.05
# The mode does not depend on data: never a wrong guess.
if 25 in branches:
    assert branches[25]["class"] == "biased"
# In another function, what was found out before.
agree = {(line(p["first"]["at"]), line(p["second"]["at"])) for p in report["pairs"]}
assert (21, 12) in agree or "add" not in functions, agree
assert (23, 12) not in agree and (12, 23) not in agree
# The condition on Kind[I] needs a load; it is known where the loop is entered.
paths = [c for p in work["paths"] for c in p["conditions"]]
assert all(c["early"] for c in paths)
print(sorted(functions))
