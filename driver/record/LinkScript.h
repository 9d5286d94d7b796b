//===- driver/record/LinkScript.h - The inputs that linker scripts name
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A linker script names inputs in INPUT and GROUP, and further scripts in
// INCLUDE. In a record the inputs stand on the line, as units, members or
// copies, and the rest of the script is a file that refers to no other.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_LINKSCRIPT_H
#define SPECIATE_DRIVER_RECORD_LINKSCRIPT_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace speciate {

struct ScriptInput {
  std::string Name; ///< A path, or "-lx".
  bool AsNeeded = false;
};

struct LinkScript {
  std::vector<ScriptInput> Inputs;  ///< Of INPUT and GROUP, in order.
  std::vector<std::string> Folders; ///< Of SEARCH_DIR.
  /// The text without these, with the included scripts in it.
  std::string Rest;
  /// Whether Rest says anything but names of formats.
  bool HasRest = false;
};

/// Reads a script that was named in INCLUDE.
using ScriptReader =
    llvm::function_ref<llvm::Expected<std::string>(llvm::StringRef Name)>;

/// Errors: a command that is not closed; more than 16 scripts in each other;
/// what \p Read says.
llvm::Expected<LinkScript> splitScript(llvm::StringRef Text, ScriptReader Read);

} // namespace speciate

#endif
