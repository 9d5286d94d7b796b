// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Damaged files are skipped with their reasons and never stop a merge.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc %s -o %t/x.o
// RUN: %profile_ld %t/x.o %profile_end -o %t/x
// RUN: env SPECIATE_PROFILE_DIR=%t/p %t/x
// RUN: mkdir %t/bad
// RUN: cat %t/p/* > %t/bad/0-good.speciateprof
// RUN: touch %t/bad/1-empty.speciateprof
// RUN: head -c 100 %t/bad/0-good.speciateprof > %t/bad/2-short.speciateprof
// RUN: head -c 8192 %t/bad/0-good.speciateprof > %t/bad/3-cut.speciateprof
// RUN: head -c 16384 /dev/zero > %t/bad/4-unfinished.speciateprof
// RUN: echo hello > %t/bad/5-foreign.speciateprof
// RUN: cat %t/p/* %t/p/* > %t/bad/6-long.speciateprof
// RUN: speciate profile show --json %t/bad | FileCheck %s
// RUN: speciate profile merge %t/bad -o %t/merged.profdata 2>&1 | FileCheck --check-prefix=WARN %s
// RUN: %show_counts %t/merged.profdata | FileCheck --check-prefix=COUNTS %s
// CHECK: "files": 1,
// CHECK: "skipped": [
// CHECK: 1-empty.speciateprof",
// CHECK-NEXT: "reason": "not a profile"
// CHECK: 2-short.speciateprof",
// CHECK-NEXT: "reason": "truncated: 100 bytes"
// CHECK: 3-cut.speciateprof",
// CHECK-NEXT: "reason": "wrong size: 8192 of {{[0-9]+}} bytes"
// CHECK: 4-unfinished.speciateprof",
// CHECK-NEXT: "reason": "the process ended while it made the file"
// CHECK: 5-foreign.speciateprof",
// CHECK-NEXT: "reason": "not a profile"
// CHECK: 6-long.speciateprof",
// CHECK-NEXT: "reason": "wrong size: {{[0-9]+}} of {{[0-9]+}} bytes"
// WARN-COUNT-6: speciate: warning: skipped
// COUNTS-LABEL: main:
// COUNTS: Block counts: [1]
//
// RUN: not speciate profile merge %t/bad/5-foreign.speciateprof -o %t/none 2>&1 \
// RUN:   | FileCheck --check-prefix=NONE %s
// NONE: speciate: error: no profile could be read; {{.*}}5-foreign.speciateprof: not a profile

int main(void) { return 0; }
