//===- driver/pipeline/ArenaImage.h - Machine code for an address
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An image is a region's object (speciate-stage region --arena image), linked
// to bytes for one address of one running arena program, by LLVM's JITLink.
// Nothing of it runs here.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_ARENAIMAGE_H
#define SPECIATE_DRIVER_PIPELINE_ARENAIMAGE_H

#include "gp/score/arena/ArenaFacts.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>

namespace speciate {

/// Where everything is that an image may refer to. Reading is safe from several
/// threads.
class ArenaAddresses {
public:
  /// The symbol table of the arena program, at \p LoadBase (0 for a program
  /// that is not position independent). Symbols without one address of their
  /// own are left out: thread-local ones, those that a resolver chooses, and
  /// static ones of several files with one name.
  static llvm::Expected<ArenaAddresses> read(llvm::StringRef Program,
                                             uint64_t LoadBase);

  /// The same, with the load base and the externals of the running program.
  static llvm::Expected<ArenaAddresses> read(llvm::StringRef Program,
                                             const ArenaFacts &Facts);

  /// An entry of the running program's table of externals. It has precedence
  /// over the symbol table; an address of 0 (a weak symbol that the program
  /// does not have) is ignored.
  void addExternal(llvm::StringRef Name, uint64_t Address);

  std::optional<uint64_t> find(llvm::StringRef Name) const;

private:
  llvm::StringMap<uint64_t> Table, Externals;
};

struct PlacedImage {
  /// Where Bytes go: the start, aligned to 64.
  uint64_t Base = 0;
  /// All of the image: code, stubs, constants, unwind tables.
  std::string Bytes;
  uint64_t Entry = 0; ///< Address of the function.
  /// The code from Base on, stubs included.
  uint64_t TextSize = 0;
  /// The unwind table, zero-terminated, fit for __register_frame_info; 0 if
  /// the image has none.
  uint64_t EhFrame = 0;
  uint64_t EhFrameSize = 0;
};

/// Links the image \p Object (bytes) so that \p Function (the region's name in
/// the program) starts at the first address from \p Start on that is
/// \p Offset (0, 16, 32 or 48) modulo 64, or behind it, if the object asks for
/// an alignment: it would have that in a program too. Errors are reasons of the
/// candidate: it refers to unknown symbols, reaches thread-local variables
/// directly, has data that can be written, or runs something before main.
///
/// Equal arguments give equal bytes. Calls out of reach of 32 bits go through
/// stubs; other references out of reach are Errors.
llvm::Expected<PlacedImage> placeImage(llvm::StringRef Object,
                                       llvm::StringRef Function,
                                       const ArenaAddresses &Symbols,
                                       uint64_t Start, unsigned Offset);

} // namespace speciate

#endif
