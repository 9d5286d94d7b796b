// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <stdio.h>
#include <stdlib.h>
extern __thread int Depth;
unsigned interpret(const unsigned char *Code, unsigned Input);
unsigned classify(unsigned X);
unsigned search(unsigned X, unsigned N);
unsigned copies(unsigned X, double By);
int main(int argc, char **argv) {
  unsigned N = atoi(argv[1]), Sum = 0;
  static const unsigned char Code[] = {1, 2, 3, 1, 2, 2, 1, 3, 3, 1, 2, 0};
  for (unsigned I = 0; I < N; ++I) {
    Sum += interpret(Code, I);
    Sum += classify(I * 2654435761u >> 7);
    Sum += search(I, 12);
    Sum += copies(I, 1.5);
  }
  printf("%u %d\n", Sum, Depth);
  return 0;
}
