//===- passes/arena/ArenaPass.h - Marker, pad and image as a pass
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_ARENA_ARENAPASS_H
#define SPECIATE_PASSES_ARENA_ARENAPASS_H

#include "llvm/IR/PassManager.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace speciate {

/// What becomes of a slice.
enum class ArenaRole {
  None,  ///< The region of a shipped program.
  Host,  ///< The region of the arena program: with a pad.
  Image, ///< Code to be placed into the running arena program.
};

/// "none", "host", "image"; an Error for anything else.
llvm::Expected<ArenaRole> parseArenaRole(llvm::StringRef Text);

struct ArenaPassOptions {
  ArenaRole Role = ArenaRole::None;
  /// See markLoop; 0: no marker.
  uint64_t MinPasses = 0;
};

/// "role=none|host|image;marker=MINPASSES", both optional.
llvm::Expected<ArenaPassOptions> parseArenaPassOptions(llvm::StringRef Text);

/// For tests: markLoop, then addPad or makeImage, on every function. Remarks
/// say which loop was marked; what cannot be an image is an error.
class ArenaPass : public llvm::PassInfoMixin<ArenaPass> {
public:
  explicit ArenaPass(ArenaPassOptions Options) : Options(Options) {}
  llvm::PreservedAnalyses run(llvm::Function &F,
                              llvm::FunctionAnalysisManager &FAM);
  void printPipeline(llvm::raw_ostream &OS,
                     llvm::function_ref<llvm::StringRef(llvm::StringRef)>
                         MapClassName2PassName);
  static bool isRequired() { return true; }

private:
  ArenaPassOptions Options;
};

} // namespace speciate

#endif
