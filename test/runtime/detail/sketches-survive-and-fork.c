// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a process saw is in its file after _exit and after SIGKILL; a forked
// child has a file of its own; the sum is exact below the sampling bound.
//
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %clang -O1 -DREGION -S -emit-llvm %s -o region.ll
// RUN: %clang -O1 -c %s -o main.o
// RUN: %tools/speciate-stage detail --in region.ll --folder %t/values --pic 1 --out region.o
// RUN: %clang -fuse-ld=lld main.o region.o %tools/../lib/speciate_detail_rt.o -o program
// RUN: ./program
// RUN: %tools/speciate-stage merge-detail --in %t/values --out values.txt
// RUN: ls values | count 3
// RUN: FileCheck %s < values.txt
// Of argument 1, 32 bits: seen, counted, looked at, least and greatest; the two
// values with their counts.
// CHECK: {{^value [0-9a-f]+ [0-9a-f]+ 0 0 1}} 32 360 360 360 5 9 {{.*}} 0,5:210:210,9:150:150 
#ifdef REGION
__attribute__((noinline)) int work(int X, int Y) { return Y ? X % Y : X; }
#else
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
int work(int X, int Y);
int main(void) {
  volatile int Sum = 0;
  for (int I = 0; I < 100; ++I)
    Sum += work(I, 5);
  if (!fork()) {
    for (int I = 0; I < 150; ++I)
      Sum += work(I, 9);
    kill(getpid(), SIGKILL);
  }
  wait(0);
  if (!fork()) {
    for (int I = 0; I < 60; ++I)
      Sum += work(I, 5);
    _exit(0);
  }
  wait(0);
  for (int I = 0; I < 50; ++I)
    Sum += work(I, 5);
  _exit(0);
}
#endif
