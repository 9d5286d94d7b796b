; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A sum until zero: guarded by the page that the block lies on, computed without
; an exit, vectorized, and tested once; the profile and the debug records of the
; original stay, and the branches of the frame have weights. Eight passes of the
; original stand before it, and eight are in front of the first block.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'loop-block block=32;check=with' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>),verify' %s -o %t.ll
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -S -passes='function(loop-vectorize)' %t.ll | FileCheck %s --check-prefix=VECTOR
; A second time there is no such site.
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>)' -pass-remarks-missed=speciate-apply %t.ll -o %t.2.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: %speciate-opt -S -passes=verify %t.ll -o %t.1.ll
; RUN: cmp %t.1.ll %t.2.ll
; SITES: loop-block block=32;check=with benefit=0.{{[1-9]}}
; CHECK-LABEL: @f(
; CHECK-NOT: block
; CHECK-COUNT-8: br i1 %end.peel{{.*}}, label %exit{{.*}}, label %{{.*}}peel.ne{{.*}} !prof
; CHECK: block:
; CHECK: %done = phi i64 [ 0, %entry.peel.newph ]
; CHECK: %count = select i1 %first, i64 8, i64 32
; CHECK: and i64 %{{.*}}, 4095
; CHECK: icmp ule i64 %{{.*}}, 4064
; CHECK: br i1 %{{.*}}, label %block.fast, label %block.careful,{{.*}} !prof
; CHECK: block.fast:
; CHECK: call ptr asm "", "=r,0"(ptr
; CHECK: loop.fast:
; CHECK: #dbg_value(i32 %sum.fast
; CHECK: load i8
; CHECK: freeze i1
; CHECK: br i1 %{{.*}}, label %block.again, label %loop.fast,{{.*}} !prof
; CHECK: block.again:
; CHECK: br i1 %{{.*}}, label %block.careful, label %block,{{.*}} !prof
; CHECK: loop:
; CHECK: #dbg_value(i32 %sum,
; CHECK: br i1 %end, label %exit.loopexit, label %block.next, !dbg {{.*}}, !prof ![[WEIGHTS:[0-9]+]]
; CHECK: ![[WEIGHTS]] = !{!"branch_weights", i32 1, i32 999}
; VECTOR: vector.body:
; VECTOR: load <{{[0-9]+}} x i8>
; VECTOR: vector.reduce.or
; AGAIN: there is no such site in 'f'
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"
define i32 @f(ptr %start) !prof !0 !dbg !5 {
entry:
  br label %loop
loop:
  %p = phi ptr [ %start, %entry ], [ %p.next, %loop ]
  %sum = phi i32 [ 0, %entry ], [ %sum.next, %loop ]
    #dbg_value(i32 %sum, !8, !DIExpression(), !9)
  %v = load i8, ptr %p, align 1
  %wide = zext i8 %v to i32
  %sum.next = add i32 %sum, %wide
  %p.next = getelementptr inbounds i8, ptr %p, i64 1
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop, !dbg !9, !prof !1
exit:
  ret i32 %sum.next
}
!llvm.dbg.cu = !{!3}
!llvm.module.flags = !{!2}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 1, i32 999}
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = distinct !DICompileUnit(language: DW_LANG_C11, file: !4, emissionKind: FullDebug)
!4 = !DIFile(filename: "a.c", directory: "/")
!5 = distinct !DISubprogram(name: "f", file: !4, line: 1, type: !6, unit: !3, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{null}
!8 = !DILocalVariable(name: "sum", scope: !5, file: !4, line: 2, type: !10)
!9 = !DILocation(line: 3, scope: !5)
!10 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
