// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program whose profile cannot be written runs as ever, and says so only when
// it is asked to.
//
// RUN: rm -rf %t && mkdir -p %t && touch %t/file
// RUN: %profile_cc %s -o %t/x.o
// RUN: %profile_ld %t/x.o %profile_end -o %t/x
// RUN: env SPECIATE_PROFILE_DIR=%t/file/sub %t/x > %t/quiet 2>&1
// RUN: FileCheck --match-full-lines --implicit-check-not=speciate %s < %t/quiet
// RUN: env SPECIATE_VERBOSE=1 SPECIATE_PROFILE_DIR=%t/file %t/x 2>&1 \
// RUN:   | FileCheck --check-prefix=SAY %s
// RUN: env SPECIATE_PROFILE_DIR=/proc/self %t/x | FileCheck %s
// CHECK: the answer is 42
// SAY: speciate: no profile: cannot create a file in the profile folder
// SAY: the answer is 42
//
// Without the variable: a folder in the working directory.
// RUN: cd %t && %t/x
// RUN: speciate profile show %t/speciate.profile | FileCheck --check-prefix=HERE %s
// HERE: processes: 2
//
// Counters that share their pages with other data are not mapped.
// RUN: %profile_ld %profile_end %t/x.o -o %t/misordered
// RUN: env SPECIATE_VERBOSE=1 SPECIATE_PROFILE_DIR=%t/m %t/misordered 2>&1 \
// RUN:   | FileCheck --check-prefix=ORDER %s
// RUN: not ls %t/m
// ORDER: the linker did not keep the order
// ORDER: the answer is 42

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  fflush(stdout);
  pid_t Child = fork();
  if (!Child)
    _exit(6);
  int Status;
  waitpid(Child, &Status, 0);
  printf("the answer is %d\n", WEXITSTATUS(Status) * 7);
  return 0;
}
