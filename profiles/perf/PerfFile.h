//===- profiles/perf/PerfFile.h - Reader of perf.data
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `perf record -b` writes: a header, descriptions of the events, records,
// and features behind them (tools/perf/Documentation/perf.data-file-format.txt
// and include/uapi/linux/perf_event.h in Linux). Only what is needed to know
// which branches were taken in which files.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_PERF_PERFFILE_H
#define SPECIATE_PROFILES_PERF_PERFFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>
#include <vector>

namespace speciate {

/// A branch that was taken, as the processor recorded it.
struct TakenBranch {
  uint64_t From = 0, To = 0;
  bool Wrong = false; ///< It was guessed wrong.
};

/// A piece of a file in the memory of a process.
struct PerfMapping {
  uint64_t Start = 0, Size = 0;
  uint64_t Offset = 0; ///< In the file.
  std::string Path;
  std::string BuildId; ///< Bytes, or empty.
};

struct PerfSummary {
  uint64_t Samples = 0;
  uint64_t WithoutBranches = 0; ///< Samples.
  uint64_t Damaged = 0;         ///< Records that make no sense.
  uint64_t Lost = 0;            ///< Samples that the kernel could not keep.
  bool Truncated = false;       ///< The records end before their time.
};

class PerfFile {
public:
  /// Errors: not such a file, of another byte order, without branches,
  /// compressed, or written to a pipe. \p Bytes has to stay.
  static llvm::Expected<PerfFile> open(llvm::StringRef Bytes);

  /// Calls \p See with each sample's process and branches, the latest first.
  PerfSummary forEachSample(
      llvm::function_ref<void(uint32_t Process, llvm::ArrayRef<TakenBranch>)>
          See) const;

  /// What is at \p Address in the process, or null. Of two files that were
  /// there one after the other neither is.
  const PerfMapping *at(uint32_t Process, uint64_t Address) const;

private:
  struct Event {
    uint64_t SampleType = 0, ReadFormat = 0, BranchType = 0;
    std::vector<uint64_t> Ids;
  };
  llvm::Error readEvents(llvm::StringRef Bytes, uint64_t Offset, uint64_t Size,
                         uint64_t EntrySize);
  void readBuildIds(llvm::StringRef Bytes, uint64_t TableAt, uint64_t Features);
  void readMappings();
  const Event *eventOf(llvm::StringRef Sample) const;
  bool readSample(llvm::StringRef Sample, uint32_t &Process,
                  std::vector<TakenBranch> &Branches) const;
  PerfSummary forEachRecord(
      llvm::function_ref<bool(uint32_t Type, uint16_t Misc, llvm::StringRef)>
          See) const;

  llvm::StringRef Records;
  bool RecordsCut = false;
  std::vector<Event> Events;
  std::map<uint32_t, std::vector<PerfMapping>> Mappings;
  std::map<uint32_t, uint32_t> Parents;
  std::map<std::string, std::string> BuildIds; ///< By path.
};

/// True if \p Bytes begin like a perf.data file, of either byte order.
bool isPerfFile(llvm::StringRef Bytes);

} // namespace speciate

#endif
