/* Sorts and hashes; -DROUNDS sets the amount of work (4000: about 0.1 s). */
/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include <stdint.h>
#include <stdio.h>

enum { Count = 400 };
static uint32_t Keys[Count];
static uint32_t Table[4096];

static uint32_t step(uint32_t X) {
  X ^= X << 13;
  X ^= X >> 17;
  return X ^ (X << 5);
}

int main(void) {
  uint32_t X = 1, Sum = 0;
  for (int Round = 0; Round < ROUNDS; ++Round) {
    for (int I = 0; I < Count; ++I)
      Keys[I] = X = step(X);
    for (int I = 1; I < Count; ++I) {
      uint32_t Key = Keys[I];
      int J = I;
      for (; J > 0 && Keys[J - 1] > Key; --J)
        Keys[J] = Keys[J - 1];
      Keys[J] = Key;
    }
    for (int I = 0; I < Count; ++I)
      Sum += Table[Keys[I] >> 20]++;
  }
  printf("%u\n", Sum);
  return 0;
}
