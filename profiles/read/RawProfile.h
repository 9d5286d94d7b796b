//===- profiles/read/RawProfile.h - Reader of the runtime's files
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_READ_RAWPROFILE_H
#define SPECIATE_PROFILES_READ_RAWPROFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ProfileData/InstrProfReader.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace speciate {

/// True if \p Bytes begin like a file of our runtime, finished or not.
bool isRawProfile(llvm::StringRef Bytes);

/// The same profile in LLVM's own raw format, as compiler-rt would have written
/// it when the process ended. Everything in \p Bytes is checked: truncated or
/// inconsistent files are Errors.
llvm::Expected<std::string> convertRawProfile(llvm::StringRef Bytes);

/// The records of one file of any kind that we accept: our raw format, LLVM's
/// raw format, indexed profiles.
struct LoadedProfile {
  /// Owns the names in Records.
  std::unique_ptr<llvm::InstrProfReader> Reader;
  std::vector<llvm::NamedInstrProfRecord> Records;
  /// Of one process (raw), not a merged one.
  bool IsProcess = false;
};

/// All or nothing: a file with a damaged record gives no records.
llvm::Expected<LoadedProfile> loadProfile(llvm::StringRef Bytes);

} // namespace speciate

#endif
