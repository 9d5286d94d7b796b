; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A number that may be anything: lookups where it is within what it is compared
; with, the code as it was for the rest. The guard carries its share, the branches
; behind it keep their weights. In a word, the results are taken out by a shift.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; SITES: table domain=guarded;form=word;high=40;low=-1;share=90
; SITES-NEXT: table domain=guarded;form=table;high=40;low=-1;share=90
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=branch 'table domain=guarded;form=table;high=40;low=-1;share=90' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' %s | FileCheck %s
; RUN: sed 's/form=table/form=word/' %t.genome > %t.word
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.word>),verify' %s | FileCheck %s --check-prefix=WORD
; CHECK: @speciate.table = private unnamed_addr constant [42 x i8]
; CHECK-LABEL: define i32 @f(
; CHECK: [[F:%.*]] = freeze i32 %x
; CHECK: %in.domain = icmp ult i32 [[S0:%.*]], 42
; CHECK-NEXT: br i1 %in.domain, label %entry.table, label %entry.general, !prof [[P:![0-9]+]]
; CHECK: entry.table:
; CHECK: load i8
; CHECK: br label %exit
; CHECK: entry.general:
; CHECK-NEXT: br i1 %c1, label %a, label %b, !prof [[W:![0-9]+]]
; CHECK: exit:
; CHECK-NEXT: phi i32 {{.*}}[ {{%.*}}, %entry.table ]
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 90, i32 10}
; CHECK-DAG: [[W]] = !{!"branch_weights", i32 30, i32 70}
; WORD-LABEL: define i32 @f(
; WORD: [[I:%.*]] = zext i32 {{%.*}} to i64
; WORD: [[S:%.*]] = lshr i64 {{-?[0-9]+}}, [[I]]
; WORD-NEXT: [[B:%.*]] = trunc i64 [[S]] to i1
; WORD-NEXT: zext i1 [[B]] to i32
define i32 @f(i32 %x) {
entry:
  %c1 = icmp slt i32 %x, 10
  br i1 %c1, label %a, label %b, !prof !0
a:
  %c2 = icmp eq i32 %x, 3
  br i1 %c2, label %exit, label %c
b:
  %c3 = icmp ult i32 %x, 40
  br i1 %c3, label %d, label %exit
c:
  br label %exit
d:
  %odd = and i32 %x, 1
  br label %exit
exit:
  %r = phi i32 [ 1, %a ], [ 0, %c ], [ 0, %b ], [ %odd, %d ]
  ret i32 %r
}
!0 = !{!"branch_weights", i32 30, i32 70}
