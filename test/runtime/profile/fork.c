// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A forked child has a file of its own that starts at zero, also when it has
// changed its folder; the sum over the processes is exact.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc %s -o %t/x.o
// RUN: %profile_ld %t/x.o %profile_end -o %t/x
// RUN: cd %t && env SPECIATE_PROFILE_DIR=dyn %t/x
// RUN: speciate profile show --json %t/dyn | FileCheck %s
// RUN: %profile_ld -static %t/x.o %profile_end -o %t/static
// RUN: cd %t && env SPECIATE_PROFILE_DIR=static-profile %t/static
// RUN: speciate profile show --json %t/static-profile | FileCheck %s
//
// One parent, five children and a grandchild of each.
// CHECK: "processes": 11,
// CHECK: "function": "work",
// CHECK-NEXT: "total": 1600,
// CHECK: "skipped": []

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int Sum;
__attribute__((noinline)) void work(void) { Sum += 1; }

int main(void) {
  for (int I = 0; I < 1000; ++I) {
    work();
    if (I % 400 != 100)
      continue;
    for (int K = 0; K < (I == 100 ? 1 : 2); ++K)
      if (!fork()) {
        if (chdir("/"))
          abort();
        for (int J = 0; J < 70; ++J)
          work();
        if (!fork()) {
          for (int J = 0; J < 50; ++J)
            work();
          _exit(0);
        }
        while (wait(0) > 0)
          ;
        exit(0);
      }
  }
  while (wait(0) > 0)
    ;
  return 0;
}
