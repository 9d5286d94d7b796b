// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting and searching: branches as programs have them.
#ifdef REGION
void swap(int *A, int *B);
__attribute__((noinline)) int work(int *Data, int N, const int *Keys, int M) {
  int Found = 0;
  for (int Gap = N / 2; Gap > 0; Gap /= 2)
    for (int I = Gap; I < N; ++I)
      for (int J = I; J >= Gap; J -= Gap) {
        if (Data[J - Gap] <= Data[J])
          break;
        swap(&Data[J - Gap], &Data[J]);
      }
  for (int K = 0; K < M; ++K) {
    int Low = 0, High = N;
    while (Low < High) {
      int Mid = (Low + High) / 2;
      if (Data[Mid] < Keys[K])
        swap(0, &Low), Low = Mid + 1;
      else
        swap(0, &High), High = Mid;
    }
    if (Low < N && Data[Low] == Keys[K])
      swap(0, &Found), ++Found;
  }
  return Found;
}
#else
#include <stdio.h>
int work(int *Data, int N, const int *Keys, int M);
void swap(int *A, int *B) {
  if (A) {
    int T = *A;
    *A = *B;
    *B = T;
  }
}
int main(void) {
  static int Data[3000], Keys[2500];
  unsigned long long State = 1;
  for (int I = 0; I < 5500; ++I) {
    State = State * 6364136223846793005ull + 1442695040888963407ull;
    int *To = I < 3000 ? &Data[I] : &Keys[I - 3000];
    *To = (State >> 40) % 5000;
  }
  printf("%d\n", work(Data, 3000, Keys, 2500));
  return 0;
}
#endif
