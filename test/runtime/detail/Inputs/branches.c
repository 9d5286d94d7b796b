// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Branches of known kinds, each with a call, so that it stays a branch.
#ifdef REGION
void note(int);
__attribute__((noinline)) void work(const unsigned *Random, int N) {
  for (int I = 0; I < N; ++I) {
    unsigned R = Random[I];
    if (R & 1)
      note(1); // half: line 8
    if ((R >> 8 & 3) == 0)
      note(2); // a quarter: line 10
    if ((R >> 16 & 15) == 0)
      note(3); // a sixteenth: line 12
#ifndef NOISE
    if (I & 1)
      note(4); // alternating: line 15
    if (I % 6 < 2)
      note(5); // a pattern: line 17
    if (R == 12345)
      note(6); // never: line 19
    if (R & 1)
      note(7); // as the first: line 21
#endif
  }
}
#else
#include <stdio.h>
void work(const unsigned *Random, int N);
static int Notes[8];
void note(int Which) { ++Notes[Which]; }
int main(void) {
  static unsigned Random[60000];
  unsigned long long State = 1;
  for (int I = 0; I < 60000; ++I) {
    State = State * 6364136223846793005ull + 1442695040888963407ull;
    Random[I] = State >> 33;
  }
  work(Random, 60000);
  for (int I = 1; I < 8; ++I)
    printf("%d\n", Notes[I]);
  return 0;
}
#endif
