; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A part that is entered rarely moves out with its loop, though the loop's blocks
; run often. It goes to the section of the unlikely, but is not optimized for
; size.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed -n 's/^\(plan.function[^ ]*\) .*/\1 inline-form form=outline-cold/p' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt;level=plan>),verify' < %s | FileCheck %s
; CHECK-LABEL: define void @f(
; CHECK: br i1 %rare, label %codeRepl, label %done
; CHECK-NOT: loop:
; CHECK: ret void
; CHECK: define internal void @f.cold.0({{.*}}) [[OUT:#[0-9]+]] {{.*}}!section_prefix [[PREFIX:![0-9]+]]
; CHECK: loop:
; CHECK: attributes [[OUT]] = { noinline
; CHECK: [[PREFIX]] = !{!"section_prefix", !"unlikely"}
define void @f(i32 %status, ptr %lanes) !prof !0 {
  %bits = and i32 %status, 7
  %rare = icmp ne i32 %bits, 0
  br i1 %rare, label %loop, label %done, !prof !1
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %loop ]
  %at = getelementptr i32, ptr %lanes, i64 %i
  %lane = load i32, ptr %at
  %mixed = mul i32 %lane, -1640531535
  store i32 %mixed, ptr %at
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, 64
  br i1 %more, label %loop, label %done, !prof !2
done:
  ret void
}
!0 = !{!"function_entry_count", i64 100000}
!1 = !{!"branch_weights", i32 500, i32 99500}
!2 = !{!"branch_weights", i32 63, i32 1}
