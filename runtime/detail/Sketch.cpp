//===- runtime/detail/Sketch.cpp - Which values a program works on
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/detail/State.h"

using namespace speciate;
using namespace speciate::rt;

/// Space-Saving. The caller holds the lock.
static void count(ValueSlot *Slots, unsigned N, uint64_t Value,
                  uint64_t Weight) {
  ValueSlot *Least = Slots;
  for (ValueSlot *S = Slots; S != Slots + N; ++S) {
    if (S->Count && S->Value == Value) {
      S->Count += Weight;
      // Frequent values come to the front.
      if (S != Slots && S->Count > S[-1].Count) {
        ValueSlot Moved = *S;
        *S = S[-1];
        S[-1] = Moved;
      }
      return;
    }
    if (!S->Count) {
      S->Value = Value;
      S->Count = Weight;
      return;
    }
    if (S->Count < Least->Count)
      Least = S;
  }
  // In an order that keeps the bounds if the process is killed in between.
  Least->Excess = Least->Count;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  Least->Value = Value;
  Least->Count += Weight;
}

/// What is known without counting. The caller holds the lock.
static void look(ValueSketch &K, uint64_t Value, uint64_t Weight) {
  const unsigned Bits = K.Key.Bits ? K.Key.Bits : 64;
  const uint64_t Flipped = Value ^ (uint64_t(1) << (Bits - 1));
  if (!K.Looked++) {
    K.Min = K.Max = Value;
    K.SignedMin = K.SignedMax = Flipped;
    K.Ones = K.Any = Value;
  } else {
    K.Min = Value < K.Min ? Value : K.Min;
    K.Max = Value > K.Max ? Value : K.Max;
    K.SignedMin = Flipped < K.SignedMin ? Flipped : K.SignedMin;
    K.SignedMax = Flipped > K.SignedMax ? Flipped : K.SignedMax;
    K.Ones &= Value;
    K.Any |= Value;
    if (Value != K.Last)
      K.LastChange = K.Seen;
    if (K.HasLast) {
      ++K.Neighbours;
      K.Equal += Value == K.Last;
      count(K.Steps, StepSlots, Value - K.Last, Weight);
    }
  }
  K.Last = Value;
}

SPECIATE_RARE void __speciate_value(ValueSite *Site, uint64_t Value) {
  ValueSketch *K = __atomic_load_n(&Site->Sketch, __ATOMIC_ACQUIRE);
  if (!K) {
    __atomic_store_n(Site->Skip, UINT32_MAX, __ATOMIC_RELAXED);
    return;
  }
  __atomic_store_n(Site->Skip, 0, __ATOMIC_RELAXED);
  // Never waits: a signal handler may have interrupted the owner.
  if (__atomic_exchange_n(&K->Lock, 1, __ATOMIC_ACQUIRE))
    return;
  const bool Exact = K->Seen < ValuesExact;
  const uint64_t Weight = Exact                   ? 1
                          : K->Seen < ValuesDense ? ValuesStride
                                                  : ValuesSparse;
  ++K->Seen;
  look(*K, Value, Weight);
  K->Counted += Weight;
  count(K->Slots, ValueSlots, Value, Weight);
  if (Exact && K->Seen != ValuesExact) {
    K->HasLast = 1;
  } else if (!Exact && !K->HasLast) {
    K->HasLast = 1; // Its neighbour is next.
  } else {
    K->HasLast = 0;
    // Of 2 + distance events two are counted: the mean must be 2 * stride.
    const uint32_t Stride = K->Seen < ValuesDense ? ValuesStride : ValuesSparse;
    uint32_t Distance = nextRandom(K->Random) % (4 * Stride - 3);
    K->Seen += Distance;
    __atomic_store_n(Site->Skip, Distance, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&K->Lock, 0, __ATOMIC_RELEASE);
}
