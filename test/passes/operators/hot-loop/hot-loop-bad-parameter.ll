; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Bad parameters and loops in which nothing is rare are refused; nothing is
; changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1/p' > %t.site
; RUN: %python %S/../Inputs/try-parameters.py '%speciate-opt' %s %t.site hot-loop 'rare=1' 'often=3' 'rare=9;block=8' 'rare=500' | FileCheck %s
; CHECK: 'rare=1' is not a number from 2 to 1000000
; CHECK: unknown parameter 'often'
; CHECK: unknown parameter 'block'
; CHECK: no block of the loop is that rare
; CHECK-NOT: CHANGED
declare void @odd(ptr, i32)
define void @f(ptr %s, ptr noalias %p, i64 %n) !prof !0 {
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
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 10, i32 990}
!2 = !{!"branch_weights", i32 999, i32 1}
