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
constexpr uint32_t ProfileVersion = 1;
constexpr uint64_t ProfilePage = 4096;
/// Values kept for one site. compiler-rt keeps as many, and there are fewer
/// size ranges for memory operations, which are hence never evicted.
constexpr unsigned ProfileSlots = 24;
constexpr unsigned ProfileNameMax = 64;
constexpr char ProfileSuffix[] = ".speciateprof";
constexpr char ProfileDirVariable[] = "SPECIATE_PROFILE_DIR";
/// Below the working directory, when the variable is not set.
constexpr char ProfileDirDefault[] = "speciate.profile";

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
  uint32_t Reserved;
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

//===----------------------------------------------------------------------===//
// Values (.speciatevalues)
//===----------------------------------------------------------------------===//
//
// What one process saw at the value sites of its hot functions: page 0 is the
// header, then one sketch a site. Written in place through a shared mapping,
// like the counters.
//
// A sketch is that of Metwally, Agrawal and El Abbadi ("Efficient Computation
// of Frequent and Top-k Elements in Data Streams", ICDT 2005, Space-Saving): a
// value that has no slot takes the one with the least count and adds to it. So
// Count is at most Excess above the truth, Excess at most Counted / ValueSlots,
// and every value that makes up more than 1 / ValueSlots of the stream has a
// slot.
//
// The first ValuesExact events of a site are counted one by one; of the others
// one in ValuesStride on average, at pseudo-random distances, with that weight.

/// Bytes "SPECVALS" in memory. Stored last.
constexpr uint64_t ValuesMagic = 0x534c415643455053ull;
constexpr uint32_t ValuesVersion = 1;
constexpr unsigned ValueSlots = 16;
constexpr uint64_t ValuesExact = 4096;
constexpr uint32_t ValuesStride = 16;
constexpr char ValuesSuffix[] = ".speciatevalues";

struct ValuesHeader {
  uint64_t Magic;
  uint32_t Version;
  uint32_t HeaderSize;
  uint64_t FileSize;
  uint64_t Sites;
  uint32_t SketchSize;
  uint32_t SlotsPerSite;
  uint32_t Pid;
  uint32_t Parent; ///< Pid of the process that this one was forked from, or 0.
  char Program[ProfileNameMax];
};

/// Which value of which function: passes/instrument/ValueProfile.h.
struct ValueKey {
  uint64_t Function;
  uint64_t CfgHash;
  uint32_t Kind;
  uint32_t Ordinal;
  uint32_t Parameter;
  uint32_t Bits; ///< Of the value's type.
};

struct ValueSlot {
  uint64_t Value;
  uint64_t Count; ///< 0: the slot is free.
  uint64_t Excess;
};

struct ValueSketch {
  ValueKey Key;
  uint64_t Seen;    ///< Events.
  uint64_t Counted; ///< The weights of those that went into slots.
  uint64_t Random;
  uint32_t Skip; ///< Events until the next that is counted.
  uint32_t Lock; ///< 1 while a thread changes slots; others pass by.
  ValueSlot Slots[ValueSlots];
};

/// What instrumented code has in the section __speciate_vals.
struct ValueSite {
  ValueKey Key;
  ValueSketch *Sketch; ///< Null: nothing is recorded.
};
static_assert(sizeof(ValueSite) == 40 && alignof(ValueSite) == 8,
              "as passes/instrument lays it out");

} // namespace rt
} // namespace speciate

#endif
