//===- work.c - The hot code of the driver tests --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "work.h"

uint64_t keepEven(const uint32_t *Values, unsigned Count, uint32_t *Kept) {
  unsigned N = 0;
  uint64_t Sum = 0;
  for (unsigned I = 0; I < Count; ++I)
    if (Values[I] & 64) {
      Kept[N++] = Values[I];
      Sum += Values[I] % 1000;
    }
  return Sum + N;
}

unsigned findAtLeast(const uint32_t *Sorted, unsigned Count, uint32_t Key) {
  unsigned Low = 0, High = Count;
  while (Low < High) {
    unsigned Middle = (Low + High) / 2;
    if (Sorted[Middle] < Key)
      Low = Middle + 1;
    else
      High = Middle;
  }
  return Low;
}
