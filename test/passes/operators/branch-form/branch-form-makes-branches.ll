; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; form=branch: two selects on one condition become one branch with their
; weights, which the late SimplifyCFG cannot fold again as it is made last; the
; load that only one side needs moves there, the one that a store may change
; does not.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'branch-form form=branch' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>,simplifycfg<speculate-unpredictables>,speciate-late-forms),verify' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-late-forms)' -o %t.2.ll < %t.1.ll
; RUN: FileCheck %s < %t.2.ll
; RUN: %speciate-opt -S -passes='function(speciate-late-forms)' -o %t.3.ll < %t.2.ll
; RUN: cmp %t.2.ll %t.3.ll
; RUN: %llvm_bin/llc -O3 -o - %t.1.ll | FileCheck %s --check-prefix=ASM
; ASM-LABEL: f:
; ASM-NOT: cmov
; ASM: j{{[a-z]+}} .LBB0_
; ASM-NOT: cmov
; ASM: retq
; CHECK-LABEL: @f(
; CHECK-NOT: load i32, ptr %p
; CHECK: load i32, ptr %q
; CHECK: br i1 {{.*}}, label %form.then, label %form.{{tail|else}}, !prof [[P:![0-9]+]]
; CHECK: form.then:
; CHECK-NEXT: load i32, ptr %p
; CHECK-NEXT: mul
; CHECK-NOT: load
; CHECK: phi i32
; CHECK: phi i32
; CHECK-NOT: select
; CHECK: [[P]] = !{!"branch_weights", i32 5, i32 995}
; CHECK-NOT: speciate.branch
target triple = "x86_64-pc-linux-gnu"
define i32 @f(i32 %k, ptr dereferenceable(4) %p, ptr dereferenceable(4) %q, ptr %r, i32 %x) {
  %w = load i32, ptr %q, align 4
  store i32 %k, ptr %r, align 4
  %v = load i32, ptr %p, align 4
  %m = mul i32 %v, %v
  %c = icmp ult i32 %k, 7
  %s = select i1 %c, i32 %m, i32 %x, !prof !0
  %t = select i1 %c, i32 %w, i32 %k, !prof !0
  %sum = add i32 %s, %t
  ret i32 %sum
}
!0 = !{!"branch_weights", i32 5, i32 995}
