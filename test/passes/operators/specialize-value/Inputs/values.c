// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What specialize-value is for: a width that is nearly always 8, a table whose
// size never changes, a stride that was read from a structure. PART takes one
// function.
#include <stdint.h>
#include <stdio.h>

typedef struct {
  uint32_t Size;
  uint32_t Step;
} Table;

uint32_t sum(const uint8_t *In, int N, int Width);
uint32_t probe(const Table *T, const uint8_t *In, int N);

#if !defined(PART) || PART == 1
__attribute__((noinline)) uint32_t sum(const uint8_t *In, int N, int Width) {
  uint32_t Sum = 0;
  for (int I = 0; I + Width <= N; I += Width) {
    uint32_t Word = 0;
    for (int J = 0; J < Width; ++J)
      Word = Word * 3 + In[I + J];
    Sum ^= Word;
  }
  return Sum;
}

#endif
#if !defined(PART) || PART == 2
__attribute__((noinline)) uint32_t probe(const Table *T, const uint8_t *In,
                                         int N) {
  uint32_t Sum = 0, Size = T->Size, Step = T->Step;
  for (int I = 0; I < N; ++I)
    Sum = Sum * 7 + (In[I] * 2654435761u + Sum) % Size + In[(I * Step) % N];
  return Sum;
}

#endif
#if !defined(PART) || PART == 3
int main(void) {
  static uint8_t In[4096];
  uint32_t State = 12345, All = 0;
  for (int I = 0; I < 4096; ++I)
    In[I] = (State = State * 1664525u + 1013904223u) >> 24;
  for (int Round = 0; Round < 400; ++Round) {
    Table T = {Round % 50 ? 1024 : 1021 - Round, 1 + (Round % 40 == 7)};
    All = All * 5 + sum(In, 4096 - Round, Round % 60 == 9 ? 3 : 8);
    All = All * 5 + probe(&T, In, 4096 - Round);
  }
  printf("%u\n", All);
  return 0;
}
#endif
