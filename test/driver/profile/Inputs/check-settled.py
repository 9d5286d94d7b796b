# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-settled.py JSON: what settled in settled.c, and who wrote it."""
import json
import sys

with open(sys.argv[1]) as file:
    report = json.load(file)
settled = {}
for function in report["functions"]:
    for each in function["settled"]:
        settled.setdefault(each["place"], each)
print(sorted(settled))
ran = {
    place: sum(w["count"] for w in each["writers"]) for place, each in settled.items()
}
# argc is 2.
assert settled["Early"]["value"] == 43, settled["Early"]
assert settled["Early"]["all_writers"] and ran["Early"] == 1, settled["Early"]
assert [w["function"] for w in settled["Early"]["writers"]] == ["setup"]
# Sampled: the last gap between two looks is counted whole.
assert 0 <= settled["Early"]["seen"] - 300000 < 512, settled["Early"]
# By another thread, which is in the program.
assert settled["Threaded"]["value"] == 46 and ran["Threaded"] == 1
assert settled["Threaded"]["all_writers"]
# Through pointers, of which not all is known.
assert settled["Pointed"]["value"] == 47 and not settled["Pointed"]["all_writers"]
assert settled["Plugged"]["value"] == 49 and not settled["Plugged"]["all_writers"]
# A field: known by its type, and never all.
fields = [p for p in settled if p.startswith("struct config")]
assert fields == ["struct config + 0"], fields
assert settled[fields[0]]["value"] == 45 and not settled[fields[0]]["all_writers"]
assert ran[fields[0]] == 1
# What is written late, by whomever, or all the time is not settled.
for place in ("Late", "PointedLate", "PluggedLate", "Same"):
    assert place not in settled, settled[place]
