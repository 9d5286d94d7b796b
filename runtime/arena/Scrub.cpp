//===- runtime/arena/Scrub.cpp - Makes the branch predictor forget
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Replaying one input teaches the predictor that input: with up to thousands of
// unpredictable branches a window, branchy code looks several times faster than
// it is on fresh input. Conditional jumps on random bits take these entries
// away again.
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

namespace speciate {
namespace arena {

void buildScrub() {
  State &S = state();
  sys::call(sys::SysMprotect, sys::addr(S.ScrubCode),
            (sizeof(S.ScrubCode) + PageSize - 1) & -PageSize,
            sys::ProtRead | sys::ProtWrite | sys::ProtExec);
  uint8_t *P = S.ScrubCode;
  for (unsigned I = 0; I < ScrubBranches; ++I) {
    if (I % 64 == 0) {
      const uint8_t Load[] = {0x48, 0x8b, 0x07,        // movq (%rdi), %rax
                              0x48, 0x83, 0xc7, 0x08}; // addq $8, %rdi
      sys::copy(P, Load, sizeof(Load));
      P += sizeof(Load);
    }
    const uint8_t Branch[] = {0x48, 0xd1, 0xe8, // shrq %rax
                              0x72, 0x01,       // jc over the nop
                              0x90};
    sys::copy(P, Branch, sizeof(Branch));
    P += sizeof(Branch);
  }
  *P = 0xc3;
  uint32_t Low, High;
  __asm__ volatile("rdtsc" : "=a"(Low), "=d"(High));
  S.Random = (uint64_t(High) << 32 | Low) | 1;
}

void scrub() {
  State &S = state();
  uint64_t X = S.Random;
  // xorshift64*, Vigna, "An experimental exploration of Marsaglia's xorshift
  // generators, scrambled", 2016.
  for (uint64_t &Word : S.RandomWords) {
    X ^= X >> 12;
    X ^= X << 25;
    X ^= X >> 27;
    Word = X * 0x2545f4914f6cdd1dull;
  }
  S.Random = X;
  const uint64_t *Bits = S.RandomWords;
  for (unsigned Pass = 0; Pass < ScrubPasses; ++Pass)
    __asm__ volatile("call *%1"
                     : "+D"(Bits)
                     : "r"(S.ScrubCode)
                     : "rax", "memory", "cc");
}

} // namespace arena
} // namespace speciate
