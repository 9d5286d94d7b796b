//===- passes/instrument/Settled.h - Loads whose values do not change any more
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_SETTLED_H
#define SPECIATE_PASSES_INSTRUMENT_SETTLED_H

#include "profiles/detail/Detail.h"
#include "llvm/IR/Instructions.h"
#include <string>
#include <vector>

namespace speciate {

/// A load of a global variable or a field that was written during start-up only
/// (profiles/detail/Findings.h), in terms of the function, for operators.
struct SettledLoad {
  llvm::LoadInst *Load = nullptr;
  std::string Place;  ///< "limit + 8"
  uint64_t Value = 0; ///< Zero-extended.
  uint64_t Seen = 0;
  /// The program has no other writes to the place than those whose counts were
  /// looked at. Without it, and with it too, a guard is needed: another run may
  /// set it up in another way.
  bool AllWriters = false;
};

/// Most often read first. Nothing if \p P does not know \p F as it is, so ask
/// before \p F is changed.
std::vector<SettledLoad> settledLoads(llvm::Function &F,
                                      const DetailProfile &P);

} // namespace speciate

#endif
