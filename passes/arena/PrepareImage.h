//===- passes/arena/PrepareImage.h - A region's slice made fit for the arena
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arena (docs/Arena.md) holds a region twice: in the arena program, whose
// copy begins with a pad that the runtime overwrites with a jump, and as
// images, machine code placed into the running program. Both come from the same
// slice by the same pipeline as the region of a shipped program:
//
//   slice -> markLoop -> region genes -> addPad or makeImage -> late half
//         -> whyNotImage (images only) -> code
//
// Sites are the same as without the arena: makeImage comes after the genes, and
// site numbering does not see the marker (passes/sites/Sites.h).
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_ARENA_PREPAREIMAGE_H
#define SPECIATE_PASSES_ARENA_PREPAREIMAGE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>

namespace llvm {
class Function;
class GlobalVariable;
class Module;
} // namespace llvm

namespace speciate {

/// What the image of the region \p Function is called.
std::string arenaImageName(llvm::StringRef Function);

/// The function of the arena program that returns the address of a thread-local
/// variable: preserve_all, hidden, no parameters.
std::string arenaTlsAccessorName(llvm::StringRef Variable);

/// Declares in \p M the accessor of \p Variable, which may be of another
/// module, or returns the one that is there.
llvm::Function *declareTlsAccessor(llvm::Module &M,
                                   const llvm::GlobalVariable &Variable);

struct MarkedLoop {
  std::string Where; ///< "file.c:12", or the name of the header block.
  double Passes = 0; ///< Of the header, for each entry of the function.
  unsigned Depth = 0;
};

/// Puts the marker at the header of a loop of \p F: the outermost loop whose
/// header runs at least \p MinPasses times for each entry of the function; of
/// several at one depth the one that runs most, then the first. If no loop runs
/// that often, the loop that runs most. None if the function has no loop.
///
/// The marker decrements __speciate_arena_marker and leaves to
/// __speciate_arena_marker_end when it reaches zero, by way of out-of-line code
/// that notes where to come back to. To the optimizer it is an
/// opaque statement that reads and writes all memory.
///
/// Deterministic; \p FAM's analyses of \p F are invalidated.
std::optional<MarkedLoop> markLoop(llvm::Function &F,
                                   llvm::FunctionAnalysisManager &FAM,
                                   uint64_t MinPasses);

/// Makes \p F, the body of a slice, begin with the pad.
void addPad(llvm::Function &F);

/// Makes \p F, the body of a slice, an image: gives it the name
/// arenaImageName, sends every other use of it (calls to itself, its address)
/// to the function of the arena program, and reaches thread-local variables
/// through accessors. An Error is a reason why there can be no image.
llvm::Error makeImage(llvm::Function &F);

/// Why \p M, an image after the late half, cannot be placed into a running
/// program, or "": it defines a variable that can be written or is local to
/// a thread, or it runs something before main.
std::string whyNotImage(const llvm::Module &M);

} // namespace speciate

#endif
