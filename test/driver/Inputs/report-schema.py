# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""report-schema.py FILE VERDICT GRADE: checks a report against its schema."""
import json
import sys

path, verdict, grade = sys.argv[1:]
with open(path) as file:
    report = json.load(file)


def check(value, kind, where):
    if isinstance(kind, dict):
        assert isinstance(value, dict), where
        for key, inner in kind.items():
            assert key in value, where + "." + key + " is missing"
            check(value[key], inner, where + "." + key)
    elif isinstance(kind, list):
        assert isinstance(value, list), where
        for i, item in enumerate(value):
            check(item, kind[0], "%s[%d]" % (where, i))
    elif isinstance(kind, set):
        assert value in kind, "%s: %r" % (where, value)
    else:
        number = kind is float and type(value) is int
        assert number or type(value) is kind, "%s: %r" % (where, value)


build = {"path": str, "bytes": int, "text_bytes": int}
check(report, {
    "schema": {"speciate.report/1"},
    "program": str,
    "seed": int,
    "budget_s": float,
    "machine": str,
    "builds": {"o3": build, "pgo_lto": build},
    "comparisons": [{"workload": str, "kind": {"train", "holdout", "hostile"},
                     "baseline": {"o3", "pgo_lto", "pgo_lto_bolt"},
                     "ratio": float, "ci95": [float], "pairs": int}],
    "verdict": {verdict},
    "grade": {grade},
    "genes": [{"function": str, "site": str, "operator": str,
               "parameters": str, "evidence": str, "ratio": float,
               "pairs": int}],
    "search": {"evaluations": int, "evaluations_per_second": float,
               "rejected": {}, "aa_ratio": float, "aa_ci95": [float]},
    "stages": [{"name": str, "seconds": float}],
}, "report")
assert "random_ratio" in report["search"]
assert all(type(n) is int for n in report["search"]["rejected"].values())
for name, each in report["builds"].items():
    assert name in ("o3", "pgo_lto", "pgo_lto_bolt", "winner"), name
    check(each, build, name)
    assert each["bytes"] >= each["text_bytes"] > 0, name
assert report["comparisons"]
for c in report["comparisons"]:
    assert len(c["ci95"]) == 2 and c["ci95"][0] <= c["ratio"] <= c["ci95"][1], c
for g in report["genes"]:
    low, high = g["ci95"]
    if low is None:  # Only too few pairs have no interval.
        assert high is None and g["pairs"] < 12, g
    else:
        check([low, high], [float], "ci95")
        assert low <= g["ratio"] <= high, g
kinds = {c["kind"] for c in report["comparisons"]}
assert kinds == ({"train"} if grade == "train-only" else {"train", "holdout"})
names = "record instrument train baselines plan search minimize gate relink"
assert [s["name"] for s in report["stages"]] == names.split()
assert ("winner" in report["builds"]) == (verdict == "improved")
