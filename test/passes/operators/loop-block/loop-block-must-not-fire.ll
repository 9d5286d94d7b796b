; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Each loop has a reason why nothing may run ahead, and the gene changes nothing.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=check=with
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1 loop-block block=32;check=with/p' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>)' %s -o %t.ll -pass-remarks-missed=speciate-apply 2> %t.err
; RUN: FileCheck %s < %t.err
; RUN: %speciate-opt -S -passes=verify %s -o %t.0.ll
; RUN: cmp %t.0.ll %t.ll
; SITES: region sites of 'volatiles'
; CHECK: a load of the loop is not a plain one
; CHECK: a load of the loop is not a plain one
; CHECK: the loop has effects other than on registers
; CHECK: the address of a load is not known ahead
; CHECK: the function is compiled for a sanitizer
; CHECK: nothing that a condition decides is assumed
; CHECK: a load of the loop may not be executed
; CHECK: an instruction of the loop cannot run ahead
; CHECK: a block would read too much of a page
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"
define void @volatiles(ptr %s) !prof !0 {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %loop ]
  %v = load volatile i8, ptr %p
  %n = getelementptr i8, ptr %p, i64 1
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop, !prof !1
exit:
  ret void
}
define void @device(ptr addrspace(1) %s) !prof !0 {
entry:
  br label %loop
loop:
  %p = phi ptr addrspace(1) [ %s, %entry ], [ %n, %loop ]
  %v = load i8, ptr addrspace(1) %p
  %n = getelementptr i8, ptr addrspace(1) %p, i64 1
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop, !prof !1
exit:
  ret void
}
; It may write the mark.
define void @stores(ptr %s, ptr %d) !prof !0 {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %loop ]
  %v = load i8, ptr %p
  %x = zext i8 %v to i64
  %at = getelementptr i8, ptr %d, i64 %x
  store i8 0, ptr %at
  %n = getelementptr i8, ptr %p, i64 1
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop, !prof !1
exit:
  ret void
}
define void @list(ptr %s) !prof !0 {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %loop ]
  %n = load ptr, ptr %p
  %end = icmp eq ptr %n, null
  br i1 %end, label %exit, label %loop, !prof !1
exit:
  ret void
}
define void @sanitized(ptr %s) sanitize_address !prof !0 {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %loop ]
  %v = load i8, ptr %p
  %n = getelementptr i8, ptr %p, i64 1
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop, !prof !1
exit:
  ret void
}
define i32 @counted(ptr %s, i64 %c) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %n, %loop ]
  %sum = phi i32 [ 0, %entry ], [ %t, %loop ]
  %p = getelementptr i32, ptr %s, i64 %i
  %v = load i32, ptr %p
  %t = add i32 %sum, %v
  %n = add nuw i64 %i, 1
  %end = icmp eq i64 %n, %c
  br i1 %end, label %exit, label %loop, !prof !1
exit:
  ret i32 %t
}
; The second array may end before the first does.
define void @second(ptr %s, ptr %q) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %n, %more ]
  %p = getelementptr i8, ptr %s, i64 %i
  %v = load i8, ptr %p
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %more, !prof !1
more:
  %p2 = getelementptr i8, ptr %q, i64 %i
  %v2 = load i8, ptr %p2
  %n = add nuw i64 %i, 1
  %end2 = icmp eq i8 %v2, 7
  br i1 %end2, label %exit, label %loop, !prof !1
exit:
  ret void
}
; The divisor is not zero as long as the loop goes on.
define i32 @divides(ptr %s) !prof !0 {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %more ]
  %sum = phi i32 [ 0, %entry ], [ %t, %more ]
  %v = load i32, ptr %p
  %end = icmp eq i32 %v, 0
  br i1 %end, label %exit, label %more, !prof !1
more:
  %q = udiv i32 1000, %v
  %t = add i32 %sum, %q
  %n = getelementptr i8, ptr %p, i64 4
  br label %loop
exit:
  ret i32 %sum
}
define void @wide(ptr %s) !prof !0 {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %loop ]
  %v = load i8, ptr %p
  %n = getelementptr i8, ptr %p, i64 400
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop, !prof !1
exit:
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 1, i32 999}
