; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; No choice for a hammock with a side effect, for a vector select, and none
; with a strong effect for a branch that is nearly always the same way.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s
; CHECK-LABEL: region sites of 'effect'
; CHECK-NOT: unpredictable
; CHECK-LABEL: region sites of 'vector'
; CHECK-NOT: unpredictable
; CHECK-LABEL: region sites of 'biased'
; CHECK-NOT: unpredictable=all
; CHECK-LABEL: region sites of 'end'
define i32 @effect(i32 %x, ptr %p) !prof !0 {
  %c = icmp ult i32 %x, 7
  br i1 %c, label %then, label %join, !prof !1
then:
  store i32 %x, ptr %p
  br label %join
join:
  ret i32 1
}
define <2 x i32> @vector(<2 x i1> %c, <2 x i32> %a, <2 x i32> %b) !prof !0 {
  %s = select <2 x i1> %c, <2 x i32> %a, <2 x i32> %b
  ret <2 x i32> %s
}
define i32 @biased(i32 %x) !prof !0 {
  %c = icmp ult i32 %x, 7
  br i1 %c, label %then, label %join, !prof !2
then:
  %y = mul i32 %x, %x
  br label %join
join:
  %r = phi i32 [ %x, %0 ], [ %y, %then ]
  ret i32 %r
}
define void @end() {
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 50, i32 50}
!2 = !{!"branch_weights", i32 1, i32 99999}
