//===- gp/verify/ArenaEquality.h - Two forks at the end of a window
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two children of one server ran the same window, one with the original of a
// region and one with a variant, and wait at the end marker. Their memory is
// compared where either of them wrote: there a page is mapped once only (bit 56
// of /proc/PID/pagemap), as the server and the other child do not have it. This
// holds only while the server sleeps. And it is compared where one of them has
// a page that the other one has not: given back (madvise), it is zero.
//
// Not compared:
//  - the stack below the highest stack pointer at which the region was entered
//    in the window: dead at some time in it, so that frames of the region,
//    which differ legally, may have been there (at an end inside of the region
//    these are also its active frames); the process's own stack only: of others
//    nobody knows where they begin;
//  - the runtime's own pages, and what the kernel writes for restartable
//    sequences;
//  - two words that point each into that part of the stack, or each into its
//    own image;
//  - the status flags of MXCSR.
//
// The records of system calls have to be equal (gp/verify/ArenaCalls.h).
//
// Registers: the argument registers of the region in the bytes that matter and,
// if no frame that was entered in the window can be active, the stack pointer
// and the registers that a callee preserves. The signal mask. The highest stack
// pointer at an entry: above it there are only frames of what is equal in both.
//
// Conservative: bytes that a program leaves uninitialized (padding, junk pushed
// to align the stack) or that are dead (freed memory) can differ without
// meaning.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_VERIFY_ARENAEQUALITY_H
#define SPECIATE_GP_VERIFY_ARENAEQUALITY_H

#include "runtime/speciate_arena_abi.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace speciate {

/// A line of /proc/PID/maps.
struct MemoryMapping {
  uint64_t Begin = 0, End = 0;
  std::string Permissions; ///< "rw-p"
  std::string Name;        ///< May be empty.

  bool operator==(const MemoryMapping &) const = default;
};

llvm::Expected<std::vector<MemoryMapping>> readMappings(int Pid);

/// \p M is the process's stack, and \p StackPointer on it. Only there a window
/// may begin: what is below a stack pointer elsewhere may be anything.
bool isStackAt(const MemoryMapping &M, uint64_t StackPointer);

/// A child that waits at the end of its window.
struct ArenaEnd {
  int Pid = 0;
  rt::ArenaReport Report;
  /// The code that it ran; empty for the program's own.
  uint64_t ImageBegin = 0, ImageEnd = 0;
};

/// Frames of the region may be active at the end: it was entered in the window
/// with a higher stack pointer.
inline bool endsInside(const rt::ArenaReport &R) {
  return R.AtMarker || R.StackPointer < R.HighestStackPointer;
}

/// What a comparison needs to know of the window.
struct ArenaFrame {
  uint64_t StackPointer = 0; ///< At the window's entry.
  uint64_t RuntimeBegin = 0, RuntimeEnd = 0;
  uint64_t RseqBegin = 0, RseqSize = 0;
  uint8_t IntBytes[rt::ArenaIntArgs] = {};
  uint8_t FpBytes[rt::ArenaFpArgs] = {};
  /// Compare all memory, not only what seems to be written, and take no end for
  /// equal at which frames of the region may be active: a check of the rest of
  /// the comparison, for tests.
  bool Everything = false;
};

struct ArenaDifference {
  /// "rdi: original 1, variant 2"; for memory: the bytes.
  std::string What;
  /// Of the first byte that differs, 0 if it is not memory.
  uint64_t Address = 0;
  std::string Mapping; ///< "[heap]"
};

struct ArenaComparison {
  std::optional<ArenaDifference> Difference;
  /// Pages that the original wrote, the runtime's left out, ascending.
  std::vector<uint64_t> Written;
  /// Pages that either wrote and that were compared.
  uint64_t PagesCompared = 0;
  /// Both have the same mappings as \p Before.
  bool MappingsChanged = false;
};

/// Compares the two ends. \p Before: mappings of the server. An Error means
/// that the processes could not be read.
llvm::Expected<ArenaComparison>
compareEnds(const ArenaEnd &Original, const ArenaEnd &Variant,
            const ArenaFrame &Frame, const std::vector<MemoryMapping> &Before);

} // namespace speciate

#endif
