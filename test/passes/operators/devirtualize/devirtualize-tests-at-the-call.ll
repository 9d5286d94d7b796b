; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Several targets are tested where the call stands, likeliest first, with weights
; from the profile; nothing of them is left for LLVM's own promotion. Hostile: the
; target comes from memory that the loop writes, so no guard may leave the loop.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed 's/^plan sites/region sites/' > %t.sites
; RUN: FileCheck %s --check-prefix=SITES --implicit-check-not=scope=loop --implicit-check-not=scope=body < %t.sites
; SITES: devirtualize callee=by_count+by_key;scope=call;share=60
; RUN: %python %S/../Inputs/genome.py --kind=call 'devirtualize callee=by_count.by_key;scope=call;share=60' < %t.sites > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome;level=plan>),verify' %s | FileCheck %s
; CHECK-LABEL: define i32 @f(
; CHECK: icmp eq ptr %before, @by_count
; CHECK-NEXT: br i1 {{.*}}, !prof [[A:![0-9]+]]
; CHECK: call i32 @by_count(
; CHECK: icmp eq ptr %before, @by_key
; CHECK-NEXT: br i1 {{.*}}, !prof [[B:![0-9]+]]
; CHECK: call i32 @by_key(
; CHECK: call i32 %before({{[^!]*$}}
; CHECK-DAG: [[A]] = !{!"branch_weights", i32 600, i32 400}
; CHECK-DAG: [[B]] = !{!"branch_weights", i32 350, i32 50}
;
; RUN: sed 's/scope=call/scope=loop/; s/+by_key//' %t.genome > %t.loop
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.loop;level=plan>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=LOOP
; LOOP: the target changes in every loop around the call
; RUN: sed 's/scope=call/scope=body/; s/+by_key//' %t.genome > %t.body
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.body;level=plan>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BODY
; BODY: the target is not an argument
; RUN: sed 's/by_key/nobody/' %t.genome > %t.nobody
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.nobody;level=plan>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=NOBODY
; NOBODY: parameter 'callee': there is no function 'nobody' in this unit
; RUN: sed 's/by_key/other/' %t.genome > %t.other
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.other;level=plan>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=OTHER
; OTHER: 'other' cannot be called there: Return type mismatch
; RUN: sed 's/share=60/share=100/' %t.genome > %t.share
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.share;level=plan>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=SHARE
; SHARE: parameter 'share=100' is not a number from 1 to 99
declare i32 @by_count(i32 %a, i32 %b)
declare i32 @by_key(i32 %a, i32 %b)
declare void @other()
define i32 @f(ptr %p, i32 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %before = load ptr, ptr %p
  %c = call i32 %before(i32 %i, i32 %n), !prof !1
  %s2 = add i32 %s, %c
  %i2 = add i32 %i, 1
  %more = icmp ult i32 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2
exit:
  ret i32 %s2
}
!0 = !{!"function_entry_count", i64 10}
!1 = !{!"VP", i32 0, i64 1000, i64 2157681727264946307, i64 600, i64 -6858437471666082548, i64 350}
!2 = !{!"branch_weights", i32 99, i32 1}
