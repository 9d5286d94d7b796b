# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""pass-reference.py SOURCE: every operator of Operators.def has a section in
docs/PassReference.md with IR before and after, legality, parameters and
evidence; a parameter that is named there is one of the operator's, and none of
the operator's is left out."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
operators = root / "passes" / "operators"
text = (root / "docs" / "PassReference.md").read_text()
sections = dict(re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
classes = re.findall(r"^SPECIATE_OPERATOR\((\w+)\)", (operators / "Operators.def").read_text(), re.M)
faults = []


def sources(name):
    """The operator's file, and those that are named after it."""
    found = [f for f in sorted(operators.glob("*.cpp"))
             if 'return "%s";' % name in f.read_text()]
    if len(found) != 1:
        return []
    return sorted(operators.glob(found[0].stem + "*.cpp"))


names = []
for each in classes:
    definition = next(f for f in sorted(operators.glob("*.cpp"))
                      if re.search(r"\bcreate%s\(\) \{" % each, f.read_text()))
    names.append(re.search(r'name\(\) const override\s*\{\s*return "([a-z-]+)";',
                           definition.read_text()).group(1))
for name in names:
    section = sections.get(name)
    if section is None:
        faults.append("%s has no section" % name)
        continue
    for mark in ("; before", "; after", "- Legality: ", "- Parameters: ", "- Evidence: "):
        if mark not in section:
            faults.append("%s: no \"%s\"" % (name, mark))
    code = "".join(f.read_text() for f in sources(name))
    literals = set(re.findall(r'"([^"\\]*)"', code))
    listed = re.search(r"^- Parameters: (.*?)(?=^- |\Z)", section, re.M | re.S)
    pairs = re.findall(r"`([^`=]+)=([^`=]*)`", listed.group(1) if listed else "")
    if not pairs:
        faults.append("%s: no parameter" % name)
    for key, value in pairs:
        if not re.fullmatch(r"[\w.+-]+", key) or not re.fullmatch(r"[\w.+-]+", value):
            faults.append("%s: %s=%s cannot be parsed" % (name, key, value))
        elif key not in literals:
            faults.append("%s: it has no parameter %s" % (name, key))
        elif not re.match(r"\d|[A-Z]+$", value) and value not in literals:
            faults.append("%s: %s is never %s" % (name, key, value))
    known = {word for group in re.findall(r"onlyKeys\(\s*\{(.*?)\}", code, re.S)
             for word in re.findall(r'"([^"]+)"', group)}
    for key in sorted(known - {key for key, _ in pairs}):
        faults.append("%s: its parameter %s is not described" % (name, key))
for name in sections:
    if name not in names:
        faults.append("there is no operator %s" % name)
print("\n".join(faults) or "%d operators" % len(names))
sys.exit(bool(faults))
