//===- gp/score/arena/ArenaSymbolNames.h - Names of a program's addresses
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENASYMBOLNAMES_H
#define SPECIATE_GP_SCORE_ARENA_ARENASYMBOLNAMES_H

#include <cstdint>
#include <string>
#include <vector>

namespace speciate {

/// The symbol table of an ELF file, read when first asked.
class ArenaSymbolNames {
public:
  explicit ArenaSymbolNames(std::string Path) : Path(std::move(Path)) {}

  /// "name+0x10", or "" if no symbol covers \p Address. \p LoadBase: where the
  /// process has the ELF header.
  std::string at(uint64_t Address, uint64_t LoadBase);

private:
  struct Symbol {
    uint64_t Address, Size;
    std::string Name;
  };
  void read();

  std::string Path;
  bool Read = false;
  uint64_t HeaderAddress = 0; ///< As linked.
  std::vector<Symbol> Symbols;
};

} // namespace speciate

#endif
