// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Three branches that go either way half of the time. The first two go the same
// way always; the third one does not care.
#ifdef REGION
#define EITHER(X) __builtin_expect_with_probability((X) != 0, 1, 0.5)
void one(int *), two(int *), three(int *);
__attribute__((noinline)) void work(const unsigned char *Kind, int N, int *To) {
  for (int I = 0; I < N; ++I) {
    unsigned char K = Kind[I];
    if (EITHER(K & 1))
      one(To);
    if (EITHER(K & 2))
      two(To);
    if (EITHER(K & 4))
      three(To);
  }
}
#else
#include <stdio.h>
void work(const unsigned char *Kind, int N, int *To);
void one(int *To) { To[0] += 1; }
void two(int *To) { To[0] ^= 2; }
void three(int *To) { To[0] += 3; }
int main(void) {
  static unsigned char Kind[60000];
  int To[1] = {0};
  unsigned long long State = 1;
  for (int I = 0; I < 60000; ++I) {
    State = State * 6364136223846793005ull + 1442695040888963407ull;
    Kind[I] = (State >> 33 & 1) * 3 + (State >> 34 & 1) * 4;
  }
  work(Kind, 60000, To);
  printf("%d\n", To[0]);
}
#endif
