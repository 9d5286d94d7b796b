; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Reductions that differ from a residue for one sum only, sums that begin out of
; range, and sums that the loop looks at, are left alone.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=wide-sum
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1 wide-sum width=64/p' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>)' %s -o %t.ll -pass-remarks-missed=speciate-apply 2> %t.err
; RUN: FileCheck %s < %t.err
; RUN: %speciate-opt -S -passes=verify %s -o %t.0.ll
; RUN: cmp %t.0.ll %t.ll
; SITES: region sites of 'saturated'
; CHECK: the sum is not reduced by a modulus
; CHECK: the sum is not reduced by a modulus
; CHECK: what is added may be too large
; CHECK: the sum may begin out of its range
; CHECK: the loop uses the sum for something else
; CHECK: the loop combines the sum with something in another way than by adding
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"
; Not reduced but cut off.
define i32 @saturated(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i8, ptr %a, i64 %i
  %v = load i8, ptr %p
  %w = zext i8 %v to i32
  %t = add i32 %s, %w
  %over = icmp ugt i32 %t, 1000
  %s2 = select i1 %over, i32 1000, i32 %t
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
; Two subtractions would be needed for the largest sum.
define i32 @once(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i8, ptr %a, i64 %i
  %v = load i8, ptr %p
  %w = zext i8 %v to i32
  %t = add i32 %s, %w
  %over = icmp uge i32 %t, 254
  %less = sub i32 %t, 254
  %s2 = select i1 %over, i32 %less, i32 %t
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
define i32 @large(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i32, ptr %a, i64 %i
  %v = load i32, ptr %p
  %t = add i32 %s, %v
  %s2 = urem i32 %t, 1000
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
define i32 @begins(ptr %a, i64 %n, i32 %start) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ %start, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i8, ptr %a, i64 %i
  %v = load i8, ptr %p
  %w = zext i8 %v to i32
  %t = add i32 %s, %w
  %s2 = urem i32 %t, 1000
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
define i32 @stored(ptr %a, i64 %n, ptr %out) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i8, ptr %a, i64 %i
  %v = load i8, ptr %p
  %w = zext i8 %v to i32
  %t = add i32 %s, %w
  %s2 = urem i32 %t, 1000
  store i32 %s2, ptr %out
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
define i32 @times(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i8, ptr %a, i64 %i
  %v = load i8, ptr %p
  %w = zext i8 %v to i32
  %t = mul i32 %s, %w
  %s2 = urem i32 %t, 1000
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 999, i32 1}
