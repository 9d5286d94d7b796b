# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""field.py FILE KEY...: prints one field of a JSON file."""
import json
import sys

with open(sys.argv[1]) as file:
    value = json.load(file)
for key in sys.argv[2:]:
    value = value[int(key) if isinstance(value, list) else key]
print(value)
