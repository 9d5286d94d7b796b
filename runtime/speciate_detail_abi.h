//===- runtime/speciate_detail_abi.h - What detailed profiles look like
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout of a .speciatedetail file, which one process of a program with
// detailed regions writes in place through a shared mapping, so that the file
// is right at any moment, whatever ends the process: page 0 is the header, the
// tables follow at the offsets that it names, each aligned to 8.
//
//   values    one sketch a value site
//   branches  one record a branch, select or switch
//   paths     one record a function: which counters are its paths'
//   counters  of the paths
//   pairs     which branches went together: a hash table of fixed size
//   text      a line of JSON a function: what the sites and paths are in terms
//             of the source (passes/instrument/DetailMeta.h)
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_SPECIATE_DETAIL_ABI_H
#define SPECIATE_RUNTIME_SPECIATE_DETAIL_ABI_H

#include "runtime/speciate_abi.h"

namespace speciate {
namespace rt {

/// Bytes "SPECDETL" in memory. Stored last: a file without it was not finished.
constexpr uint64_t DetailMagic = 0x4c54454443455053ull;
constexpr uint32_t DetailVersion = 2;
constexpr char DetailSuffix[] = ".speciatedetail";

/// As gp/genome/Genome.h numbers the kinds of sites; passes/instrument checks.
enum DetailKind : uint32_t {
  KindFunction,
  KindCall,
  KindLoop,
  KindBranch,
  KindSelect,
  KindSwitch,
  KindLoad,
};

/// What a value is at its site. Below FirstPair: the number of an argument at
/// the function's site, the value itself at all others.
enum DetailParameter : uint32_t {
  /// Of a load: the address.
  LoadAddress = 1,
  /// Of a function: FirstPair + 64 * I + J is pointer argument J less pointer
  /// argument I, in bytes.
  FirstPair = 0x1000,
  /// Of a function: from which call it was entered (see CallContext), or 0.
  Context = 0x2000,
  /// Of a function: FirstDivisor + N is what its N-th division divides by.
  FirstDivisor = 0x3000,
};

struct DetailTable {
  uint64_t Offset;
  uint64_t Count; ///< Of the text: bytes.
};

/// Everything in the byte order of the machine.
struct DetailHeader {
  uint64_t Magic;
  uint32_t Version;
  uint32_t HeaderSize;
  uint64_t FileSize;
  DetailTable Values, Branches, Paths, Counters, Pairs, Text;
  /// Events that found no place in the table of pairs.
  uint64_t PairsDropped;
  uint32_t Pid;
  uint32_t Parent; ///< Pid of the process that this one was forked from, or 0.
  /// As ProfileHeader's.
  uint64_t Run;
  uint32_t Dump;
  uint32_t Reserved;
  char Program[ProfileNameMax]; ///< Base name, ends in 0.
};

/// A place in a function: names it as genes do.
struct ValueKey {
  uint64_t Function; ///< GUID
  uint64_t CfgHash;
  uint32_t Kind; ///< DetailKind
  uint32_t Ordinal;
  uint32_t Parameter; ///< DetailParameter
  uint32_t Bits;      ///< Of the value's type.
};

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//
//
// A sketch is that of Metwally, Agrawal and El Abbadi ("Efficient Computation
// of Frequent and Top-k Elements in Data Streams", ICDT 2005, Space-Saving): a
// value that has no slot takes the one with the least count and adds to it. So
// Count is at most Excess above the truth, Excess at most Counted / ValueSlots,
// and every value that makes up more than 1 / ValueSlots of the stream has a
// slot. Differences between neighbours go to a second, smaller one.
//
// The first ValuesExact events of a site are looked at one by one; of those up
// to ValuesDense one in ValuesStride on average, of the others one in
// ValuesSparse, two neighbours at a time, at pseudo-random distances, with that
// weight. What is said of a site (range,
// bits, neighbours) is said of the events that were looked at: if n of them
// show no exception, then with 95 % confidence fewer than 3/n of all are one.

constexpr unsigned ValueSlots = 16;
constexpr unsigned StepSlots = 4;
constexpr uint64_t ValuesExact = 4096;
constexpr uint64_t ValuesDense = 1 << 16;
constexpr uint32_t ValuesStride = 16;
constexpr uint32_t ValuesSparse = 128;

struct ValueSlot {
  uint64_t Value;
  uint64_t Count; ///< 0: the slot is free.
  uint64_t Excess;
};

struct ValueSketch {
  ValueKey Key;
  uint64_t Seen;    ///< Events; after ValuesExact, up to 4 strides too many.
  uint64_t Counted; ///< The weights of those that went into slots.
  uint64_t Random;
  uint32_t Lock; ///< 1 while a thread changes the sketch; others pass by.
  /// Of the two neighbours, 1: the second is next.
  uint32_t HasLast;
  uint64_t Looked; ///< Events that went into what follows, without weights.
  uint64_t Last;
  uint64_t Min, Max; ///< Unsigned.
  /// Signed, with the sign bit of the type flipped.
  uint64_t SignedMin, SignedMax;
  uint64_t Ones; ///< Bits that were set in all.
  uint64_t Any;  ///< Bits that were set in one.
  /// Neighbours that were compared, and how many of them were equal.
  uint64_t Neighbours;
  uint64_t Equal;
  /// Seen when a value was last looked at that differed from the one looked at
  /// before it; 0: never.
  uint64_t LastChange;
  ValueSlot Slots[ValueSlots];
  ValueSlot Steps[StepSlots]; ///< Value: neighbour less neighbour.
};

/// What instrumented code has in the section __speciate_vals.
struct ValueSite {
  ValueKey Key;
  ValueSketch *Sketch; ///< Null: nothing is recorded.
  /// Events to pass by. Counted down in place; 0: __speciate_value is called.
  /// Elsewhere, so that those of many sites share a line of the cache.
  uint32_t *Skip;
};
static_assert(sizeof(ValueSite) == 48 && alignof(ValueSite) == 8,
              "as passes/instrument lays it out");

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//
//
// The stream of all branches of the regions, in the order in which they ran,
// goes through a model of a branch predictor (runtime/detail/Predictor.h): all
// of the first BranchesExact, then those in bursts of BranchBurst paths out of
// BranchPeriod on average, with the weight of what they stand for. BranchWarm
// more paths at the start of each only fill the history. Ends of paths, not
// branches, are counted down: an add to memory at every branch would be the
// longest chain of the program. What is between the branches of regions, code
// that is not in one, the model does not see.

constexpr uint64_t BranchesExact = 1 << 18;
constexpr uint32_t BranchBurst = 1 << 11;
constexpr uint32_t BranchWarm = 1 << 6;
constexpr uint32_t BranchWeight = 64;
constexpr uint32_t BranchPeriod = BranchBurst * BranchWeight;
/// How far apart, in events, two branches can be and go together.
constexpr unsigned PairReach = 16;
constexpr unsigned PairTable = 1 << 13;

/// Counts are weighted.
struct BranchRecord {
  ValueKey Key;
  uint64_t Seen;
  uint64_t Taken; ///< To the first successor. Of a switch: 0.
  uint64_t Wrong; ///< Guessed wrong by the model.
  /// Guessed wrong by a two-bit counter of its own: what the counts alone and
  /// no history would do. Of a switch: by its last target.
  uint64_t WrongAlone;
  uint64_t Changes; ///< Went another way than the time before.
  uint32_t Last;    ///< Of a switch: its last target. Else 1 + the last way.
  uint32_t Counter; ///< Two bits; above them, its own last ways.
};

/// What instrumented code has in the section __speciate_brs.
struct BranchSite {
  ValueKey Key;
  BranchRecord *Record; ///< Null: nothing is recorded.
};
static_assert(sizeof(BranchSite) == 40, "as passes/instrument lays it out");

/// When branch Second ran, First was among the PairReach branches before it.
struct BranchPair {
  uint32_t First, Second; ///< Indices of branches, from 1; 0: free.
  uint64_t Count[2][2];   ///< By the ways of the first and of the second.
};

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// What instrumented code has in the section __speciate_paths, and, with the
/// index of the first counter in place of the pointer, the file's record.
struct PathSite {
  uint64_t Function;
  uint64_t CfgHash;
  uint64_t Paths; ///< How many counters.
  union {
    uint64_t *Counters; ///< Null: nothing is recorded.
    uint64_t First;
  };
};
static_assert(sizeof(PathSite) == 32, "as passes/instrument lays it out");

} // namespace rt
} // namespace speciate

#endif
