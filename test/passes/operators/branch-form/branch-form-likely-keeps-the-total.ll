; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; likely=then makes one side strong and keeps the sum of the weights.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.branch[^ ]*\) .*/\1 branch-form likely=then/p' > %t.txt
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.2.ll < %t.1.ll
; RUN: cmp %t.1.ll %t.2.ll
; CHECK: br i1 %c, label %then, label %else, !prof [[P:![0-9]+]]
; CHECK: [[P]] = !{!"branch_weights", i32 2000000, i32 1000}
declare void @g()
define i32 @f(i32 %x, i32 %y) !prof !0 {
entry:
  %c = icmp ult i32 %x, %y
  br i1 %c, label %then, label %else, !prof !1
then:
  call void @g()
  ret i32 1
else:
  ret i32 2
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 1000500, i32 1000500}
