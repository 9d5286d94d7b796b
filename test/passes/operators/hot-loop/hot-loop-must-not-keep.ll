; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; What another access of the hot loop may touch stays in memory, and what is
; volatile, or not written in every iteration; loops with two latches, loops
; around loops and loops without rare blocks are left alone.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; SITES-LABEL: sites of 'no_rare_block'
; SITES-NOT: hot-loop
; SITES-LABEL: sites of 'aliased'
; SITES: hot-loop rare=10
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=loop 'hot-loop rare=10' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' < %s | FileCheck %s --implicit-check-not=kept
; CHECK-LABEL: define void @aliased(
; CHECK: loop.hot:
; CHECK-LABEL: define void @calls(
; CHECK: loop.hot:
; CHECK-LABEL: define void @throws(
; CHECK: loop.hot:
; CHECK-LABEL: define void @volatile(
; CHECK: loop.hot:
; CHECK-LABEL: define void @sometimes(
; CHECK: loop.hot:
; CHECK-LABEL: define void @end(
target triple = "x86_64-pc-linux-gnu"
declare void @odd(ptr, i32)
declare void @usual()
declare void @pure() memory(none)
define void @no_rare_block(ptr %s, ptr noalias %p, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %at = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %at
  %c = icmp slt i64 %v, 0
  br i1 %c, label %rare, label %often, !prof !3
rare:
  call void @odd(ptr %s, i32 1)
  br label %next
often:
  %sum = load i64, ptr %s
  %sum2 = add i64 %sum, %v
  store i64 %sum2, ptr %s
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret void
}
define void @aliased(ptr %s, ptr  %p, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %at = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %at
  %c = icmp slt i64 %v, 0
  br i1 %c, label %rare, label %often, !prof !1
rare:
  call void @odd(ptr %s, i32 1)
  br label %next
often:
  %sum = load i64, ptr %s
  %sum2 = add i64 %sum, %v
  store i64 %sum2, ptr %s
  store i64 3, ptr %at
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret void
}
define void @calls(ptr %s, ptr noalias %p, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %at = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %at
  %c = icmp slt i64 %v, 0
  br i1 %c, label %rare, label %often, !prof !1
rare:
  call void @odd(ptr %s, i32 1)
  br label %next
often:
  %sum = load i64, ptr %s
  %sum2 = add i64 %sum, %v
  store i64 %sum2, ptr %s
  call void @usual()
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret void
}
define void @throws(ptr %s, ptr noalias %p, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %at = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %at
  %c = icmp slt i64 %v, 0
  br i1 %c, label %rare, label %often, !prof !1
rare:
  call void @odd(ptr %s, i32 1)
  br label %next
often:
  %sum = load i64, ptr %s
  %sum2 = add i64 %sum, %v
  store i64 %sum2, ptr %s
  call void @pure()
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret void
}
define void @volatile(ptr %s, ptr noalias %p, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %at = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %at
  %c = icmp slt i64 %v, 0
  br i1 %c, label %rare, label %often, !prof !1
rare:
  call void @odd(ptr %s, i32 1)
  br label %next
often:
  %sum = load volatile i64, ptr %s
  %sum2 = add i64 %sum, %v
  store volatile i64 %sum2, ptr %s
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret void
}
define void @sometimes(ptr %s, ptr noalias %p, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %at = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %at
  %c = icmp slt i64 %v, 0
  br i1 %c, label %rare, label %often, !prof !1
rare:
  call void @odd(ptr %s, i32 1)
  br label %next
often:
  %odd = and i64 %v, 1
  %is = icmp eq i64 %odd, 0
  br i1 %is, label %write, label %next, !prof !3
write:
  %sum = load i64, ptr %s
  %sum2 = add i64 %sum, %v
  store i64 %sum2, ptr %s
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret void
}
define void @end() {
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 10, i32 990}
!2 = !{!"branch_weights", i32 999, i32 1}
!3 = !{!"branch_weights", i32 1, i32 1}
