; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; scope=loop: the loop that uses a loaded value is copied for it, with a guard in
; front; what the loop computes meets behind both.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region\)\/[a-z]*\(\/[^ ]*\) .*/\1\/load\2 specialize-value scope=loop;share=80;value=3/p' | head -1 > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' %s | FileCheck %s
; CHECK-LABEL: define i64 @f(
; CHECK: %step = load i64, ptr %p
; CHECK: [[F:%.*]] = freeze i64 %step
; CHECK-NEXT: %is.special = icmp eq i64 [[F]], 3
; CHECK-NEXT: br i1 %is.special, label %loop.special, label %loop, !prof [[P:![0-9]+]]
; CHECK: loop:
; CHECK: %i2 = add i64 %i, %step
; CHECK: exit:
; CHECK-NEXT: phi i64 [ %s2, %loop ], [ %s2.special, %loop.special ]
; CHECK: loop.special:
; CHECK-NEXT: phi i64 [ 0, %entry ], [ %i2.special, %loop.special ]
; CHECK: %i2.special = add i64 %i.special, 3
; CHECK: [[P]] = !{!"branch_weights", i32 80, i32 20}
define i64 @f(ptr %p, ptr %q, i64 %n) {
entry:
  %step = load i64, ptr %p
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i64 [ 0, %entry ], [ %s2, %loop ]
  %g = getelementptr i64, ptr %q, i64 %i
  %v = load i64, ptr %g
  %s2 = add i64 %s, %v
  %i2 = add i64 %i, %step
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit
exit:
  ret i64 %s2
}
