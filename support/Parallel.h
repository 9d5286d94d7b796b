//===- support/Parallel.h - The same work for many items on a few threads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_PARALLEL_H
#define SPECIATE_SUPPORT_PARALLEL_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <cstddef>

namespace speciate {

/// Calls \p Work for 0 .. \p Count - 1 on up to \p Jobs threads. Returns the
/// error of the smallest index that failed; after a failure no new item is
/// started.
llvm::Error parallelFor(unsigned Jobs, size_t Count,
                        llvm::function_ref<llvm::Error(size_t)> Work);

} // namespace speciate

#endif
