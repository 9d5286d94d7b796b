//===- gp/score/arena/ArenaFacts.h - What an arena program says of itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENAFACTS_H
#define SPECIATE_GP_SCORE_ARENA_ARENAFACTS_H

#include "runtime/speciate_arena_abi.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace speciate {

struct ArenaRegionFacts {
  std::string Name;
  uint64_t Entry = 0;
  uint64_t Pad = 0; ///< 0: cannot be entered through a pad, no windows.
  uint8_t IntBytes[rt::ArenaIntArgs] = {};
  uint8_t FpBytes[rt::ArenaFpArgs] = {};
  bool HasMarker = false;
};

/// Addresses are those of every process of the program that runs without
/// address space randomization.
struct ArenaFacts {
  uint64_t LoadBase = 0; ///< Of the ELF header.
  uint64_t RangeBegin = 0, RangeSize = 0;
  uint64_t RuntimeBegin = 0, RuntimeEnd = 0;
  uint64_t Marker = 0, MarkerEnd = 0;
  /// Images can register their frames.
  bool HasUnwinder = false;
  std::vector<ArenaRegionFacts> Regions;
  /// Externals of the table, and the runtime's symbols under the names of
  /// runtime/speciate_arena_abi.h.
  std::map<std::string, uint64_t> Symbols;
};

/// Parses the file `describe`.
llvm::Expected<ArenaFacts> parseArenaFacts(llvm::StringRef Text);

} // namespace speciate

#endif
