// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__thread int Depth;
__attribute__((noinline)) unsigned interpret(const unsigned char *Code, unsigned Acc) {
  static const void *const Table[] = {&&Stop, &&Add, &&Mul, &&Shift};
  static unsigned Count;
  goto *Table[*Code++];
Add:
  Acc += 77 + Count++;
  goto *Table[*Code++];
Mul:
  Acc *= 31;
  goto *Table[*Code++];
Shift:
  Acc ^= Acc >> 5;
  goto *Table[*Code++];
Stop:
  return Acc;
}
__attribute__((noinline)) unsigned classify(unsigned X) {
  static char Seen[64];
  unsigned R = 0;
  for (unsigned I = 0; I < 24; ++I, X = X * 5 + 1)
    switch (X % 13) {
    case 0: R += 3; break;
    case 1: R ^= 71; break;
    case 2: R -= X; break;
    case 3: Seen[X % 64]++; break;
    case 4: R += Seen[X % 64]; break;
    case 5: R *= 3; break;
    case 6: fputs(X == 1 ? "one\n" : "", stdout); break;
    case 7: R += strlen("seven") + X; break;
    case 8: R = R << 1 | R >> 31; break;
    case 9: R += abs((int)X % 10); break;
    default: ++R;
    }
  return R;
}
__attribute__((noinline)) unsigned search(unsigned X, unsigned N) {
  Depth++;
  if (N == 0)
    return X;
  return search(X * 3 + N, N - 1) + (X & 1 ? search(X >> 1, N / 4) : 0);
}
__attribute__((noinline)) unsigned copies(unsigned X, double By) {
  unsigned char A[96], B[96];
  memset(A, X, sizeof(A));
  for (int I = 0; I < 96; I += 3)
    A[I] = (unsigned char)(By * (I + X % 64));
  memcpy(B, A, sizeof(B));
  unsigned R = 0;
  for (int I = 0; I < 96; ++I)
    R += B[I] * (I & 7);
  return R;
}
