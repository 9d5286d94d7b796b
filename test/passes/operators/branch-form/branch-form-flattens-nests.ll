; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; form=select: `if (c1 && c2) { *p = x + *q; n++; }` without a branch. The load
; and the store go to a stand-in when the block would not have run; the inner
; condition stays behind the outer one; weights, locations and the loop's
; metadata stay; the variable set inside counts as optimized out from the join.
; A second application finds nothing to do.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=branch 'branch-form form=select' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll -pass-remarks=speciate-apply -pass-remarks-missed=speciate-apply < %s 2>&1 | FileCheck %s --check-prefix=REMARK
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' -o %t.2.ll -pass-remarks-missed=speciate-apply < %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: cmp %t.1.ll %t.2.ll

; The outer branch takes the inner one with it.
; REMARK-DAG: /0 branch-form form=select
; REMARK-DAG: /1 branch-form form=select: an earlier gene has removed the site
; AGAIN: there is no such site in 'f' (its control flow has changed)

; CHECK: @speciate.zeros = private constant [64 x i8] zeroinitializer, align 16
; CHECK-LABEL: define i32 @f(
; CHECK-NEXT: entry:
; CHECK-NEXT: %speciate.slot = alloca [64 x i8], align 16
; CHECK: head:
; CHECK: %c1 = icmp
; CHECK: %c2 = icmp
; CHECK-NEXT: [[BOTH:%.*]] = select i1 %c1, i1 %c2, i1 false, !dbg {{.*}}, !prof [[PC1:![0-9]+]]
; CHECK-NEXT: [[Q:%.*]] = select i1 [[BOTH]], ptr %q, ptr @speciate.zeros, !dbg [[L6:![0-9]+]], !prof [[PBOTH:![0-9]+]], !unpredictable [[U:![0-9]+]]
; CHECK-NEXT: %v = load i32, ptr [[Q]], align 4, !dbg [[L6]]
; CHECK-NOT: !noundef
; CHECK: %s = add i32 %v, %x
; CHECK: [[P:%.*]] = select i1 [[BOTH]], ptr %p, ptr %speciate.slot
; CHECK-NEXT: store i32 %s, ptr [[P]], align 4, !dbg
; CHECK-NEXT: [[ONE:%.*]] = select i1 [[BOTH]], i32 1, i32 0, {{.*}}!prof [[PBOTH]], !unpredictable [[U]]
; CHECK-NEXT: [[SUM:%.*]] = add nsw i32 %n, [[ONE]]
; CHECK-NEXT: br label %join, !dbg
; CHECK: join:
; CHECK-NEXT: %n2 = phi i32 [ [[SUM]], %head ]
; CHECK-NEXT: #dbg_value(i32 poison, [[S:![0-9]+]],
; CHECK-NEXT: #dbg_value(i32 %n2, [[N:![0-9]+]],
; CHECK-DAG: [[PC1]] = !{!"branch_weights", i32 300, i32 700}
; CHECK-DAG: [[PBOTH]] = !{!"branch_weights", i32 100, i32 900}
; CHECK-DAG: [[U]] = !{}
; CHECK-DAG: [[L6]] = !DILocation(line: 6,
; CHECK-DAG: [[S]] = !DILocalVariable(name: "s"
; CHECK-DAG: [[N]] = !DILocalVariable(name: "n"

target triple = "x86_64-pc-linux-gnu"

define i32 @f(ptr %p, ptr %q, ptr %a, i32 %k, i32 %x) !prof !0 !dbg !5 {
entry:
  br label %head
head:
  %i = phi i32 [ 0, %entry ], [ %i2, %join ]
  %n = phi i32 [ 0, %entry ], [ %n2, %join ]
  %g = getelementptr i32, ptr %a, i32 %i
  %y = load i32, ptr %g
  %c1 = icmp sgt i32 %y, %x
  br i1 %c1, label %inner, label %join, !prof !1, !dbg !11
inner:
  %c2 = icmp ult i32 %y, 77, !dbg !11
  br i1 %c2, label %body, label %join, !prof !2, !dbg !11
body:
  %v = load i32, ptr %q, align 4, !dbg !12, !range !14, !noundef !15
  %s = add i32 %v, %x, !dbg !12
    #dbg_value(i32 %s, !9, !DIExpression(), !12)
  store i32 %s, ptr %p, align 4, !dbg !13
  %n1 = add nsw i32 %n, 1, !dbg !13
  br label %join, !dbg !13
join:
  %n2 = phi i32 [ %n, %head ], [ %n, %inner ], [ %n1, %body ], !dbg !11
    #dbg_value(i32 %n2, !10, !DIExpression(), !11)
  %i2 = add i32 %i, 1
  %more = icmp ult i32 %i2, %k
  br i1 %more, label %head, label %exit, !prof !3
exit:
  ret i32 %n2
}

!llvm.dbg.cu = !{!6}
!llvm.module.flags = !{!8}
!0 = !{!"function_entry_count", i64 10}
!1 = !{!"branch_weights", i32 300, i32 700}
!2 = !{!"branch_weights", i32 100, i32 200}
!3 = !{!"branch_weights", i32 990, i32 10}
!5 = distinct !DISubprogram(name: "f", file: !7, line: 1, type: !16, unit: !6, spFlags: DISPFlagDefinition)
!6 = distinct !DICompileUnit(language: DW_LANG_C11, file: !7, emissionKind: FullDebug)
!7 = !DIFile(filename: "f.c", directory: "/")
!8 = !{i32 2, !"Debug Info Version", i32 3}
!9 = !DILocalVariable(name: "s", scope: !5, file: !7, line: 2, type: !17)
!10 = !DILocalVariable(name: "n", scope: !5, file: !7, line: 3, type: !17)
!11 = !DILocation(line: 5, scope: !5)
!12 = !DILocation(line: 6, scope: !5)
!13 = !DILocation(line: 7, scope: !5)
!14 = !{i32 0, i32 100}
!15 = !{}
!16 = !DISubroutineType(types: !15)
!17 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
