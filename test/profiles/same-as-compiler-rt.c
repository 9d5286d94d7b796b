// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A deterministic program's profile is, to the last count, the one that
// compiler-rt's runtime gives.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %clang -O3 -Xclang -disable-llvm-passes -emit-llvm -c %s -o %t/x.bc
// RUN: %profile_cc -x ir %t/x.bc -o %t/ours.o
// RUN: %profile_ld %t/ours.o %profile_end -o %t/ours
// RUN: env SPECIATE_PROFILE_DIR=%t/ours.d %t/ours > %t/ours.out
// RUN: speciate profile merge -o %t/ours.profdata %t/ours.d
// RUN: %clang -O3 -fprofile-generate -x ir %t/x.bc -c -o %t/theirs.o
// RUN: %clang -fuse-ld=lld -fprofile-generate %t/theirs.o -o %t/theirs
// RUN: env LLVM_PROFILE_FILE=%t/theirs.profraw %t/theirs > %t/theirs.out
// RUN: llvm-profdata merge -o %t/theirs.profdata %t/theirs.profraw
// RUN: cmp %t/ours.out %t/theirs.out
// RUN: %show_counts %t/ours.profdata > %t/ours.txt
// RUN: %show_counts %t/theirs.profdata > %t/theirs.txt
// RUN: diff %t/ours.txt %t/theirs.txt
// RUN: FileCheck %s < %t/ours.txt
// CHECK-DAG: same-as-compiler-rt.c;twice,
// CHECK-DAG: [  0,   65,
//
// The profile fits a compilation of the same bitcode.
// RUN: %clang -O3 -fprofile-use=%t/ours.profdata -Werror -Wprofile-instr-out-of-date \
// RUN:   -Wprofile-instr-unprofiled -x ir %t/x.bc -S -emit-llvm -o - \
// RUN:   | FileCheck --check-prefix=USE %s
// USE: define {{.*}}@walk({{.*}} !prof
// USE: function_entry_count

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int once(int X) { return X + 1; }
static int twice(int X) { return X * 2; }
static int half(int X) { return X / 2; }
int (*Table[])(int) = {once, twice, half};
char From[2048], To[2048];

__attribute__((noinline)) unsigned walk(unsigned Steps) {
  unsigned State = 1, Sum = 0;
  for (unsigned I = 0; I < Steps; ++I) {
    State = State * 1103515245 + 12345;
    Sum += Table[(State >> 16) % 5 % 3](I);
    memcpy(To, From, (State >> 20) % (I % 7 ? 40 : 1500));
    if (Sum & 8)
      memset(From, Sum, Sum % 100);
    Sum += To[State % 2048];
  }
  return Sum;
}

static int compare(const void *A, const void *B) {
  return *(const char *)A - *(const char *)B;
}

int main(void) {
  printf("%u\n", walk(20000));
  qsort(To, sizeof(To), 1, compare);
  printf("%d %d\n", To[0], To[2047]);
  return 0;
}
