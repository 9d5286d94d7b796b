// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every path through a loop has a counter, and every counter is exact, with
// switches, early exits, and calls that do not return.
//
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %clang -O1 -g -DREGION -fno-unroll-loops -S -emit-llvm %s -o region.ll
// RUN: %clang -O1 -c %s -o main.o
// RUN: %tools/speciate-stage detail --in region.ll --folder %t/detail --pic 1 --out region.o
// RUN: %clang -fuse-ld=lld main.o region.o %tools/../lib/speciate_detail_rt.o -o program
// RUN: ./program
// RUN: %tools/speciate-stage merge-detail --in detail --out detail.txt
// RUN: %python %S/Inputs/path-counts.py detail.txt > counts.txt
// RUN: FileCheck %s < counts.txt
// Six ways through the loop, by Ways[I] % 2 and Ways[I] / 2, 1000 to 6000 times,
// of which 0, 2, 3, 4, 5, 6 go on to the end of the function; 25 times in, five
// times out at once, and once to the call that does not return.
// CHECK: 1 2 3 4 5 5 6 25 1000 1998 2997 3996 4995 5994
#ifdef REGION
void note(int);
void first(int);
void second(int);
void third(int);
void stop(void) __attribute__((noreturn));
__attribute__((noinline)) int work(const unsigned char *Ways, int N) {
  if (N < 0)
    stop();
  for (int I = 0; I < N; ++I) {
    if (Ways[I] == 255)
      return I;
    if (Ways[I] & 1)
      note(1);
    switch (Ways[I] >> 1) {
    case 0:
      first(2);
      break;
    case 1:
      second(3);
      break;
    default:
      third(4);
    }
  }
  return N;
}
#else
#include <stdlib.h>
int work(const unsigned char *Ways, int N);
void note(int Which) {}
void first(int Which) {}
void second(int Which) {}
void third(int Which) {}
void stop(void) { exit(0); }
int main(void) {
  static unsigned char Ways[22000];
  int At = 0;
  // 1000 times way 0, ..., 6000 times way 5.
  for (int Way = 0; Way < 6; ++Way)
    for (int I = 0; I < 1000 * (Way + 1); ++I)
      Ways[At++] = Way;
  for (int I = 0; I < 20; ++I)
    work(Ways + 1050 * I, 1050); // All 21000, in 20 calls.
  Ways[0] = 255;
  for (int I = 0; I < 5; ++I)
    work(Ways, 10); // Out at once.
  work(Ways, -1);
  return 1;
}
#endif
