; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The likeliest cases of a switch are tested in front of it, after everything that
; would put them back; phis and weights follow. Without weights nothing is done.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'test-order peel=2' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>,simplifycfg,speciate-late-forms),verify' %s | FileCheck %s
; RUN: sed 's/peel=2/peel=9/' %t.genome > %t.bad
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.bad>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BAD
; BAD: parameter 'peel=9' is not a number from 1 to 4
; RUN: sed 's/, !prof .*//' %s > %t.plain.ll
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.genome>)' -pass-remarks-missed=speciate-apply %t.plain.ll 2>&1 | FileCheck %s --check-prefix=PLAIN
; PLAIN: the switch has no profile, or too few cases
; CHECK-LABEL: define i32 @f(
; CHECK: %peeled = icmp eq i32 %x, 7
; CHECK-NEXT: br i1 %peeled, label %b, label %[[R1:.*]], !prof [[P:![0-9]+]]
; CHECK: [[R1]]:
; CHECK-NEXT: %peeled1 = icmp eq i32 %x, 3
; CHECK-NEXT: br i1 %peeled1, label %exit, label %[[R2:.*]], !prof [[Q:![0-9]+]]
; CHECK: [[R2]]:
; CHECK-NEXT: switch i32 %x, label %c [
; CHECK-NEXT: i32 1, label %a
; CHECK-NEXT: i32 5, label %exit
; CHECK-NEXT: ], !prof [[S:![0-9]+]]
; CHECK: exit:
; CHECK-NEXT: phi i32 {{.*}}[ 9, %[[R1]] ]
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 500, i32 500}
; CHECK-DAG: [[Q]] = !{!"branch_weights", i32 300, i32 200}
; CHECK-DAG: [[S]] = !{!"branch_weights", i32 50, i32 100, i32 50}
declare i32 @g(i32)
define i32 @f(i32 %x) {
entry:
  switch i32 %x, label %c [
    i32 1, label %a
    i32 3, label %exit
    i32 5, label %exit
    i32 7, label %b
  ], !prof !0
a:
  %r1 = call i32 @g(i32 1)
  br label %exit
b:
  %r2 = call i32 @g(i32 2)
  br label %exit
c:
  %r3 = call i32 @g(i32 3)
  br label %exit
exit:
  %r = phi i32 [ 9, %entry ], [ 9, %entry ], [ %r1, %a ], [ %r2, %b ], [ %r3, %c ]
  ret i32 %r
}
!0 = !{!"branch_weights", i32 50, i32 100, i32 300, i32 50, i32 500}
