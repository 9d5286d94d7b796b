//===- runtime/detail/State.h - What the parts of the runtime share
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_DETAIL_STATE_H
#define SPECIATE_RUNTIME_DETAIL_STATE_H

#include "runtime/speciate_detail_abi.h"

#define SPECIATE_HIDDEN __attribute__((visibility("hidden")))

/// The registers of a hot loop stay where they are around the rare calls. In
/// IR: preserve_mostcc.
#define SPECIATE_RARE __attribute__((preserve_most))

extern "C" {
// Named by the linker. Weak: a section may be missing.
extern SPECIATE_HIDDEN __attribute__((weak))
speciate::rt::ValueSite __start___speciate_vals[];
extern SPECIATE_HIDDEN __attribute__((weak))
speciate::rt::ValueSite __stop___speciate_vals[];
extern SPECIATE_HIDDEN __attribute__((weak))
speciate::rt::BranchSite __start___speciate_brs[];
extern SPECIATE_HIDDEN __attribute__((weak))
speciate::rt::BranchSite __stop___speciate_brs[];
extern SPECIATE_HIDDEN __attribute__((weak))
speciate::rt::PathSite __start___speciate_paths[];
extern SPECIATE_HIDDEN __attribute__((weak))
speciate::rt::PathSite __stop___speciate_paths[];
extern SPECIATE_HIDDEN __attribute__((weak)) char __start___speciate_text[];
extern SPECIATE_HIDDEN __attribute__((weak)) char __stop___speciate_text[];

// What instrumented code calls when a countdown has run out.
SPECIATE_HIDDEN SPECIATE_RARE void
__speciate_value(speciate::rt::ValueSite *Site, uint64_t Value);
/// \p Outcome: 1 if the first successor (or operand) was taken, else 0; of a
/// switch the number of the target.
SPECIATE_HIDDEN SPECIATE_RARE void
__speciate_branch(speciate::rt::BranchSite *Site, uint32_t Outcome);
/// The same in a program with threads.
SPECIATE_HIDDEN SPECIATE_RARE void
__speciate_branch_thread(speciate::rt::BranchSite *Site, uint32_t Outcome);

/// What a path's end calls when the countdown of paths has become negative.
SPECIATE_HIDDEN SPECIATE_RARE void __speciate_tick(void);
SPECIATE_HIDDEN SPECIATE_RARE void __speciate_tick_thread(void);

/// Not 0: branches report themselves.
extern SPECIATE_HIDDEN uint8_t __speciate_branch_on;
extern SPECIATE_HIDDEN __thread uint8_t __speciate_branch_thread_on
    __attribute__((tls_model("initial-exec")));
extern SPECIATE_HIDDEN int64_t __speciate_path_skip;
extern SPECIATE_HIDDEN __thread int64_t __speciate_path_thread_skip
    __attribute__((tls_model("initial-exec")));

/// The call of a region that runs: the upper 48 bits of the function's GUID and
/// the number of the call. Elsewhere 0.
extern SPECIATE_HIDDEN uint64_t __speciate_call_context;
extern SPECIATE_HIDDEN __thread uint64_t __speciate_call_thread_context
    __attribute__((tls_model("initial-exec")));
}

namespace speciate {
namespace rt {

/// The table of pairs of this process's file. Null: nothing is recorded.
struct PairsState {
  DetailHeader *Header;
  BranchPair *Table;
};
extern SPECIATE_HIDDEN PairsState Pairs;

inline uint64_t nextRandom(uint64_t &State) {
  State ^= State << 13;
  State ^= State >> 7;
  State ^= State << 17;
  return State >> 11;
}

} // namespace rt
} // namespace speciate

#endif
