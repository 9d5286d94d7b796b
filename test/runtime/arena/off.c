// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Without a folder, or with one that no session made, the runtime leaves the
// program alone: the pad stays as it was, the range is not mapped to a file.
//
// RUN: rm -rf %t && mkdir -p %t/empty %t/wrong && echo nonsense >%t/wrong/control
// RUN: %arena_cc %s %arena_rt -o %t/pie
// RUN: %arena_cc -no-pie -fno-pie %s %arena_rt -o %t/no-pie
// RUN: %arena_cc -static %s %arena_rt -o %t/static
// RUN: %t/pie && %t/no-pie && %t/static
// RUN: env SPECIATE_ARENA_DIR=%t/empty %t/pie
// RUN: env SPECIATE_ARENA_DIR=%t/missing %t/pie
// RUN: env SPECIATE_ARENA_DIR=relative %t/pie
// RUN: env SPECIATE_ARENA_DIR=%t/wrong %t/pie

#include <stdio.h>
#include <string.h>

__attribute__((noinline, patchable_function_entry(16, 0))) int work(int X) {
  __asm__ volatile("");
  return X * 3;
}

struct {
  const void *Entry;
  const char *Name;
  unsigned char Bytes[14];
  unsigned short Flags;
} Table __attribute__((section("speciate_arena_regions"), used, retain)) = {
    work, "work", {4}, 0};

extern char __speciate_arena_range[] __attribute__((visibility("hidden")));

int main(void) {
  // A jump or a call would be 0xe9 or 0xe8.
  unsigned char First = *(volatile unsigned char *)work;
  if (First == 0xe9 || First == 0xe8)
    return 1;
  FILE *Maps = fopen("/proc/self/maps", "r");
  char Line[1024];
  while (fgets(Line, sizeof(Line), Maps))
    if (strstr(Line, "/image") || strstr(Line, "/control"))
      return 2;
  // Zero-fill.
  if (__speciate_arena_range[12345] != 0)
    return 3;
  return work(14) != 42;
}
