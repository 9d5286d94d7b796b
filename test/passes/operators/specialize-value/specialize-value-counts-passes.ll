; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; trips=4: a copy of the loop in which a counter decides the exit whose count is
; known before the loop, and which is unrolled whole; the other exit stays. Not of a
; loop that only data ends, and none of more than 64 passes.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | grep -o 'region/loop[^ ]*' | sort -u | sed 's/$/ specialize-value share=90;trips=4/' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -pass-remarks-missed=speciate-apply %s -o %t.ll 2>&1 | FileCheck %s --check-prefix=NOT
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -S -passes='function(loop-unroll<O3>,simplifycfg)' %t.ll | FileCheck %s --check-prefix=UNROLLED
; RUN: sed 's/trips=4/trips=65/' %t.genome > %t.bad
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.bad>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BAD
; NOT: no exit of the loop has a count that is known at its entry only
; BAD: parameter 'trips=65' is not a number from 1 to 64
; CHECK-LABEL: define i64 @f(
; CHECK: %is.special = icmp eq i64 {{%.*}}, 3
; CHECK: br i1 %is.special, label %[[COPY:.*]], label %{{.*}}, !prof [[P:![0-9]+]]
; CHECK: [[COPY]]:
; CHECK-NEXT: %pass = phi i32 [ 0, %{{.*}} ], [ [[NEXT:%.*]], %next.special ]
; CHECK: br i1 %zero.special, label %{{.*}}, label %next.special
; CHECK: next.special:
; CHECK: [[MORE:%.*]] = icmp ne i32 %pass, 3
; CHECK: [[NEXT]] = add nuw nsw i32 %pass, 1
; CHECK-NEXT: br i1 [[MORE]], label %[[COPY]], label %
; CHECK: [[P]] = !{!"branch_weights", i32 90, i32 10}
; UNROLLED-LABEL: define i64 @f(
; UNROLLED-COUNT-4: sub i64
; UNROLLED-LABEL: define void @scan(
define i64 @f(ptr %p, i64 %n) {
entry:
  %any = icmp sgt i64 %n, 0
  br i1 %any, label %loop, label %none
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %s = phi i64 [ 9, %entry ], [ %s2, %next ]
  %g = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %g
  %s2 = sub i64 %v, %s
  %zero = icmp eq i64 %v, 0
  br i1 %zero, label %early, label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %i2, %n
  br i1 %more, label %loop, label %exit
early:
  ret i64 %s
exit:
  ret i64 %s2
none:
  ret i64 -1
}
define void @scan(ptr %s) {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %loop ]
  %v = load i8, ptr %p
  %n = getelementptr i8, ptr %p, i64 1
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop
exit:
  ret void
}
