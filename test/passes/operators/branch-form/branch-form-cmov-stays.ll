; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; In a loop of a binary search the back end turns conditional moves into branches.
; Each of the two choices for it keeps them.
; REQUIRES: plugin
; RUN: %llvm_bin/llc -O3 -o - < %s | FileCheck %s --check-prefix=BASE
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.select[^ ]*\) .*/\1 branch-form unpredictable=on/p' > %t.select
; RUN: %speciate-opt -passes='speciate-apply<genome=%t.select>' %s | %llvm_bin/llc -O3 -o - | FileCheck %s
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.function[^ ]*\) .*/\1 branch-form cmov-conversion=off/p' > %t.function
; RUN: %speciate-opt -disable-output -passes='speciate-apply<genome=%t.function>' %s -pass-remarks-output=%t.yaml
; RUN: FileCheck %s --check-prefix=OPTION < %t.yaml
; RUN: %llvm_bin/llc -O3 -x86-cmov-converter=false -o - < %s | FileCheck %s
; OPTION: CodegenOption
; OPTION: '-x86-cmov-converter=false'
; BASE-NOT: {{^[[:space:]]*}}cmov
; BASE: search:
; BASE-NOT: {{^[[:space:]]*}}cmov
; BASE: retq
; CHECK-LABEL: search:
; CHECK: {{^[[:space:]]*}}cmov
; CHECK: {{^[[:space:]]*}}cmov
; CHECK: retq
target triple = "x86_64-pc-linux-gnu"
define i32 @search(ptr %a, i32 %n, i32 %key) {
entry:
  br label %loop
loop:
  %lo = phi i32 [ 0, %entry ], [ %lo2, %loop ]
  %hi = phi i32 [ %n, %entry ], [ %hi2, %loop ]
  %d = sub i32 %hi, %lo
  %h = lshr i32 %d, 1
  %mid = add i32 %h, %lo
  %i = zext i32 %mid to i64
  %p = getelementptr inbounds i32, ptr %a, i64 %i
  %v = load i32, ptr %p
  %c = icmp ult i32 %v, %key
  %m1 = add i32 %mid, 1
  %hi2 = select i1 %c, i32 %hi, i32 %mid
  %lo2 = select i1 %c, i32 %m1, i32 %lo
  %more = icmp ult i32 %lo2, %hi2
  br i1 %more, label %loop, label %exit
exit:
  ret i32 %lo2
}
