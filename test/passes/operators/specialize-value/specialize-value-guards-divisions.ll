; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; scope=division: only the remainder is guarded, also behind a conversion; after
; simplification it is a mask.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.function[^ ]*\) .*/\1 specialize-value arg=1;scope=division;share=90;value=64/p' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.ll %s
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -S -passes='instcombine' < %t.ll | FileCheck %s --check-prefix=SIMPLE
; CHECK: %w = zext i32 %n to i64
; CHECK: %is.special = icmp eq i64 {{.*}}, 64
; CHECK-NEXT: br i1 %is.special, label %[[A:.*]], label %[[B:.*]], !prof [[P:![0-9]+]]
; CHECK: [[A]]:
; CHECK-NEXT: [[FAST:%.*]] = urem i64 %x, 64
; CHECK: [[B]]:
; CHECK-NEXT: [[SLOW:%.*]] = urem i64 %x, %w
; CHECK: %r = phi i64 [ [[FAST]], %[[A]] ], [ [[SLOW]], %[[B]] ]
; CHECK: [[P]] = !{!"branch_weights", i32 90, i32 10}
; SIMPLE: and i64 %x, 63
define i64 @f(i64 %x, i32 %n) {
  %w = zext i32 %n to i64
  %r = urem i64 %x, %w
  ret i64 %r
}
