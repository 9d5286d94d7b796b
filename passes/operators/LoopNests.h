//===- passes/operators/LoopNests.h - LLVM's loop passes on one loop only
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_LOOPNESTS_H
#define SPECIATE_PASSES_OPERATORS_LOOPNESTS_H

#include "passes/operators/Operator.h"

namespace speciate {

/// Each runs here and now, on the nest of \p L alone, with LLVM's own legality;
/// an error says that LLVM refused. What may be left behind then is the simple
/// form of loops.

/// \p L, which has one loop in it, is unrolled \p Count times and the copies of
/// the inner loop are made one.
llvm::Error jamLoop(llvm::Loop &L, unsigned Count, OperatorContext &Context);

/// The loops of the nest that has \p L as its outermost are interchanged where
/// LLVM's cache model says so.
llvm::Error interchangeLoops(llvm::Loop &L, OperatorContext &Context);

/// Non-trivial unswitching.
llvm::Error unswitchLoop(llvm::Loop &L, OperatorContext &Context);

/// Before every access of \p L whose address is an affine function of the
/// iteration, the line that is accessed \p Ahead iterations later is fetched;
/// a prefetch of an address that does not exist does nothing. Accesses to the
/// same line are fetched once.
llvm::Error prefetchAhead(llvm::Loop &L, unsigned Ahead,
                          OperatorContext &Context);

} // namespace speciate

#endif
