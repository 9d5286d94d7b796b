// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// With -DHOST a program whose region throws; without it a variant of the region,
// to be linked at an address of the arena's range.

#include <cstdint>

extern "C" long thrower(long X);

#ifndef HOST

extern "C" __attribute__((noinline)) long helper(long X) {
  __asm__ volatile("" ::: "memory");
  if (X % 5 == 0)
    throw X * 2;
  return X;
}
extern "C" long thrower_again(long X) {
  return helper(X) + 1;
}

#else

struct Region {
  const void *Entry;
  const char *Name;
  uint8_t IntBytes[6], FpBytes[8];
  uint16_t Flags;
};

__attribute__((noinline, patchable_function_entry(16, 0))) long
thrower(long X) {
  __asm__ volatile("" ::: "memory");
  if (X % 5 == 0)
    throw X * 2;
  return X + 1;
}
__attribute__((section("speciate_arena_regions"), used, retain)) Region
    Region_thrower = {reinterpret_cast<const void *>(&thrower),
                      "thrower",
                      {8},
                      {0},
                      0};

long Sum, Caught;
int main() {
  for (long I = 0; I < 100000; ++I)
    try {
      Sum += thrower(I);
    } catch (long X) {
      Caught += X;
    }
  return Sum == Caught;
}

#endif
