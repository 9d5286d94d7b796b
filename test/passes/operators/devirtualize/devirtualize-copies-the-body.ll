; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The target is an argument: one guard at the entry. In the copy every use of the
; argument is the function, also what a recursive call passes on.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed 's/^plan sites/region sites/' | %python %S/../Inputs/genome.py --kind=call 'devirtualize callee=by_count;scope=body;share=99' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome;level=plan>),verify' %s | FileCheck %s
; CHECK-LABEL: define i32 @f(
; CHECK: [[F:%.*]] = freeze ptr %before
; CHECK-NEXT: %is.special = icmp eq ptr [[F]], @by_count
; CHECK-NEXT: br i1 %is.special, label %general.special, label %general, !prof
; CHECK: general:
; CHECK: call i32 %before(i32 %n, i32 1)
; CHECK: call i32 @f(ptr %before,
; CHECK: general.special:
; CHECK: call i32 @by_count(i32 %n, i32 1)
; CHECK: call i32 @f(ptr @by_count,
declare i32 @by_count(i32 %a, i32 %b)
define i32 @f(ptr %before, i32 %n) !prof !0 {
entry:
  %c = call i32 %before(i32 %n, i32 1), !prof !1
  %end = icmp eq i32 %c, 0
  br i1 %end, label %exit, label %on
on:
  %m = sub i32 %n, 1
  %r = call i32 @f(ptr %before, i32 %m)
  br label %exit
exit:
  %s = phi i32 [ %c, %entry ], [ %r, %on ]
  ret i32 %s
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"VP", i32 0, i64 1000, i64 2157681727264946307, i64 1000}
