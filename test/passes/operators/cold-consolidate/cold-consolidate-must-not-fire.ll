; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Legality, with genes written by hand: what a test reads is written in between,
; may be unreadable in front of the first test, is volatile, or depends on the
; pass of an inner loop; parameters that say nothing. Each is refused with its
; reason, and nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=cold-consolidate
; SITES: region sites of 'written'
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^region.function\(.*\)0 weight.*/region\/branch\10/p' > %t.sites
; RUN: sed 's/$/ cold-consolidate share=90;tests=0f.1f/' %t.sites > %t.1
; RUN: sed 's/$/ cold-consolidate share=90;tests=1f.0f/' %t.sites > %t.2
; RUN: sed 's/$/ cold-consolidate share=90;tests=0f/' %t.sites > %t.3
; RUN: sed 's/$/ cold-consolidate share=90;tests=0f.7f/' %t.sites > %t.4
; RUN: sed 's/$/ cold-consolidate share=90;tests=0f.x/' %t.sites > %t.5
; RUN: sed 's/$/ cold-consolidate share=100;tests=0f.1f/' %t.sites > %t.6
; RUN: sed 's/$/ cold-consolidate colour=red;share=90;tests=0f.1f/' %t.sites > %t.7
; RUN: sed 's/$/ cold-consolidate share=90;tests=0t.1f/' %t.sites > %t.8
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>)' %s -o %t.1.ll -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>,speciate-apply<genome=%t.4>,speciate-apply<genome=%t.5>,speciate-apply<genome=%t.6>,speciate-apply<genome=%t.7>,speciate-apply<genome=%t.8>)' %s -o %t.2.ll -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s --check-prefix=BAD
; RUN: %speciate-opt -S %s -o %t.0.ll
; RUN: cmp %t.0.ll %t.1.ll
; RUN: cmp %t.0.ll %t.2.ll
; CHECK: what a condition reads is written in between
; CHECK: a load may trap in front of the branches
; CHECK: a condition depends on a volatile or atomic load
; CHECK: a condition depends on the way taken or on the pass of a loop
; BAD: parameter 'tests' does not begin with the site
; BAD: a path needs two branches or more
; BAD: there is no branch 7
; BAD: 'x' is not the number of a branch and t or f
; BAD: parameter 'share=100' is not a number from 1 to 99
; BAD: unknown parameter 'colour'
; BAD: no path goes to all branches as decided
target triple = "x86_64-pc-linux-gnu"
declare void @work()
declare void @stop()

define void @written(ptr %p, ptr %q) {
  %a = load i32, ptr %p
  %c1 = icmp eq i32 %a, 7
  br i1 %c1, label %out, label %next
next:
  store i32 1, ptr %q
  %b = load i32, ptr %p
  %c2 = icmp eq i32 %b, 9
  br i1 %c2, label %out, label %last
last:
  call void @work()
  ret void
out:
  ret void
}

; @work may never come back: then the second load does not run.
define void @unreadable(ptr %p, ptr noalias %q) {
  %a = load i32, ptr %p
  %c1 = icmp eq i32 %a, 7
  br i1 %c1, label %out, label %next
next:
  call void @work() memory(none)
  %b = load i32, ptr %q
  %c2 = icmp eq i32 %b, 9
  br i1 %c2, label %out, label %last
last:
  ret void
out:
  ret void
}

define void @volatile(ptr %p) {
  %a = load i32, ptr %p
  %c1 = icmp eq i32 %a, 7
  br i1 %c1, label %out, label %next
next:
  %b = load volatile i32, ptr %p
  %c2 = icmp eq i32 %b, 9
  br i1 %c2, label %out, label %last
last:
  ret void
out:
  ret void
}

define void @changes(i32 %a, i32 %n) {
  %c1 = icmp eq i32 %a, 7
  br i1 %c1, label %out, label %loop
loop:
  %i = phi i32 [ 0, %0 ], [ %i2, %next ]
  %c2 = icmp eq i32 %i, %n
  br i1 %c2, label %out, label %next
next:
  %i2 = add i32 %i, 1
  br label %loop
out:
  ret void
}
