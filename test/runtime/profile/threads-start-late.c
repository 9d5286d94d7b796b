// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program that could have threads adds to its counters plainly until it has
// some, and loses nothing then: the same function counts before, while and
// after four threads run.
//
// REQUIRES: plugin
// RUN: rm -rf %t && mkdir -p %t
// DEFINE: %{cc} = %profile_cc -fprofile-update=atomic -fpass-plugin=%speciate_plugin -mllvm -speciate-alone-counters
// RUN: %{cc}=pointer %s -S -emit-llvm -o - | FileCheck --check-prefixes=IR,POINTER %s
// RUN: %{cc}=byte %s -S -emit-llvm -o - | FileCheck --check-prefixes=IR,BYTE %s
// RUN: %{cc}=pointer %s -o %t/pointer.o
// RUN: %profile_ld -pthread %t/pointer.o %profile_end -o %t/pointer
// RUN: env SPECIATE_PROFILE_DIR=%t/a %t/pointer
// RUN: speciate profile show --json %t/a | FileCheck %s
// The byte: in all kinds of executables.
// RUN: %{cc}=byte -fPIE %s -o %t/byte.o
// RUN: %profile_ld -pthread -pie %t/byte.o %profile_end -o %t/pie
// RUN: env SPECIATE_PROFILE_DIR=%t/b %t/pie
// RUN: speciate profile show --json %t/b | FileCheck %s
// RUN: %profile_ld -pthread -static %t/byte.o %profile_end -o %t/static
// RUN: env SPECIATE_PROFILE_DIR=%t/c %t/static
// RUN: speciate profile show --json %t/c | FileCheck %s
// RUN: %{cc}=byte -fno-pie %s -o %t/fixed.o
// RUN: %profile_ld -pthread -no-pie %t/fixed.o %profile_end -o %t/fixed
// RUN: env SPECIATE_PROFILE_DIR=%t/d %t/fixed
// RUN: speciate profile show --json %t/d | FileCheck %s
//
// IR-LABEL: @work(
// POINTER: load ptr, ptr @__speciate_single_threaded
// BYTE: load i8, ptr @__libc_single_threaded
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
