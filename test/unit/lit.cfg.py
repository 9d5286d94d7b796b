# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import os
import lit.formats

config.name = "speciate-unit"
config.suffixes = []
config.test_source_root = os.path.join(config.speciate_obj_root, "test", "unit")
config.test_exec_root = config.test_source_root
config.test_format = lit.formats.GoogleTest("", "Tests")
for name in list(os.environ):
    if name.startswith("SPECIATE_"):
        config.environment.pop(name, None)
