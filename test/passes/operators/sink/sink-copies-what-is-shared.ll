; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Of a guarded loop, one result is needed everywhere but does not come out of the
; loop: the part is copied to the rare side, and what is left of the loop is dead.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=branch 'sink into=then' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='adce,loop-deletion,simplifycfg' < %t.1.ll | FileCheck %s --check-prefix=DEAD
; CHECK-LABEL: define i64 @f(
; CHECK: join:
; CHECK-NEXT: %len = phi i64 [ 0, %entry ], [ %w, %loop ]
; CHECK: br i1 %rare, label %[[IN:.*]], label %often
; CHECK: [[IN]]:
; CHECK-NEXT: br i1 %some, label %{{.*}}, label %[[OUT:.*]], !prof
; CHECK: [[OUT]]:
; CHECK-NEXT: phi i64 [ 0, %[[IN]] ], [ %w.sunk,
; CHECK-NEXT: [[SUM:%.*]] = phi i64 [ 0, %[[IN]] ], [ %s2.sunk,
; CHECK: %r = xor i64 [[SUM]],
; DEAD-LABEL: define i64 @f(
; DEAD-NOT: load
; DEAD: br i1 %rare
; DEAD: load i8
target triple = "x86_64-pc-linux-gnu"
define i64 @f(ptr noalias %p, i32 %n, i32 %k) {
entry:
  %some = icmp ne i32 %n, 0
  br i1 %some, label %head, label %join, !prof !1
head:
  %w = zext i32 %n to i64
  br label %loop
loop:
  %i = phi i64 [ 0, %head ], [ %i2, %loop ]
  %s = phi i64 [ 0, %head ], [ %s2, %loop ]
  %g = getelementptr i8, ptr %p, i64 %i
  %v = load i8, ptr %g
  %z = zext i8 %v to i64
  %m = mul i64 %s, 31
  %s2 = add i64 %m, %z
  %i2 = add i64 %i, 1
  %done = icmp eq i64 %i2, %w
  br i1 %done, label %join, label %loop, !prof !2
join:
  %len = phi i64 [ 0, %entry ], [ %w, %loop ]
  %sum = phi i64 [ 0, %entry ], [ %s2, %loop ]
  %rare = icmp eq i32 %k, 77
  br i1 %rare, label %then, label %often, !prof !3
then:
  %r = xor i64 %sum, %len
  ret i64 %r
often:
  ret i64 %len
}
!1 = !{!"branch_weights", i32 90, i32 10}
!2 = !{!"branch_weights", i32 10, i32 90}
!3 = !{!"branch_weights", i32 1, i32 99}
