; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The part that the profile never saw moves to a cold function; the hot rest
; keeps its weights, the moved debug record moves along, and a second time there
; is nothing left to do.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed -n 's/^\(plan.function[^ ]*\) .*/\1 inline-form form=outline-cold/p' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt;level=plan>),verify' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN --implicit-check-not=outline-cold
; AGAIN: plan sites of 'f'
; CHECK-LABEL: define i32 @f(
; CHECK: br i1 %cold, label %codeRepl, label %done, {{.*}}!prof [[P:![0-9]+]]
; CHECK: call void @f.cold.0(i32 %x){{.*}} [[CALL:#[0-9]+]]
; CHECK: ret i32 %x
; CHECK: define internal void @f.cold.0(i32 %x) [[COLD:#[0-9]+]]
; CHECK: #dbg_value(i32 %m4
; CHECK: call void @rare
; CHECK-DAG: attributes [[COLD]] = { cold noinline
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 0, i32 1000}
declare void @rare(i32, i32)
define i32 @f(i32 %x) !prof !0 !dbg !15 {
  %cold = icmp eq i32 %x, 0
  br i1 %cold, label %unlikely, label %done, !prof !1, !dbg !18
unlikely:
  %m1 = mul i32 %x, %x, !dbg !18
  %m2 = mul i32 %m1, %x, !dbg !18
  %m3 = mul i32 %m2, %m1, !dbg !18
  %m4 = mul i32 %m3, %m1, !dbg !18
    #dbg_value(i32 %m4, !19, !DIExpression(), !18)
  call void @rare(i32 %m4, i32 %m3), !dbg !18
  br label %done, !dbg !18
done:
  ret i32 %x, !dbg !18
}
!llvm.dbg.cu = !{!12}
!llvm.module.flags = !{!14}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 0, i32 1000}
!12 = distinct !DICompileUnit(language: DW_LANG_C11, file: !13, emissionKind: FullDebug)
!13 = !DIFile(filename: "f.c", directory: "/")
!14 = !{i32 2, !"Debug Info Version", i32 3}
!15 = distinct !DISubprogram(name: "f", file: !13, line: 1, type: !16, unit: !12, spFlags: DISPFlagDefinition)
!16 = !DISubroutineType(types: !17)
!17 = !{null}
!18 = !DILocation(line: 2, scope: !15)
!19 = !DILocalVariable(name: "m", scope: !15, file: !13, line: 2, type: !20)
!20 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
