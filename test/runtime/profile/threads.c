// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// With atomic counters threads lose nothing; without, nothing breaks.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc -fprofile-update=atomic %s -o %t/atomic.o
// RUN: %profile_ld -pthread %t/atomic.o %profile_end -o %t/atomic
// RUN: env SPECIATE_PROFILE_DIR=%t/a %t/atomic
// RUN: speciate profile show --json %t/a | FileCheck %s
// RUN: %profile_cc %s -o %t/plain.o
// RUN: %profile_ld -pthread %t/plain.o %profile_end -o %t/plain
// RUN: env SPECIATE_PROFILE_DIR=%t/p %t/plain
// RUN: speciate profile show %t/p | FileCheck --check-prefix=PLAIN %s
//
// CHECK: "processes": 1,
// CHECK: "function": "work",
// CHECK-NEXT: "total": 400000,
// PLAIN: processes: 1
// PLAIN: value sites: 1 indirect calls

#include <pthread.h>

volatile int Sum;
__attribute__((noinline)) void work(void) { Sum = 1; }
void (*volatile Pointer)(void) = work;

void *run(void *Unused) {
  for (int I = 0; I < 100000; ++I)
    Pointer();
  return 0;
}

int main(void) {
  pthread_t Threads[4];
  for (int I = 0; I < 4; ++I)
    pthread_create(&Threads[I], 0, run, 0);
  for (int I = 0; I < 4; ++I)
    pthread_join(Threads[I], 0);
  return 0;
}
