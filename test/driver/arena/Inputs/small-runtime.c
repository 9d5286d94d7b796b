// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// In place of the arena's runtime (the ABI is runtime/speciate_arena_abi.h):
// just enough to run a whole program with one image in place of a region.
//   TEST_DESCRIBE=FILE  writes the description, exits.
//   TEST_IMAGE=FILE TEST_BASE=HEX TEST_ENTRY=HEX TEST_REGION=N TEST_EHFRAME=HEX
//   TEST_MARKER=N       puts the image there and its address into the region's
//                       pad; at the end of the program, says how often the
//                       region was entered; with TEST_MARKER, ends the program
//                       at the N-th pass of the marked loop, with code 77.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))
enum { Pad = 16, RangeSize = 64 << 20 };
struct Region {
  char *Entry;
  const char *Name;
  uint8_t IntBytes[6], FpBytes[8];
  uint16_t Flags;
};
struct External {
  const char *Name;
  const void *Address;
};
extern HIDDEN __attribute__((weak)) struct Region
    __start_speciate_arena_regions[],
    __stop_speciate_arena_regions[];
extern HIDDEN __attribute__((weak)) struct External
    __start_speciate_arena_externals[],
    __stop_speciate_arena_externals[];
extern HIDDEN char __ehdr_start[];
extern __attribute__((weak)) void __register_frame_info(const void *, void *);
HIDDEN char __speciate_arena_range[RangeSize] __attribute__((aligned(4096)));
// The count, and two words of the marker's own.
HIDDEN int64_t __speciate_arena_marker[3] = {INT64_MAX};
HIDDEN __attribute__((used)) int64_t TestEntries;
HIDDEN void __speciate_arena_marker_end(void);

static __attribute__((used)) void atMarker(void) {
  fflush(stdout);
  _exit(77);
}
// The stack is wherever the image has it.
__asm__(".globl __speciate_arena_marker_end\n"
        ".hidden __speciate_arena_marker_end\n"
        "__speciate_arena_marker_end:\n"
        "subq $128, %rsp\n"
        "andq $-64, %rsp\n"
        "call atMarker\n");

static uint64_t number(const char *Name) {
  const char *Text = getenv(Name);
  return Text ? strtoull(Text, 0, 16) : 0;
}

static void check(int Good, const char *What) {
  if (!Good) {
    fprintf(stderr, "test runtime: %s\n", What);
    _exit(99);
  }
}

static void describe(const char *Path) {
  FILE *Out = fopen(Path, "w");
  check(Out != 0, "cannot write the description");
  fprintf(Out, "load-base %lx\nrange %lx %x\n", (uint64_t)__ehdr_start,
          (uint64_t)__speciate_arena_range, RangeSize);
  fprintf(Out, "runtime %lx %lx\nmarker %lx\nmarker-end %lx\n",
          (uint64_t)&TestEntries, (uint64_t)(&TestEntries + 1),
          (uint64_t)__speciate_arena_marker,
          (uint64_t)__speciate_arena_marker_end);
  unsigned Index = 0;
  for (struct Region *R = __start_speciate_arena_regions;
       R < __stop_speciate_arena_regions; ++R) {
    fprintf(Out, "region %x %lx %lx ", Index++, (uint64_t)R->Entry,
            (uint64_t)R->Entry);
    for (int I = 0; I < 6; ++I)
      fprintf(Out, "%02x", R->IntBytes[I]);
    fprintf(Out, " ");
    for (int I = 0; I < 8; ++I)
      fprintf(Out, "%02x", R->FpBytes[I]);
    fprintf(Out, " %x %s\n", R->Flags, R->Name);
  }
  for (struct External *E = __start_speciate_arena_externals;
       E < __stop_speciate_arena_externals; ++E)
    fprintf(Out, "external %lx %s\n", (uint64_t)E->Address, E->Name);
  fclose(Out);
  _exit(0);
}

// incq TestEntries(%rip); jmp Target, in the last page of the range; the flags
// matter to nobody at an entry.
static void enter(char *At, uint64_t Target) {
  char *Stub = __speciate_arena_range + RangeSize - 4096;
  int32_t Distance = (char *)&TestEntries - (Stub + 7);
  memcpy(Stub, "\x48\xff\x05", 3);
  memcpy(Stub + 3, &Distance, 4);
  Distance = (char *)Target - (Stub + 12);
  Stub[7] = '\xe9';
  memcpy(Stub + 8, &Distance, 4);
  char *Page = (char *)((uintptr_t)At & -4096);
  check(!mprotect(Page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC), "mprotect");
  static const char EndBr[4] = "\xf3\x0f\x1e\xfa";
  if (!memcmp(At, EndBr, 4))
    At += 4;
  for (int I = 0; I < 3; ++I)
    check(At[I] == '\x66' || At[I] == '\x90' || At[I] == '\x2e',
          "the region has no pad");
  Distance = Stub - (At + 5);
  At[0] = '\xe9';
  memcpy(At + 1, &Distance, 4);
}

static void report(void) {
  fprintf(stderr, "test runtime: %s\n",
          TestEntries ? "the image was entered" : "never entered");
}

__attribute__((constructor)) static void start(void) {
  if (getenv("TEST_DESCRIBE"))
    describe(getenv("TEST_DESCRIBE"));
  if (!getenv("TEST_IMAGE"))
    return;
  FILE *In = fopen(getenv("TEST_IMAGE"), "r");
  check(In != 0, "no image");
  check(!mprotect(__speciate_arena_range, RangeSize,
                  PROT_READ | PROT_WRITE | PROT_EXEC),
        "mprotect");
  char *Base = (char *)number("TEST_BASE");
  check(Base >= __speciate_arena_range &&
            Base < __speciate_arena_range + RangeSize / 2,
        "not the range");
  check(fread(Base, 1, RangeSize / 2, In) > 0, "empty image");
  fclose(In);
  static long Object[8];
  if (number("TEST_EHFRAME") && __register_frame_info)
    __register_frame_info((void *)number("TEST_EHFRAME"), Object);
  if (number("TEST_MARKER"))
    __speciate_arena_marker[0] = number("TEST_MARKER");
  enter(__start_speciate_arena_regions[number("TEST_REGION")].Entry,
        number("TEST_ENTRY"));
  atexit(report);
}
