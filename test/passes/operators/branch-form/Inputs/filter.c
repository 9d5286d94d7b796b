// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
int filter(const int *X, int N, int Low, int High, int *Out) {
  int Kept = 0;
  for (int I = 0; I < N; ++I)
    if (X[I] > Low && X[I] < High && (X[I] & 5) != 4)
      Out[Kept++] = X[I];
  return Kept;
}
