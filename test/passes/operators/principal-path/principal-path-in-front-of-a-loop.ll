; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; at=loop: two conditions that the loop does not change are tested once in front
; of it, and the copy of the loop has neither. A condition that changes is
; refused there, and so is a load that the loop writes to.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.branch[^ ]*\/0\) weight.*/\1 principal-path at=loop;path=0f.1f;share=90/p' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll -pass-remarks-missed=speciate-apply < %s 2>&1 | FileCheck %s --check-prefix=MISSED
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='sccp,simplifycfg' < %t.1.ll | FileCheck %s --check-prefix=SIMPLE
; MISSED: share=90: what a condition reads is written in between
; MISSED: share=90: a condition depends on the way taken or on the pass of a loop
; CHECK-LABEL: define i64 @f(
; CHECK: entry:
; CHECK: and i1
; CHECK: br i1 {{.*}}, label %[[HOT:.*]], label %[[CAREFUL:.*]], !prof
; CHECK: [[HOT]]:
; CHECK-NEXT: br label %loop.hot
; CHECK: loop.hot:
; CHECK: [[CAREFUL]]:
; CHECK-NEXT: br label %loop
; CHECK: exit:
; CHECK-NEXT: phi i64 {{.*}}%more.hot
; SIMPLE-LABEL: define i64 @f(
; SIMPLE: loop.hot:
; SIMPLE-NOT: icmp {{slt|eq i8}}
; SIMPLE: br i1 %done.hot
target triple = "x86_64-pc-linux-gnu"
define i64 @f(i64 %n, i32 %a, i8 %b, ptr %p) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %more ]
  %s = phi i64 [ 0, %entry ], [ %s2, %more ]
  %c1 = icmp slt i32 %a, 5
  br i1 %c1, label %x, label %next, !prof !1
x:
  %sx = mul i64 %s, 3
  br label %next
next:
  %t = phi i64 [ %s, %loop ], [ %sx, %x ]
  %c2 = icmp eq i8 %b, 9
  br i1 %c2, label %y, label %more, !prof !1
y:
  %ty = xor i64 %t, 99
  br label %more
more:
  %u = phi i64 [ %t, %next ], [ %ty, %y ]
  %s2 = add i64 %u, %i
  %i2 = add i64 %i, 1
  %done = icmp eq i64 %i2, %n
  br i1 %done, label %exit, label %loop, !prof !1
exit:
  ret i64 %s2
}

define void @written(i64 %n, ptr %p) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %more ]
  %a = load i32, ptr %p
  %c1 = icmp eq i32 %a, 5
  br i1 %c1, label %more, label %next, !prof !1
next:
  %c2 = icmp eq i32 %a, 9
  br i1 %c2, label %more, label %last, !prof !1
last:
  br label %more
more:
  store i32 7, ptr %p
  %i2 = add i64 %i, 1
  %done = icmp eq i64 %i2, %n
  br i1 %done, label %exit, label %loop, !prof !1
exit:
  ret void
}

define void @changes(i64 %n, ptr %p) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %more ]
  %c1 = icmp eq i64 %i, 5
  br i1 %c1, label %more, label %next, !prof !1
next:
  %c2 = icmp eq i64 %n, 9
  br i1 %c2, label %more, label %last, !prof !1
last:
  store i32 7, ptr %p
  br label %more
more:
  %i2 = add i64 %i, 1
  %done = icmp eq i64 %i2, %n
  br i1 %done, label %exit, label %loop, !prof !1
exit:
  ret void
}
!1 = !{!"branch_weights", i32 50, i32 950}
