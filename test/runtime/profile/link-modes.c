// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The counters are mapped in every kind of link, and the program's own data is
// not in their pages. Shared objects have files of their own.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc -ffunction-sections -fdata-sections %s -o %t/x.o
// RUN: %profile_ld %t/x.o %profile_end -o %t/pie
// RUN: %profile_ld -no-pie %t/x.o %profile_end -o %t/nopie
// RUN: %profile_ld -static %t/x.o %profile_end -o %t/static
// RUN: %profile_ld -static-pie %t/x.o %profile_end -o %t/staticpie
// RUN: %profile_ld -Wl,--gc-sections,-z,start-stop-gc,-s %t/x.o %profile_end -o %t/gc
// RUN: %profile_ld -Wl,-z,now,-z,relro,--icf=all %t/x.o %profile_end -o %t/now
// RUN: env SPECIATE_PROFILE_DIR=%t/d1 %t/pie
// RUN: env SPECIATE_PROFILE_DIR=%t/d2 %t/nopie
// RUN: env SPECIATE_PROFILE_DIR=%t/d3 %t/static
// RUN: env SPECIATE_PROFILE_DIR=%t/d4 %t/staticpie
// RUN: env SPECIATE_PROFILE_DIR=%t/d5 %t/gc
// RUN: env SPECIATE_PROFILE_DIR=%t/d6 %t/now
// RUN: speciate profile merge -o %t/1.profdata %t/d1
// RUN: %show_counts --function=work %t/1.profdata | FileCheck %s
// RUN: %show_counts --function=early %t/1.profdata | FileCheck --check-prefix=EARLY %s
// RUN: speciate profile merge -o %t/2.profdata %t/d2
// RUN: cmp %t/1.profdata %t/2.profdata
// RUN: speciate profile merge -o %t/3.profdata %t/d3
// RUN: cmp %t/1.profdata %t/3.profdata
// RUN: speciate profile merge -o %t/4.profdata %t/d4
// RUN: cmp %t/1.profdata %t/4.profdata
// RUN: speciate profile merge -o %t/5.profdata %t/d5
// RUN: %show_counts --function=work %t/5.profdata | FileCheck --check-prefix=GC %s
// RUN: speciate profile merge -o %t/6.profdata %t/d6
// RUN: cmp %t/1.profdata %t/6.profdata
//
// CHECK-LABEL: work:
// CHECK: Block counts: [500]
// EARLY-LABEL: early:
// EARLY: Block counts: [1]
// GC-LABEL: work:
// GC: Block counts: [500]
//
// RUN: %profile_cc -fPIC -DLIBRARY %s -o %t/lib.o
// RUN: %profile_ld -shared %t/lib.o %profile_end -o %t/libx.so
// RUN: %profile_cc -DUSER %s -o %t/user.o
// RUN: %profile_ld %t/user.o %t/libx.so -Wl,-rpath,%t %profile_end -o %t/user
// RUN: env SPECIATE_PROFILE_DIR=%t/so %t/user
// RUN: speciate profile show --json %t/so | FileCheck --check-prefix=SO %s
// SO: "files": 2,
// SO: "function": "work",
// SO-NEXT: "total": 600,

volatile int Sum;
#ifdef USER
void work(void);
#else
__attribute__((noinline)) void work(void) { Sum += 1; }
#endif

#ifndef LIBRARY
static volatile int Ready;
__attribute__((constructor)) void early(void) { Ready = 1; }
__attribute__((used, noinline)) void unused(void) { Sum = 2; }

int main(void) {
  for (int I = 0; I < 500; ++I)
    work();
  return !Ready;
}
#else
__attribute__((constructor)) void libraryEarly(void) {
  for (int I = 0; I < 100; ++I)
    work();
}
#endif
