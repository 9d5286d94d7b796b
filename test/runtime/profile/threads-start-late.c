// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program that could have threads adds to its counters plainly until it has
// some, and loses nothing then: the same function counts before, while and
// after four threads run.
//
// REQUIRES: plugin
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc -fprofile-update=atomic -fpass-plugin=%speciate_plugin -mllvm -speciate-alone-counters %s -S -emit-llvm -o - | FileCheck --check-prefix=IR %s
// RUN: %profile_cc -fprofile-update=atomic -fpass-plugin=%speciate_plugin -mllvm -speciate-alone-counters %s -o %t/late.o
// RUN: %profile_ld -pthread %t/late.o %profile_end -o %t/late
// RUN: env SPECIATE_PROFILE_DIR=%t/a %t/late
// RUN: speciate profile show --json %t/a | FileCheck %s
//
// IR-LABEL: @work(
// IR: load ptr, ptr @__speciate_single_threaded
// IR: br i1 {{.*}}, label %[[PLAIN:.*]], label %[[SHARED:[^,]*]], {{.*}}!prof
// IR: [[PLAIN]]:
// IR: store i64 %{{.*}}, ptr @__profc_work
// IR: [[SHARED]]:
// IR: atomicrmw add ptr @__profc_work, i64 1 monotonic
//
// CHECK: "function": "work",
// CHECK-NEXT: "total": 600000,

#include <pthread.h>

volatile int Sum;
__attribute__((noinline)) void work(void) { Sum = 1; }

void *run(void *Unused) {
  for (int I = 0; I < 100000; ++I)
    work();
  return 0;
}

int main(void) {
  pthread_t Threads[4];
  run(0);
  for (int I = 0; I < 4; ++I)
    pthread_create(&Threads[I], 0, run, 0);
  for (int I = 0; I < 4; ++I)
    pthread_join(Threads[I], 0);
  run(0);
  return 0;
}
