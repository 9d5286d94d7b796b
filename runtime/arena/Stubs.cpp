//===- runtime/arena/Stubs.cpp - Pads and stubs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   pad:   jmp stub
//   stub:  [cmpq %rsp, HighestStack; jae 1f; movq %rsp, HighestStack; 1:]
//          decq Counters[Region]; jz slow; jmp Target
//   slow:  lock btsl $0, Lock; jc slow
//          movl $Region, Slow; jmp speciate_arena_slow
//
// No register is touched, and at a function's entry the flags are dead.
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

namespace speciate {
namespace arena {

namespace {

/// Length of the no-op at \p P, 0 if it is something else.
unsigned nopLength(const uint8_t *P) {
  unsigned N = 0;
  while (P[N] == 0x66 || P[N] == 0x2e)
    ++N;
  if (P[N] == 0x90)
    return N + 1;
  if (P[N] != 0x0f || P[N + 1] != 0x1f)
    return 0;
  uint8_t Mode = P[N + 2];
  if (Mode & 0x38)
    return 0;
  N += 3;
  bool Sib = (Mode & 7) == 4 && (Mode >> 6) != 3;
  if (Sib)
    ++N;
  switch (Mode >> 6) {
  case 1:
    return N + 1;
  case 2:
    return N + 4;
  default:
    return N;
  }
}

class Emitter {
public:
  explicit Emitter(uint8_t *At) : At(At) {}
  void bytes(uint8_t A) { *At++ = A; }
  template <typename... T>
  void bytes(uint8_t A, T... Rest) {
    *At++ = A;
    bytes(Rest...);
  }
  void word(uint32_t Value) {
    sys::copy(At, &Value, 4);
    At += 4;
  }
  /// A displacement to \p To from the end of the instruction, \p Behind bytes
  /// after the displacement.
  void relative(const void *To, unsigned Behind = 0) {
    int64_t Distance = sys::addr(To) - (sys::addr(At) + 4 + Behind);
    InReach &= Distance == int32_t(Distance);
    word(uint32_t(Distance));
  }
  uint8_t *At;
  bool InReach = true;
};

uint8_t *stubOf(unsigned Region) { return state().Stubs + Region * StubSize; }

constexpr unsigned FollowSize = 16, CountSize = 13;

} // namespace

bool findPads() {
  State &S = state();
  const rt::ArenaRegion *Begin = __start_speciate_arena_regions;
  uint64_t Count = __stop_speciate_arena_regions - Begin;
  S.RegionCount = Count < rt::ArenaRegionsMax ? Count : rt::ArenaRegionsMax;
  constexpr long All = sys::ProtRead | sys::ProtWrite | sys::ProtExec;
  if (sys::failed(sys::call(sys::SysMprotect, sys::addr(S.Stubs),
                            sizeof(S.Stubs), All)))
    return false;
  for (unsigned R = 0; R < S.RegionCount; ++R) {
    auto *P = static_cast<uint8_t *>(const_cast<void *>(Begin[R].Entry));
    if (!P)
      continue;
    if (P[0] == 0xf3 && P[1] == 0x0f && P[2] == 0x1e && P[3] == 0xfa)
      P += 4;
    unsigned N = 0;
    while (N < rt::ArenaPadSize)
      if (unsigned Length = nopLength(P + N))
        N += Length;
      else
        break;
    int64_t Distance = sys::addr(stubOf(R)) - (sys::addr(P) + 5);
    if (N != rt::ArenaPadSize || Distance != int32_t(Distance))
      continue;
    S.Pads[R].Address = P;
    sys::copy(S.Pads[R].Original, P, sizeof(S.Pads[R].Original));
  }
  return true;
}

static bool makePadWritable(uint8_t *P) {
  long First = sys::addr(P) & -long(PageSize);
  long End = sys::addr(P) + long(rt::ArenaPadSize);
  return !sys::failed(
      sys::call(sys::SysMprotect, First, End - First,
                sys::ProtRead | sys::ProtWrite | sys::ProtExec));
}

uint64_t bodyOf(unsigned Region) {
  return sys::addr(state().Pads[Region].Address) + rt::ArenaPadSize;
}

bool writeStub(unsigned Region, uint64_t Target, bool FollowStack) {
  State &S = state();
  if (Target ==
      uint64_t(sys::addr(__start_speciate_arena_regions[Region].Entry)))
    Target = bodyOf(Region);
  Emitter E(stubOf(Region));
  if (FollowStack) {
    E.bytes(0x48, 0x39, 0x25); // cmpq %rsp, HighestStack
    E.relative(&S.HighestStack);
    E.bytes(0x73, 0x07);       // jae
    E.bytes(0x48, 0x89, 0x25); // movq %rsp, HighestStack
    E.relative(&S.HighestStack);
  }
  E.bytes(0x48, 0xff, 0x0d); // decq
  E.relative(&S.Counters[Region]);
  E.bytes(0x0f, 0x84); // jz
  E.word(5);
  E.bytes(0xe9); // jmp
  E.relative(reinterpret_cast<void *>(Target));
  E.bytes(0xf0, 0x0f, 0xba, 0x2d); // lock btsl $0
  E.relative(&S.Lock, 1);
  E.bytes(0x00);
  E.bytes(0x72, 0xf5); // jc
  E.bytes(0xc7, 0x05); // movl
  E.relative(&S.Slow, 4);
  E.word(Region);
  E.bytes(0xe9); // jmp
  E.relative(reinterpret_cast<void *>(&speciate_arena_slow));
  return E.InReach;
}

void patchPad(unsigned Region) {
  uint8_t *P = state().Pads[Region].Address;
  if (!P || !makePadWritable(P))
    return;
  Emitter E(P);
  E.bytes(0xe9);
  E.relative(stubOf(Region));
}

void unpatchPad(unsigned Region) {
  Pad &P = state().Pads[Region];
  if (P.Address && *P.Address == 0xe9)
    sys::copy(P.Address, P.Original, 5);
}

void setResume(unsigned Region, bool FollowStack) {
  State &S = state();
  S.ResumeVia = uint64_t(
      sys::addr(reinterpret_cast<void *>(&speciate_arena_resume_entry)));
  *reinterpret_cast<uint64_t *>(S.Now.Gpr[Rsp] - 8) =
      sys::addr(stubOf(Region) + CountSize + (FollowStack ? FollowSize : 0));
}

} // namespace arena
} // namespace speciate
