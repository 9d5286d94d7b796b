; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Hostile: the number is known to be below 5, unless it is poison, and then
; the original chooses another result. It is frozen, and what is frozen may be any
; number: the index is cut to 8, and the table has 8 entries.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=select 'table domain=proved;form=table' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' %s | FileCheck %s
; CHECK: @speciate.table = private unnamed_addr constant [16 x i8]
; CHECK-LABEL: define i32 @f(
; CHECK-DAG: freeze i1 %safe
; CHECK-DAG: [[F:%.*]] = freeze i32 %x
; CHECK: and i32 [[F]], 7
; CHECK: load i8
; CHECK: ret i32
define i32 @f(ptr %p, i1 %safe) {
  %x = load i32, ptr %p, !range !0
  %c1 = icmp ult i32 %x, 2
  %c2 = icmp eq i32 %x, 3
  %a = select i1 %c1, i32 11, i32 12
  %b = select i1 %c2, i32 13, i32 %a
  %r = select i1 %safe, i32 %b, i32 14
  ret i32 %r
}
!0 = !{i32 0, i32 5}
