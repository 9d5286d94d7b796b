; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; peel copies the body before the loop, with the weights of the rest; unswitch
; takes the invariant test of the named loop out and leaves the other one's in.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*.0\) .*/\1 loop-form peel=1/p' > %t.peel
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.peel>' %s | FileCheck %s --check-prefix=PEEL
; RUN: sed 's/peel=1/unswitch=on/' %t.peel > %t.unswitch
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.unswitch>' %s | FileCheck %s --check-prefix=UNSWITCH
; PEEL-LABEL: @f(
; PEEL: loop.peel:
; PEEL: call void @g(i32 1)
; PEEL: br i1 %more.peel, label {{.*}}, label %mid, !prof
; PEEL: loop:
; PEEL: call void @g(i32 1)
; PEEL: br i1 %more, label %loop, {{.*}}, !prof {{.*}}, !llvm.loop
; UNSWITCH-LABEL: @f(
; UNSWITCH: br i1 %{{.*}}, label %entry.split{{.*}}, label %entry.split
; UNSWITCH: loop2:
; UNSWITCH: br i1 %flag, label %g2, label %latch2
declare void @g(i32)
define void @f(i64 %n, i1 %flag) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %latch ]
  call void @g(i32 0)
  br i1 %flag, label %g1, label %latch
g1:
  call void @g(i32 1)
  br label %latch
latch:
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %mid, !prof !1
mid:
  br label %loop2
loop2:
  %j = phi i64 [ 0, %mid ], [ %j2, %latch2 ]
  call void @g(i32 2)
  br i1 %flag, label %g2, label %latch2
g2:
  call void @g(i32 3)
  br label %latch2
latch2:
  %j2 = add nuw i64 %j, 1
  %more2 = icmp ult i64 %j2, %n
  br i1 %more2, label %loop2, label %exit, !prof !1
exit:
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 9, i32 1}
