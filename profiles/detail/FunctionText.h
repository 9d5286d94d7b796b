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

/// An edge of a numbering of paths (passes/instrument/PathNumbering.h).
struct PathEdge {
  unsigned To; ///< A block.
  uint64_t Value;
  bool Ends; ///< To is a start.
};

struct DecodedPath {
  /// The start of the next path included.
  std::vector<unsigned> Blocks;
  bool Continues = false; ///< It ended at a start.
};

/// The path \p Number; without blocks if there is no such. \p Starts: by rising
/// sum, with the block. \p EdgesOf: by rising value.
DecodedPath decodePath(uint64_t Number,
                       llvm::ArrayRef<std::pair<uint64_t, unsigned>> Starts,
                       llvm::ArrayRef<std::vector<PathEdge>> EdgesOf);

/// What passes/instrument/DetailText.h wrote about one function.
struct FunctionText {
  struct Site {
    std::string At;    ///< "/path/file.c:12", or "".
    std::string What;  ///< The source's name of it, or "".
    std::string Early; ///< Of a condition, where it could be known.
    bool Pointer = false;
    /// Of a load, if the program's writes to its place are known: "limit + 8".
    std::string Place;
    struct Writer {
      std::string Function, At;
      uint64_t Count = 0;
    };
    std::vector<Writer> Writers;
    bool AllWriters = false; ///< Nothing else can write there.

    uint64_t written() const {
      uint64_t Result = 0;
      for (const Writer &W : Writers)
        Result += W.Count;
      return Result;
    }
  };
  struct Block {
    std::string At;
    std::string Kind; ///< Of the jump at its end: "branch", "switch", or "".
    uint32_t Ordinal = 0;
    std::vector<unsigned> To; ///< Of a branch: taken, not taken.
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
  std::vector<std::vector<PathEdge>> Edges;          ///< By block.

  static llvm::Expected<FunctionText> parse(FunctionKey Key,
                                            llvm::StringRef Line);
  const Site *site(const rt::ValueKey &Key) const;

  /// The blocks of path \p Number, the start of the next one included; empty if
  /// there is no such path.
  std::vector<unsigned> path(uint64_t Number) const;
};

} // namespace speciate

#endif
