; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; form=mask: marked selects survive InstCombine and SimplifyCFG, become masks at
; the end, and no later pass makes anything else of them: neither cmov nor
; branch in a sum of values above a threshold.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'branch-form form=mask' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>,instcombine,simplifycfg<speculate-unpredictables>,instcombine)' %s -o %t.marked.ll
; RUN: FileCheck %s --check-prefix=MARKED < %t.marked.ll
; RUN: %speciate-opt -S -passes='function(speciate-late-forms),verify' %t.marked.ll -o %t.mask.ll
; RUN: FileCheck %s < %t.mask.ll
; RUN: %llvm_bin/llc -O3 -x86-cmov-converter=false -o - %t.mask.ll | FileCheck %s --check-prefix=ASM
target triple = "x86_64-pc-linux-gnu"

; MARKED-LABEL: @sum(
; MARKED: [[S:%.*]] = select i1 %c, i64 %v, i64 0, !unpredictable [[M:![0-9]+]]
; MARKED-NEXT: add i64 %s, [[S]]
; MARKED: [[M]] = !{!"speciate.mask"}
; CHECK-LABEL: @sum(
; CHECK: [[V:%.*]] = freeze i64 %v
; CHECK: [[MASK:%.*]] = sext i1 {{.*}} to i64
; CHECK: and i64 [[V]], [[MASK]]
; CHECK-NOT: select
; CHECK: ret i64
; ASM-LABEL: sum:
; ASM-NOT: cmov
; ASM: # =>This Inner Loop Header
; ASM: set
; ASM: neg
; ASM: and
; ASM-NOT: j{{[a-z]+}}
; ASM: jb
; ASM-NOT: cmov
; ASM: retq
define i64 @sum(ptr %a, i64 %n, i64 %t) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %s = phi i64 [ 0, %entry ], [ %s3, %next ]
  %p = getelementptr i64, ptr %a, i64 %i
  %v = load i64, ptr %p
  %c = icmp sgt i64 %v, %t
  br i1 %c, label %then, label %next
then:
  %s2 = add i64 %s, %v
  br label %next
next:
  %s3 = phi i64 [ %s2, %then ], [ %s, %loop ]
  %i2 = add i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit
exit:
  ret i64 %s3
}

; Of two values that are both needed.
; CHECK-LABEL: @pick(
; CHECK: [[B:%.*]] = freeze i32 %b
; CHECK: [[A:%.*]] = freeze i32 %a
; CHECK: [[D:%.*]] = xor i32 [[A]], [[B]]
; CHECK: [[MASK:%.*]] = sext i1
; CHECK: [[X:%.*]] = and i32 [[D]], [[MASK]]
; CHECK: xor i32 [[X]], [[B]]
define i32 @pick(i1 %c, i32 %a, i32 %b) {
  %s = select i1 %c, i32 %a, i32 %b
  ret i32 %s
}
