//===- main.c - Random input for the hot code; ROUNDS and SEED as arguments ===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "work.h"
#include <stdio.h>
#include <stdlib.h>

enum { Count = 4096 };
static uint32_t Values[Count], Sorted[Count], Kept[Count];

int main(int Argc, char **Argv) {
  int Rounds = Argc > 1 ? atoi(Argv[1]) : 100;
  uint64_t State = Argc > 2 ? strtoull(Argv[2], 0, 10) : 1;
  uint64_t Sum = 0;
  for (unsigned I = 0; I < Count; ++I)
    Sorted[I] = I * 1000003u;
  for (int Round = 0; Round < Rounds; ++Round) {
    for (unsigned I = 0; I < Count; ++I) {
      State = State * 6364136223846793005u + 1442695040888963407u;
      Values[I] = State >> 33;
    }
    Sum += keepEven(Values, Count, Kept);
    for (unsigned I = 0; I < Count; I += 8)
      Sum += findAtLeast(Sorted, Count, Kept[I] ^ Values[I]);
  }
  printf("%llu\n", (unsigned long long)Sum);
  return Sum == 42;
}
