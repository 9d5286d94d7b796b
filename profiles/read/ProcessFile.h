//===- profiles/read/ProcessFile.h - Whose file it is
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_READ_PROCESSFILE_H
#define SPECIATE_PROFILES_READ_PROCESSFILE_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace speciate {

/// A process's file and its dumps (runtime/profile/Dump.h) tell of the same
/// run. Of other files Run is 0.
struct ProcessFile {
  uint64_t Run = 0;
  uint32_t Dump = 0; ///< 0: the file itself.

  /// By the first page of a file of counts or of a detailed profile.
  static ProcessFile of(llvm::StringRef Bytes);
  static ProcessFile at(const std::string &Path);
  /// Greater for what tells of more of the run.
  uint64_t age() const { return Dump ? Dump : uint64_t(UINT32_MAX) + 1; }
};

/// Puts of each run the latest file first: the file itself, then its dumps.
void latestFirst(std::vector<std::string> &Paths);

/// Lets dumps count only where nothing later of their run does. A file that is
/// given twice counts twice, as do files of finished runs in any grouping.
class RunsSeen {
public:
  bool contains(const ProcessFile &File) const {
    return File.Dump && Runs.count(File.Run);
  }
  void insert(const ProcessFile &File) { Runs.insert(File.Run); }

private:
  std::set<uint64_t> Runs;
};

} // namespace speciate

#endif
