// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What it does is known by construction: see report.test.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned Kind[1000], Noise[1000];
static int Mode, Factor;
static long Sums[4];

__attribute__((noinline)) static void add(long *To, unsigned Kind, int Scale) {
  if (Kind == 3)         // As the caller has found out.
    To[0] += Scale;      // A quarter.
  else
    To[1] -= Scale;
  __asm__ volatile("" : : "r"(To) : "memory");
}

__attribute__((noinline)) static void work(long *To, int N) {
  for (int I = 0; I < N; ++I) {
    if (Kind[I] == 3)
      __asm__ volatile("# rare");
    if (Noise[I] & 64)
      __asm__ volatile("# noise");
    if (Mode == 7)
      __asm__ volatile("# mode");
    add(To, Kind[I], Factor);
  }
}

int main(int argc, char **argv) {
  unsigned long long State = 1;
  Mode = argc > 1 ? 7 : 6;
  Factor = argc ? 5 : 4;
  for (int Round = 0; Round < 300; ++Round) {
    for (int I = 0; I < 1000; ++I) {
      State = State * 6364136223846793005ull + 1442695040888963407ull;
      Kind[I] = State >> 62;
      Noise[I] = State >> 33;
    }
    work(Sums, argc ? 1000 : 10);
  }
  printf("%ld %ld\n", Sums[0], Sums[1]);
  if (argc > 1 && !strcmp(argv[1], "serve")) {
    fflush(stdout);
    for (;;)
      pause();
  }
  return 0;
}
