# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads the text form of detailed profiles (docs/Profiles.md)."""
import json


class Profile:
    def __init__(self, path):
        self.functions, self.branches, self.paths = {}, {}, {}
        self.values, self.pairs = {}, {}
        with open(path) as file:
            assert file.readline() == "speciate-detail 1\n"
            for line in file:
                kind, rest = line.rstrip("\n").split(" ", 1)
                if kind == "function":
                    guid, cfg, text = rest.split(" ", 2)
                    self.functions[guid, cfg] = json.loads(text)
                    continue
                words = rest.split()
                if kind == "branch":
                    self.branches[tuple(words[:5])] = list(map(int, words[5:]))
                elif kind == "paths":
                    self.paths[words[0], words[1]] = dict(
                        tuple(map(int, w.split(":"))) for w in words[3:])
                elif kind == "value":
                    self.values[tuple(words[:5])] = words[5:]
                elif kind == "pair":
                    self.pairs[tuple(words[:5]), tuple(words[5:10])] = list(
                        map(int, words[10:]))

    def site(self, key):
        """The description of a branch or value, by its key."""
        kinds = ["function", "call", "loop", "branch", "select", "switch", "load"]
        for site in self.functions[key[:2]]["sites"]:
            if (site["kind"], site["n"], site["p"]) == (kinds[int(key[2])], int(key[3]), int(key[4])):
                if not site.get("callee"):
                    return site
        raise KeyError(key)

    def line(self, key):
        return int(self.site(key)["at"].rsplit(":", 1)[1])
