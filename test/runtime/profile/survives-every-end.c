// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counts are exact however the process ends.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc %s -o %t/x.o
// RUN: %profile_ld %t/x.o %profile_end -o %t/x
// RUN: env SPECIATE_PROFILE_DIR=%t/return %t/x return
// RUN: env SPECIATE_PROFILE_DIR=%t/_exit %t/x _exit
// RUN: env SPECIATE_PROFILE_DIR=%t/exec %t/x exec
// RUN: env SPECIATE_PROFILE_DIR=%t/vfork %t/x vfork
// RUN: env SPECIATE_PROFILE_DIR=%t/abort not --crash %t/x abort
// RUN: env SPECIATE_PROFILE_DIR=%t/kill not --crash %t/x kill
// RUN: env SPECIATE_PROFILE_DIR=%t/term not --crash %t/x term
// RUN: env SPECIATE_PROFILE_DIR=%t/segv not --crash %t/x segv
// RUN: speciate profile show --json %t/return | FileCheck %s
// RUN: speciate profile show --json %t/_exit | FileCheck %s
// RUN: speciate profile show --json %t/exec | FileCheck %s
// RUN: speciate profile show --json %t/vfork | FileCheck %s
// RUN: speciate profile show --json %t/abort | FileCheck %s
// RUN: speciate profile show --json %t/kill | FileCheck %s
// RUN: speciate profile show --json %t/term | FileCheck %s
// RUN: speciate profile show --json %t/segv | FileCheck %s
//
// CHECK: "processes": 1,
// CHECK: "function": "work",
// CHECK-NEXT: "total": 1000,
// CHECK: "skipped": []

#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int Sum;
__attribute__((noinline)) void work(void) { Sum += 1; }

int main(int argc, char **argv) {
  const char *How = argv[1];
  // The end comes inside of the loop: nothing may be pending in a register.
  for (int I = 1;; ++I) {
    work();
    if (I < 1000)
      continue;
    if (!strcmp(How, "return"))
      return 0;
    if (!strcmp(How, "_exit"))
      _exit(0);
    if (!strcmp(How, "exec"))
      execl("/bin/true", "true", (char *)0);
    if (!strcmp(How, "vfork")) {
      pid_t Child = vfork();
      if (!Child) {
        execl("/bin/true", "true", (char *)0);
        _exit(1);
      }
      int Status;
      waitpid(Child, &Status, 0);
      _exit(Status != 0);
    }
    if (!strcmp(How, "abort"))
      abort();
    if (!strcmp(How, "kill"))
      raise(SIGKILL);
    if (!strcmp(How, "term"))
      raise(SIGTERM);
    if (!strcmp(How, "segv"))
      raise(SIGSEGV);
    return 1;
  }
}
