/* Computes for MORE times about 10 ms. */
/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include <stdio.h>
#ifndef MORE
#define MORE 1
#endif

int main(void) {
  volatile unsigned X = 1;
  for (long I = 0; I < MORE * 5000000L; ++I)
    X = X * 1664525u + 1013904223u;
  printf("%u\n", X);
  return 0;
}
