//===- profiles/detail/FunctionText.h - Sites and paths in terms of the source
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_DETAIL_FUNCTIONTEXT_H
#define SPECIATE_PROFILES_DETAIL_FUNCTIONTEXT_H

#include "profiles/detail/Detail.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace speciate {

/// What passes/instrument/DetailText.h wrote about one function.
struct FunctionText {
  struct Site {
    std::string At;    ///< "/path/file.c:12", or "".
    std::string What;  ///< The source's name of it, or "".
    std::string Early; ///< Of a condition, where it could be known.
    bool Pointer = false;
  };
  struct Block {
    std::string At;
    std::string Kind; ///< Of the jump at its end: "branch", "switch", or "".
    uint32_t Ordinal = 0;
    std::vector<unsigned> To; ///< Of a branch: taken, not taken.
  };
  struct Edge {
    unsigned To;
    uint64_t Value;
    bool Ends;
  };
  std::string Name;
  std::string At;
  double Share = 0;
  uint64_t Entries = 0;
  std::map<rt::ValueKey, Site, KeyOrder> Sites;
  /// Calls, by number: Site::What is the callee.
  std::map<uint32_t, Site> Calls;
  std::vector<Block> Blocks;
  uint64_t Paths = 0;
  std::vector<std::pair<uint64_t, unsigned>> Starts; ///< By rising sum.
  std::vector<std::vector<Edge>> Edges;              ///< By block.

  static llvm::Expected<FunctionText> parse(FunctionKey Key,
                                            llvm::StringRef Line);
  const Site *site(const rt::ValueKey &Key) const;

  /// The blocks of path \p Number, the start of the next one included; empty if
  /// there is no such path.
  std::vector<unsigned> path(uint64_t Number) const;
};

} // namespace speciate

#endif
