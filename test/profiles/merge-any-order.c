// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The merged bytes do not depend on the order or the names of the inputs, and a
// file that is named twice counts once.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc %s -o %t/x.o
// RUN: %profile_ld %t/x.o %profile_end -o %t/x
// RUN: env SPECIATE_PROFILE_DIR=%t/1 %t/x
// RUN: env SPECIATE_PROFILE_DIR=%t/2 %t/x a
// RUN: env SPECIATE_PROFILE_DIR=%t/3 %t/x a b
// RUN: speciate profile merge -o %t/123.profdata %t/1 %t/2 %t/3
// RUN: speciate profile merge -o %t/312.profdata %t/3 %t/1 %t/2 %t/1
// RUN: cmp %t/123.profdata %t/312.profdata
// RUN: mkdir %t/all
// RUN: cp -r %t/1 %t/2 %t/3 %t/all
// RUN: speciate profile merge %t/all/3 %t/all/2 %t/all/1 -o %t/321.profdata
// RUN: cmp %t/123.profdata %t/321.profdata
// RUN: %show_counts %t/123.profdata | FileCheck %s
// CHECK-LABEL: main:
// CHECK: Block counts:
// CHECK-LABEL: work:
// CHECK: Block counts: [600]
//
// Indexed profiles are inputs like any other.
// RUN: speciate profile merge -o %t/twice.profdata %t/123.profdata %t/3
// RUN: %show_counts %t/twice.profdata | FileCheck --check-prefix=TWICE %s
// TWICE-LABEL: work:
// TWICE: Block counts: [900]
//
// RUN: not speciate profile merge -o %t/no %t/missing 2>&1 | FileCheck --check-prefix=MISSING %s
// MISSING: speciate: error: {{.*}}missing: no such file or folder
// RUN: mkdir %t/empty
// RUN: not speciate profile merge -o %t/no %t/empty 2>&1 | FileCheck --check-prefix=EMPTY %s
// EMPTY: speciate: error: no profile found (did the instrumented program run
// RUN: not ls %t/no

volatile int Sum;
__attribute__((noinline)) void work(void) { Sum += 1; }
__attribute__((noinline)) void other(void) { Sum += 2; }
void (*volatile Targets[2])(void) = {work, other};

int main(int argc, char **argv) {
  for (int I = 0; I < argc * 100; ++I) {
    Targets[0]();
    Targets[1]();
    if (I % 2 == 0)
      Sum += 1;
  }
  for (int I = 0; I < argc * 50; ++I)
    Sum += 3;
  return 0;
}
