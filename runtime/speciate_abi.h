//===- runtime/speciate_abi.h - What the runtimes and the tools agree on
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout of a .speciateprof file, which one process of an instrumented
// program writes and profiles/read reads. No LLVM and no libc in here: the
// header is compiled into the user's program.
//
//   page 0      ProfileHeader
//   DataOffset  the __llvm_prf_data records, after relocation
//   NamesOffset the __llvm_prf_names section
//   CountersOffset (page aligned)  the pages of __llvm_prf_cnts
//   ValuesOffset   (page aligned)  ProfileSlots slots for every value site, in
//                  the order of the records and, in each, of the value kinds
//
// The counters of the program *are* the pages at CountersOffset (and the slots
// those at ValuesOffset): they are mapped shared, so that the file is right at
// any moment, whatever ends the process.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_SPECIATE_ABI_H
#define SPECIATE_RUNTIME_SPECIATE_ABI_H

#include <stdint.h>

namespace speciate {
namespace rt {

/// Bytes "SPECPROF" in memory. Stored last: a file without it was not finished.
constexpr uint64_t ProfileMagic = 0x464f525043455053ull;
constexpr uint32_t ProfileVersion = 2;
constexpr uint64_t ProfilePage = 4096;
/// Values kept for one site. compiler-rt keeps as many, and there are fewer
/// size ranges for memory operations, which are hence never evicted.
constexpr unsigned ProfileSlots = 24;
constexpr unsigned ProfileNameMax = 64;
constexpr char ProfileSuffix[] = ".speciateprof";
constexpr char ProfileDirVariable[] = "SPECIATE_PROFILE_DIR";
/// Below the working directory, when the variable is not set.
constexpr char ProfileDirDefault[] = "speciate.profile";
/// Seconds between dumps; not set: none in time.
constexpr char ProfileIntervalVariable[] = "SPECIATE_PROFILE_INTERVAL";

struct ProfileSlot {
  uint64_t Value;
  uint64_t Count; ///< 0: the slot is free.
};

/// Everything in the byte order of the machine.
struct ProfileHeader {
  uint64_t Magic;
  uint32_t Version;
  uint32_t HeaderSize;
  uint64_t FileSize;
  uint64_t
      RawVersion; ///< __llvm_profile_raw_version: version and variant bits.
  uint64_t DataOffset, DataSize;
  uint64_t NamesOffset, NamesSize;
  uint64_t CountersOffset, CountersSize;
  uint64_t ValuesOffset, ValuesSize;
  uint64_t DataAddress;     ///< Of the first record in the process.
  uint64_t CountersAddress; ///< Of the byte at CountersOffset in the process.
  uint64_t LoadBias;
  uint32_t SlotsPerSite;
  uint32_t Pid;
  uint32_t Parent; ///< Pid of the process that this one was forked from, or 0.
  /// 0: the process's own file; N: its N-th dump, a copy at that moment.
  uint32_t Dump;
  uint64_t Run;                 ///< Random; the same in a file and its dumps.
  char Program[ProfileNameMax]; ///< Base name, ends in 0.
};

/// A record of __llvm_prf_data (llvm/ProfileData/InstrProfData.inc); the reader
/// checks at build time that LLVM agrees.
struct ProfileRecord {
  uint64_t NameRef;
  uint64_t FuncHash;
  uint64_t CounterPtr; ///< Relative to the record.
  uint64_t BitmapPtr;
  uint64_t FunctionPointer;
  ProfileSlot *Values;
  uint32_t NumCounters;
  uint16_t NumValueSites[3];
  uint32_t NumBitmapBytes;
};
static_assert(sizeof(ProfileRecord) == 64, "as LLVM lays it out");

} // namespace rt
} // namespace speciate

#endif
