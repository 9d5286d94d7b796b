; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A loop with its guard, a pure call and a load, all needed only where the branch
; goes the rare way, move there, over a store to another place; so does what only
; they need. Weights and locations move along, the variable has no value on the
; other side. A second application finds nothing.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=branch 'sink into=then' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' -o %t.2.ll -pass-remarks-missed=speciate-apply < %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: %speciate-opt -S -o %t.3.ll < %t.1.ll
; RUN: cmp %t.3.ll %t.2.ll
; RUN: %speciate-opt -S -passes='simplifycfg<sink-common-insts;hoist-common-insts>,instcombine,loop-mssa(licm),jump-threading,simplifycfg' < %t.1.ll | FileCheck %s --check-prefix=STAYS
; AGAIN: there is no such site in 'f' (its control flow has changed)

; CHECK-LABEL: define i32 @f(
; CHECK-NEXT: entry:
; CHECK-NEXT: br label %join
; CHECK: join:
; CHECK-NEXT: #dbg_value(i32 poison, [[V:![0-9]+]],
; CHECK-NEXT: store i64 1, ptr %q
; CHECK-NEXT: %rare = icmp
; CHECK-NEXT: br i1 %rare, label %[[IN:.*]], label %often, !prof [[P:![0-9]+]]
; CHECK: [[IN]]:
; CHECK-NEXT: %some = icmp
; CHECK-NEXT: br i1 %some, label %loop, label %[[OUT:.*]], !dbg [[L:![0-9]+]], !prof [[PG:![0-9]+]]
; CHECK: loop:
; CHECK: br i1 %done, label %[[OUT]], label %loop, {{.*}}!prof [[PL:![0-9]+]], !llvm.loop
; CHECK: [[OUT]]:
; CHECK-NEXT: %sum = phi i32 [ 0, %[[IN]] ], [ %s2, %loop ]
; CHECK: %d = call i32 @digest(ptr %p)
; CHECK: then:
; CHECK-NEXT: %r = xor i32 %sum, %d
; CHECK: often:
; CHECK-NEXT: ret i32 7
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 1, i32 99}
; CHECK-DAG: [[PG]] = !{!"branch_weights", i32 90, i32 10}
; CHECK-DAG: [[PL]] = !{!"branch_weights", i32 10, i32 90}
; CHECK-DAG: [[V]] = !DILocalVariable(name: "v"

; STAYS: br i1 %rare, label
; STAYS: loop:
; STAYS: call i32 @digest
target triple = "x86_64-pc-linux-gnu"
declare i32 @digest(ptr) memory(argmem: read) nounwind willreturn
define i32 @f(ptr noalias %p, ptr noalias %q, i32 %n, i32 %k) mustprogress !prof !0 !dbg !5 {
entry:
  %some = icmp sgt i32 %n, 0
  br i1 %some, label %loop, label %join, !prof !1, !dbg !11
loop:
  %i = phi i32 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %g = getelementptr i32, ptr %p, i32 %i
  %v = load i32, ptr %g
  %m = mul i32 %s, 31
  %s2 = add i32 %m, %v
  %i2 = add i32 %i, 1
  %done = icmp eq i32 %i2, %n
  br i1 %done, label %join, label %loop, !prof !2, !llvm.loop !3
join:
  %sum = phi i32 [ 0, %entry ], [ %s2, %loop ]
    #dbg_value(i32 %sum, !9, !DIExpression(), !11)
  %d = call i32 @digest(ptr %p), !dbg !11
  store i64 1, ptr %q
  %rare = icmp eq i32 %k, 77
  br i1 %rare, label %then, label %often, !prof !4
then:
  %r = xor i32 %sum, %d
  ret i32 %r
often:
  ret i32 7
}
!llvm.dbg.cu = !{!6}
!llvm.module.flags = !{!8}
!0 = !{!"function_entry_count", i64 10}
!1 = !{!"branch_weights", i32 90, i32 10}
!2 = !{!"branch_weights", i32 10, i32 90}
!3 = distinct !{!3, !13}
!4 = !{!"branch_weights", i32 1, i32 99}
!5 = distinct !DISubprogram(name: "f", file: !7, line: 1, type: !16, unit: !6, spFlags: DISPFlagDefinition)
!6 = distinct !DICompileUnit(language: DW_LANG_C11, file: !7, emissionKind: FullDebug)
!7 = !DIFile(filename: "f.c", directory: "/")
!8 = !{i32 2, !"Debug Info Version", i32 3}
!9 = !DILocalVariable(name: "v", scope: !5, file: !7, line: 2, type: !17)
!11 = !DILocation(line: 3, scope: !5)
!13 = !{!"llvm.loop.mustprogress"}
!16 = !DISubroutineType(types: !18)
!17 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!18 = !{}
