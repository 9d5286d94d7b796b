; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Legality: nothing moves over a store to what it reads, into a loop, or if it may
; never end, may throw, writes, or is needed on the other side too. Bad parameters.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not='sink into'
; SITES: region sites of 'clobbered'
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^region.function\(.*\)0 weight.*/region\/branch\10/p' > %t.sites
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^region.function\(.*\)0 weight.*/region\/branch\11/p' >> %t.sites
; RUN: sed 's/$/ sink into=then/' %t.sites > %t.1
; RUN: sed 's/$/ sink into=moon/' %t.sites | head -1 > %t.2
; RUN: sed 's/$/ sink colour=red;into=then/' %t.sites | head -1 > %t.3
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>)' %s -o %t.1.ll -pass-remarks=speciate-apply -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s --implicit-check-not='sink into=then{{$}}'
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>)' %s -o %t.2.ll -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s --check-prefix=BAD
; RUN: %speciate-opt -S %s -o %t.0.ll
; RUN: cmp %t.0.ll %t.1.ll
; RUN: cmp %t.0.ll %t.2.ll
; CHECK-COUNT-7: sink into=then: nothing in front of the branch is needed on that side only
; BAD: parameter 'into=moon' is neither then nor else
; BAD: unknown parameter 'colour'
target triple = "x86_64-pc-linux-gnu"
declare i32 @may_throw(i32) memory(none) willreturn
declare i32 @may_hang(i32) memory(none) nounwind
declare i32 @writes(ptr) nounwind willreturn

define i32 @clobbered(ptr %p, ptr %q, i1 %rare) {
  %v = load i32, ptr %p
  store i32 1, ptr %q
  br i1 %rare, label %then, label %often, !prof !1
then:
  ret i32 %v
often:
  ret i32 7
}
define i32 @throws(i32 %x, i1 %rare) {
  %v = call i32 @may_throw(i32 %x)
  br i1 %rare, label %then, label %often, !prof !1
then:
  ret i32 %v
often:
  ret i32 7
}
define i32 @hangs(i32 %x, i1 %rare) {
  %v = call i32 @may_hang(i32 %x)
  br i1 %rare, label %then, label %often, !prof !1
then:
  ret i32 %v
often:
  ret i32 7
}
define i32 @stores(ptr %x, i1 %rare) {
  %v = call i32 @writes(ptr %x)
  br i1 %rare, label %then, label %often, !prof !1
then:
  ret i32 %v
often:
  ret i32 7
}
define i32 @both(i32 %x, i1 %rare) {
  %v = mul i32 %x, 77
  br i1 %rare, label %then, label %often, !prof !1
then:
  ret i32 %v
often:
  %w = add i32 %v, 1
  ret i32 %w
}
; The branch is in the loop, the product in front of it; the loop that makes %e
; may run forever.
define i32 @inner(i32 %x, ptr %p) {
entry:
  %v = mul i32 %x, 77
  br label %loop
loop:
  %k = load volatile i32, ptr %p
  %rare = icmp eq i32 %k, 0
  br i1 %rare, label %then, label %loop, !prof !1
then:
  ret i32 %v
}
define i32 @endless(i32 %x, i1 %rare) {
entry:
  br label %loop
loop:
  %e = phi i32 [ %x, %entry ], [ %e2, %loop ]
  %h = lshr i32 %e, 1
  %e2 = mul i32 %h, 77
  %c = icmp eq i32 %e2, 3
  br i1 %c, label %after, label %loop
after:
  br i1 %rare, label %then, label %often, !prof !1
then:
  ret i32 %e2
often:
  ret i32 7
}
!1 = !{!"branch_weights", i32 1, i32 99}
