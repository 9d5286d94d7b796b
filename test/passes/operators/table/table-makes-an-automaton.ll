; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; (state, byte) -> (state, counters): both values index, the state comes last in
; the address. The byte may be poison, so it is frozen; the state may not, as
; the switch would be undefined. One counter is incremented by some inputs, the
; other one also reset. No branch on either value is left.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=switch 'table domain=proved;form=table' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.ll %s
; RUN: FileCheck %s --implicit-check-not=switch < %t.ll
; CHECK-LABEL: define i32 @f(
; CHECK: loop:
; CHECK: %c = load i8
; CHECK: [[C:%.*]] = freeze i8 %c
; CHECK-NOT: freeze i32 %state
; CHECK-DAG: [[C64:%.*]] = zext i8 [[C]] to i64
; CHECK-DAG: [[S64:%.*]] = zext i32 %state to i64
; CHECK: [[ROW:%.*]] = mul nuw nsw i64 [[C64]], 3
; CHECK: [[STEP:%.*]] = getelementptr inbounds i8, ptr @speciate.table{{.*}}, i64 [[ROW]]
; CHECK-NEXT: getelementptr inbounds i8, ptr [[STEP]], i64 [[S64]]
; CHECK: add i32 %words,
; CHECK: [[LAST:%.*]] = freeze i32 %run
; CHECK-NEXT: and i32 [[LAST]],
; CHECK: br label %latch
; CHECK-NOT: br i1
; CHECK: br i1 %done, label %exit, label %loop, !prof
; CHECK-NOT: br i1
define i32 @f(ptr %p, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %latch ]
  %state = phi i32 [ 0, %entry ], [ %state2, %latch ]
  %words = phi i32 [ 0, %entry ], [ %words2, %latch ]
  %run = phi i32 [ 0, %entry ], [ %run2, %latch ]
  %g = getelementptr i8, ptr %p, i64 %i
  %c = load i8, ptr %g
  switch i32 %state, label %never [
    i32 0, label %between
    i32 1, label %within
    i32 2, label %quoted
  ], !prof !1
between:
  %c1 = add i8 %c, -97
  %letter = icmp ult i8 %c1, 26
  br i1 %letter, label %begin, label %other
begin:
  %more = add i32 %words, 1
  br label %latch
other:
  %quote = icmp eq i8 %c, 34
  br i1 %quote, label %open, label %latch
open:
  br label %latch
within:
  %space = icmp eq i8 %c, 32
  br i1 %space, label %latch, label %on
on:
  %longer = add i32 %run, 1
  br label %latch
quoted:
  %close = icmp eq i8 %c, 34
  %s = select i1 %close, i32 0, i32 2
  br label %latch
never:
  unreachable
latch:
  %state2 = phi i32 [ 1, %begin ], [ 0, %other ], [ 2, %open ], [ 0, %within ], [ 1, %on ], [ %s, %quoted ]
  %words2 = phi i32 [ %more, %begin ], [ %words, %other ], [ %words, %open ], [ %words, %within ], [ %words, %on ], [ %words, %quoted ]
  %run2 = phi i32 [ 1, %begin ], [ %run, %other ], [ %run, %open ], [ 0, %within ], [ %longer, %on ], [ %run, %quoted ]
  %i2 = add i64 %i, 1
  %done = icmp eq i64 %i2, %n
  br i1 %done, label %exit, label %loop, !prof !2
exit:
  %sum = add i32 %words2, %run2
  ret i32 %sum
}
!0 = !{!"function_entry_count", i64 10}
!1 = !{!"branch_weights", i32 0, i32 4000, i32 5000, i32 1000}
!2 = !{!"branch_weights", i32 10, i32 9990}
