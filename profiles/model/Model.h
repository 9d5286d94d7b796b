//===- profiles/model/Model.h - A merged profile in memory
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_MODEL_MODEL_H
#define SPECIATE_PROFILES_MODEL_MODEL_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace speciate {

struct FunctionProfile {
  std::string Name; ///< As in IR profiles: "main", "file.c;static_function".
  uint64_t CfgHash = 0;
  uint64_t Total = 0; ///< Sum of the counters, saturating.
  uint64_t Max = 0;
  unsigned Counters = 0;
  unsigned IndirectCallSites = 0;
  unsigned MemorySizeSites = 0;
};

struct ProfileModel {
  std::vector<FunctionProfile> Functions; ///< By name, then hash.
  uint64_t Total = 0;
  unsigned Executed = 0; ///< Functions with a count.
  unsigned IndirectCallSites = 0;
  unsigned MemorySizeSites = 0;

  /// Indices of the \p N functions of the greatest total, greatest first.
  std::vector<size_t> hottest(size_t N) const;
};

/// \p Indexed: the bytes of an indexed profile.
llvm::Expected<ProfileModel> readModel(llvm::StringRef Indexed);

} // namespace speciate

#endif
