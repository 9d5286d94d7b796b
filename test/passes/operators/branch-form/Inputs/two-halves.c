// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two choices, each half of the time one way: by noise, and by turns.
#ifdef REGION
__attribute__((noinline)) void work(const unsigned *Noise, int N, int *To) {
  for (int I = 0; I < N; ++I) {
    To[0] += (Noise[I] & 64) ? To[1] : To[2]; // line 6
    To[3] += (I & 1) ? To[4] : To[5];         // line 7
  }
}
#else
#include <stdio.h>
void work(const unsigned *Noise, int N, int *To);
int main(void) {
  static unsigned Noise[60000];
  int To[6] = {0, 1, 2, 0, 3, 4};
  unsigned long long State = 1;
  for (int I = 0; I < 60000; ++I) {
    State = State * 6364136223846793005ull + 1442695040888963407ull;
    Noise[I] = State >> 33;
  }
  work(Noise, 60000, To);
  printf("%d %d\n", To[0], To[3]);
}
#endif
