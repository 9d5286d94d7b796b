; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A sum that is folded when it has grown: the fold, a select that hardly ever
; chooses its rare side, is assumed away, and as sums only grow the last one is
; tested alone, so that nothing is left that keeps the sum from being vectorized.
; Where what is added may be negative, every sum is tested.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1 assume-and-check block=32;check=with;rare=20/p' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>),verify' %s -o %t.ll
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -S -passes='function(sccp,instcombine,simplifycfg,loop-vectorize)' %t.ll | FileCheck %s --check-prefix=VECTOR
; CHECK-LABEL: @grows(
; CHECK: block:
; CHECK: %[[START:.*]] = freeze i32 %s.block
; CHECK: icmp ule i32 %[[START]], 2147483647
; CHECK: loop.fast:
; CHECK: %t.fast = add i32 %s.fast, %w.fast
; CHECK-NOT: or i1
; CHECK: block.again:
; CHECK: %[[END:.*]] = freeze i32 %t.fast
; CHECK: icmp ugt i32 %[[END]], 2147483647
; CHECK: loop:
; CHECK: %s2 = select i1 %big, i32 %folded, i32 %t, !prof
; CHECK-LABEL: @moves(
; CHECK: loop.fast:
; CHECK: or i1
; CHECK: block.again:
; VECTOR-LABEL: @grows(
; VECTOR: add <4 x i32>
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"
define i32 @grows(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i16, ptr %a, i64 %i
  %v = load i16, ptr %p
  %w = zext i16 %v to i32
  %t = add nuw i32 %s, %w
  %low = and i32 %t, 65535
  %high = lshr i32 %t, 16
  %folded = add i32 %low, %high
  %big = icmp slt i32 %t, 0
  %s2 = select i1 %big, i32 %folded, i32 %t, !prof !2
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
define i32 @moves(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i16, ptr %a, i64 %i
  %v = load i16, ptr %p
  %w = sext i16 %v to i32
  %t = add i32 %s, %w
  %big = icmp slt i32 %t, 0
  %s2 = select i1 %big, i32 0, i32 %t, !prof !2
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 999, i32 1}
!2 = !{!"branch_weights", i32 0, i32 1000000}
