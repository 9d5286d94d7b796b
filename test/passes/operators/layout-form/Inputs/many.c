// Functions that are called in another order than they are written in, with
// branches that the profile knows, and a double jump for the peepholes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <stdio.h>
#include <stdlib.h>

#define OWN __attribute__((noinline))
static unsigned Table[1024];

OWN void rare(unsigned X) {
  if (X == 0x12345678)
    puts("rare");
  for (unsigned I = 0; I < 1024; ++I)
    Table[I] = Table[I] * 5 + X;
}

OWN unsigned last(unsigned X) {
  if (X == 0x80000001)
    rare(X);
  return X * 2654435761u ^ Table[X % 1024];
}

OWN unsigned odd(unsigned X) {
  if (X % 1000 == 1) {
    rare(X);
    return 1;
  }
  return last(X) + 3;
}

OWN unsigned unused(unsigned X) {
  if (X & 1)
    return odd(X / 2);
  return last(X / 3);
}

OWN unsigned even(unsigned X) {
  switch (X % 7) {
  case 0:
    return last(X + 1);
  case 1:
  case 2:
    return X ^ 5;
  case 6:
    if (X > 4000000000u)
      return unused(X);
    return last(X / 2) - 1;
  default:
    return X + 9;
  }
}

OWN unsigned step(unsigned X) {
  unsigned R = X & 1 ? odd(X) : even(X);
  if (R == 0xfffffff0)
    R = unused(R);
  return R;
}

int main(int Argc, char **Argv) {
  unsigned N = Argc > 1 ? atoi(Argv[1]) : 1000, X = 7, Sum = 0;
  for (unsigned I = 0; I < N; ++I) {
    X = X * 1103515245u + 12345u;
    Sum += step(X >> 3);
  }
  printf("%u\n", Sum);
  return 0;
}
