; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Bad parameters and edges that are not rare are refused; nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=assume-and-check
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1/p' > %t.site
; RUN: %python %S/../Inputs/try-parameters.py '%speciate-opt' %s %t.site assume-and-check 'block=32;check=with' 'block=32;check=with;rare=1' 'block=3;check=with;rare=9' 'block=32;check=with;rare=8' | FileCheck %s
; SITES: region/loop
; CHECK: no parameter 'rare'
; CHECK: 'rare=1' is not a number from 2 to 1000000
; CHECK: 'block=3' is not a number from 8 to 1024
; CHECK: nothing that a condition decides is assumed
; CHECK-NOT: CHANGED
declare void @g()
define void @f(ptr %s, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %p = getelementptr i8, ptr %s, i64 %i
  %v = load i8, ptr %p
  %c = icmp eq i8 %v, 7
  br i1 %c, label %then, label %next, !prof !2
then:
  call void @g()
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 999, i32 1}
!2 = !{!"branch_weights", i32 1, i32 4}
