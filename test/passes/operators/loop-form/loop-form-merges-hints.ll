; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Hints join the loop id: what they replace goes, everything else stays, the id
; is distinct, and doing it twice changes nothing but the id's number.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1 loop-form unroll=4;vectorize=off/p' > %t.txt
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.2.ll < %t.1.ll
; RUN: FileCheck %s < %t.2.ll
; CHECK: br i1 %more, label %loop, label %exit, !dbg {{![0-9]+}}, !prof [[P:![0-9]+]], !llvm.loop [[ID:![0-9]+]]
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 99, i32 1}
; CHECK-DAG: [[ID]] = distinct !{[[ID]], [[MUST:![0-9]+]], [[UNROLL:![0-9]+]], [[VEC:![0-9]+]]}
; CHECK-DAG: [[MUST]] = !{!"llvm.loop.mustprogress"}
; CHECK-DAG: [[UNROLL]] = !{!"llvm.loop.unroll.count", i32 4}
; CHECK-DAG: [[VEC]] = !{!"llvm.loop.vectorize.enable", i1 false}
define i32 @f(ptr %a, i64 %n) !prof !0 !dbg !15 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i32, ptr %a, i64 %i
  %v = load i32, ptr %p
  %s2 = add i32 %s, %v
    #dbg_value(i32 %s2, !19, !DIExpression(), !18)
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1, !llvm.loop !2, !dbg !18
exit:
  ret i32 %s2
}
!llvm.dbg.cu = !{!12}
!llvm.module.flags = !{!14}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 99, i32 1}
!2 = distinct !{!2, !3, !4, !5}
!3 = !{!"llvm.loop.mustprogress"}
!4 = !{!"llvm.loop.unroll.disable"}
!5 = !{!"llvm.loop.vectorize.width", i32 4}
!12 = distinct !DICompileUnit(language: DW_LANG_C11, file: !13, emissionKind: FullDebug)
!13 = !DIFile(filename: "f.c", directory: "/")
!14 = !{i32 2, !"Debug Info Version", i32 3}
!15 = distinct !DISubprogram(name: "f", file: !13, line: 1, type: !16, unit: !12, spFlags: DISPFlagDefinition)
!16 = !DISubroutineType(types: !17)
!17 = !{null}
!18 = !DILocation(line: 2, scope: !15)
!19 = !DILocalVariable(name: "s", scope: !15, file: !13, line: 2, type: !20)
!20 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
