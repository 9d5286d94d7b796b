//===- gp/verify/ArenaCalls.h - What two windows asked of the system
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// System calls of a window are answered by the runtime and have no effect; what
// they would have done is in a record (runtime/speciate_arena_abi.h). Two
// windows are equal only if their records are: the same calls in the same
// order, with the same bytes written.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_VERIFY_ARENACALLS_H
#define SPECIATE_GP_VERIFY_ARENACALLS_H

#include "runtime/speciate_arena_abi.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>

namespace speciate {

/// "1 (write)", or only the number.
std::string arenaCallName(int Number);

/// The first difference between two records, "system call 3 of the window:
/// original write(1, 10 bytes), variant write(1, 9 bytes)".
std::optional<std::string> compareCallRecords(llvm::ArrayRef<uint8_t> Original,
                                              llvm::ArrayRef<uint8_t> Variant);

/// Of two children that wait at the ends of their windows. An Error means that
/// a process could not be read.
llvm::Expected<std::optional<std::string>>
compareCalls(int OriginalPid, const rt::ArenaReport &Original, int VariantPid,
             const rt::ArenaReport &Variant);

} // namespace speciate

#endif
