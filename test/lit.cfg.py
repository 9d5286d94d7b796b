# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The logic of the suite; the paths are in lit.site.cfg.py.
import os
import shutil
import sys

import lit.formats
import lit.util
from lit.llvm import llvm_config
from lit.llvm.subst import FindTool, ToolSubst

config.name = "speciate"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".ll", ".test", ".c", ".cpp"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.speciate_obj_root, "test")
# `unit` is a suite of its own; it must not be listed here, or lit would hide
# it. Long tests run only in their own targets.
config.excludes = ["Inputs", "CMakeLists.txt", "damage"]
suite = lit_config.params.get("suite", "")
for long_suite in ("perf", "fuzz"):
    if suite != long_suite:
        config.excludes.append(long_suite)

# Nothing of the caller's may change a result.
for name in list(config.environment):
    if name.startswith("SPECIATE_") or name == "LLVM_PROFILE_FILE":
        del config.environment[name]
for name in ("SPECIATE_STORE",):
    config.environment[name] = os.path.join(config.test_exec_root, "store")
config.environment["HOME"] = os.path.join(config.test_exec_root, "home")

try:
    lit_config.maxIndividualTestTime = 7200 if suite else 300
except ValueError:
    pass  # no psutil: no limit

search_dirs = [config.speciate_tools_dir, config.llvm_tools_dir]
tools = [
    ToolSubst(name, command=FindTool(name), unresolved="ignore")
    for name in ("speciate-cc", "speciate-c++", "speciate")
] + [
    ToolSubst(name, command=FindTool(name), unresolved="fatal")
    for name in ("FileCheck", "not", "count", "split-file", "llvm-readelf",
                 "llvm-objdump", "llvm-objcopy", "llvm-profdata", "llvm-ar",
                 "llvm-dis", "llvm-as", "llvm-nm")
]
lib = config.speciate_lib_dir
config.substitutions.append(("%python", sys.executable))
config.substitutions.append(("%clangxx", os.path.join(config.llvm_tools_dir, "clang++")))
config.substitutions.append(("%clang", os.path.join(config.llvm_tools_dir, "clang")))
config.substitutions.append(("%speciate_plugin", os.path.join(lib, "SpeciatePasses.so")))
config.substitutions.append(("%speciate_damage", os.path.join(lib, "SpeciateDamage.so")))
config.substitutions.append(
    ("%speciate-opt",
     "%s -load-pass-plugin=%s" % (os.path.join(config.llvm_tools_dir, "opt"),
                                  os.path.join(lib, "SpeciatePasses.so"))))
config.substitutions.append(
    ("%unit", os.path.join(config.speciate_obj_root, "test", "unit")))
config.substitutions.append(("%tools", config.speciate_tools_dir))
config.substitutions.append(("%llvm_bin", config.llvm_tools_dir))
config.substitutions.append(("%src", config.speciate_src_root))
llvm_config.add_tool_substitutions(tools, search_dirs)

if config.speciate_plugin_enabled:
    config.available_features.add("plugin")
if os.path.exists(os.path.join(config.llvm_tools_dir, "llvm-bolt")):
    config.available_features.add("bolt")
if shutil.which("valgrind"):
    config.available_features.add("valgrind")
if shutil.which("csmith") and os.path.exists("/usr/include/csmith/csmith.h"):
    config.available_features.add("csmith")
if shutil.which("meson"):
    config.available_features.add("meson")
if all(shutil.which(tool) for tool in ("autoreconf", "automake", "libtoolize")):
    config.available_features.add("autotools")
if shutil.which("git") and os.path.exists(os.path.join(config.speciate_src_root, ".git")):
    config.available_features.add("git-checkout")
# scripts/fetch-source puts them there, called by test/run.
sources = os.path.join(config.speciate_src_root, "build", "sources")
config.substitutions.insert(0, ("%sources", sources))
if all(os.path.isdir(os.path.join(sources, name)) for name in ("bzip2", "lua5.4")):
    config.available_features.add("sources")
    # Its amalgamation is made by a script.
    if os.path.isdir(os.path.join(sources, "sqlite3")) and shutil.which("tclsh"):
        config.available_features.add("sqlite-sources")
else:
    lit_config.note(
        "no Debian sources of bzip2 and Lua below build/sources (see "
        "scripts/fetch-source): the tests that build them are unsupported"
    )


def can_mount():
    """As root, outside the stricter sandboxes."""
    import subprocess
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        try:
            if subprocess.run(mount, capture_output=True).returncode:
                return False
            subprocess.run(["umount", folder], check=True)
            return True
        except OSError:
            return False


if can_mount():
    config.available_features.add("mount")
