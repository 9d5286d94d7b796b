// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* A loop of about 40 instructions: hashes a buffer, over and over. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) uint64_t mix(const uint32_t *From, long N,
                                       uint64_t H) {
  uint32_t A = (uint32_t)H, B = (uint32_t)(H >> 32), C = 0x9e3779b9u;
#pragma clang loop vectorize(disable) unroll(disable)
  for (long I = 0; I < N; ++I) {
    uint32_t X = From[I];
    A += X;
    A -= C;
    A ^= (C << 4) | (C >> 28);
    C += B;
    B -= A;
    B ^= (A << 6) | (A >> 26);
    A += C;
    C -= B;
    C ^= (B << 8) | (B >> 24);
    B += A;
    A -= C;
    A ^= (C << 16) | (C >> 16);
    C += B;
    C -= B;
    C ^= (B << 4) | (B >> 28);
    B += A;
    if (X & 0x80000000u)
      C ^= X >> 3;
  }
  return (uint64_t)B << 32 | (A ^ C);
}

int main(int Argc, char **Argv) {
  const long Calls = Argc > 1 ? atol(Argv[1]) : 20000;
  enum { Size = 2048 };
  static uint32_t Data[Size];
  uint64_t State = 1;
  for (int I = 0; I < Size; ++I) {
    State = State * 6364136223846793005ull + 1442695040888963407ull;
    Data[I] = (uint32_t)(State >> 33);
  }
  uint64_t H = 1;
  for (long I = 0; I < Calls; ++I)
    H = mix(Data, Size, H);
  printf("%llx\n", (unsigned long long)H);
  return 0;
}
