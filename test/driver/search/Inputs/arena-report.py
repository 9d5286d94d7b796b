# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""arena-report.py REPORT CATALOG: what a campaign with an arena leaves behind."""
import json
import sqlite3
import sys

with open(sys.argv[1]) as file:
    search = json.load(file)["search"]
assert 0.1 < search["arena_share"] <= 1.0001, search
assert 0 < search["arena_evaluations"] < search["evaluations"], search
assert search["arena_evaluations_per_second"] > 0, search
for refused in search["arena_refused"]:
    assert refused["reason"] and refused["function"], refused
    assert 0 <= refused["share"] < 1, refused

db = sqlite3.connect(sys.argv[2])
of_arena = """FROM results JOIN proposals USING (campaign, generation, idx)
              WHERE population LIKE 'arena:%'"""
verdicts = dict(db.execute("SELECT verdict, count(*) %s GROUP BY 1" % of_arena))
assert verdicts.get("replayed", 0) > 0, verdicts
# Every score has its windows, whose weights are shares.
for campaign, generation, idx in db.execute(
        "SELECT campaign, generation, idx %s AND outcome = 'measured'" % of_arena):
    weights = [w for w, in db.execute(
        "SELECT weight FROM windows WHERE campaign = ? AND generation = ? AND idx = ?",
        (campaign, generation, idx))]
    assert weights and abs(sum(weights) - 1) < 1e-6, weights
# Nothing has the code of another one and a time of its own.
assert not list(db.execute(
    "SELECT code %s AND outcome = 'measured' GROUP BY code HAVING count(*) > 1" % of_arena))
whole = db.execute("SELECT count(*) FROM results WHERE verdict = 'checked'").fetchone()[0]
assert whole >= 1, whole  # The reference.
