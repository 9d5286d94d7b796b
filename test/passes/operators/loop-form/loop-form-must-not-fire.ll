; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Loops that LLVM unrolls in full anyway and loops that never run get no choice;
; an outer loop no hints, a loop of unknown count none of the vectorizer's; and
; what cannot be copied is not peeled, also when a genome asks.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n '/once/,$ s/^\(region.loop[^ ]*\) .*/\1 loop-form peel=1/p' > %t.peel
; RUN: count 1 < %t.peel
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.peel>)' %s -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; SITES-LABEL: region sites of 'short'
; SITES-NOT: loop-form
; SITES-LABEL: region sites of 'never'
; SITES-NOT: loop-form
; SITES-LABEL: region sites of 'outer'
; SITES: region/loop
; SITES-NOT: vectorize
; SITES-LABEL: region sites of 'once'
; SITES-NOT: peel
; SITES-LABEL: region sites of 'end'
; CHECK: peel=1: the loop cannot be copied
; CHECK-LABEL: @once(
; CHECK-NOT: peel
; CHECK-LABEL: @end(
target triple = "x86_64-pc-linux-gnu"
declare void @alone() noduplicate
declare void @g()
declare i1 @more()
define i32 @short(ptr %a) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i32, ptr %a, i64 %i
  %v = load i32, ptr %p
  %s2 = add i32 %s, %v
  %i2 = add nuw nsw i64 %i, 1
  %c = icmp ult i64 %i2, 4
  br i1 %c, label %loop, label %exit, !prof !3
exit:
  ret i32 %s2
}
define void @never(ptr %a, i64 %n) !prof !0 {
entry:
  %z = icmp eq i64 %n, 0
  br i1 %z, label %loop, label %hot, !prof !4
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %p = getelementptr inbounds i32, ptr %a, i64 %i
  store i32 0, ptr %p
  %i2 = add nuw i64 %i, 1
  %c = icmp ult i64 %i2, %n
  br i1 %c, label %loop, label %exit, !prof !3
hot:
  call void @g()
  br label %exit
exit:
  ret void
}
define void @outer() !prof !0 {
entry:
  br label %loop
loop:
  call void @g()
  %c = call i1 @more()
  br i1 %c, label %loop, label %exit, !prof !1
exit:
  ret void
}
define void @once(i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  call void @alone()
  %i2 = add nuw i64 %i, 1
  %c = icmp ult i64 %i2, %n
  br i1 %c, label %loop, label %exit, !prof !2
exit:
  ret void
}
define void @end() {
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 99, i32 1}
!2 = !{!"branch_weights", i32 1, i32 1}
!3 = !{!"branch_weights", i32 3, i32 1}
!4 = !{!"branch_weights", i32 0, i32 1000}
