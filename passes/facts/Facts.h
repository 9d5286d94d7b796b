//===- passes/facts/Facts.h - What the user asserts about a deployment
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A fact needs no guard: the user vouches for it (docs/Facts.md has the file
// format). It is put in place of what is read, in every unit, right after the
// profile was annotated and the plan genes have acted; that branches are
// decided and code is removed is then the work of LLVM's pipeline.
//
// Why this is legal: only under the assertion. Loads, arguments and results get
// the value that the user says they have; nothing is done to volatile and
// atomic accesses but to replace what they give. With trap, the program tests
// each place and stops where the assertion is wrong.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_FACTS_FACTS_H
#define SPECIATE_PASSES_FACTS_FACTS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class Module;
} // namespace llvm

namespace speciate {

struct Fact {
  enum class Kind { Global, Field, Argument, Call };
  Kind What = Kind::Global;
  std::string Name;   ///< Of the variable, the struct or the function.
  std::string Member; ///< Of a field, by name; "": by Offset.
  uint64_t Offset = 0;
  unsigned Argument = 0;
  /// Of a call: only those whose first argument is this string.
  std::optional<std::string> With;
  /// One of the three: a number, a string, a range (signed, both ends in it).
  std::optional<int64_t> Value;
  std::optional<std::string> Text;
  std::optional<std::pair<int64_t, int64_t>> Range;
  bool Trap = false;

  /// "field nic.vendor = 1, trap"
  std::string str() const;
};

/// Reads the TOML \p Text; errors begin with the line.
llvm::Expected<std::vector<Fact>> parseFacts(llvm::StringRef Text);

/// Applies all facts to \p M and returns, for each, at how many places. The
/// module is left as it was where nothing fits.
std::vector<unsigned> applyFacts(llvm::Module &M,
                                 const std::vector<Fact> &Facts);

} // namespace speciate

#endif
