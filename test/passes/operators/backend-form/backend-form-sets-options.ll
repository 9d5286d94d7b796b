; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Options go to the region's code generation in the order of the keys; width and
; alignment become attributes, twice is once.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n "s/^\(region.function[^ ]*\) .*/\1 backend-form align=32;sched=off;tail-dup=8;vector-width=256/p" > %t.txt
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.1.ll -pass-remarks-output=%t.yaml < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: FileCheck %s --check-prefix=YAML < %t.yaml
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.2.ll < %t.1.ll
; RUN: cmp %t.1.ll %t.2.ll
; CHECK: define i32 @f(i32 %x) [[A:#[0-9]+]] align 32 {{.*}}!dbg {{![0-9]+}} !prof
; CHECK: #dbg_value(i32 %y
; CHECK: attributes [[A]] = { "prefer-vector-width"="256" }
; YAML: Applied
; YAML: '-align-loops=32'
; YAML: '-enable-misched=false'
; YAML: '-tail-dup-size=8'
define i32 @f(i32 %x) !prof !0 !dbg !15 {
  %y = mul i32 %x, %x
    #dbg_value(i32 %y, !19, !DIExpression(), !18)
  ret i32 %y
}
!llvm.dbg.cu = !{!12}
!llvm.module.flags = !{!14}
!0 = !{!"function_entry_count", i64 1000}
!12 = distinct !DICompileUnit(language: DW_LANG_C11, file: !13, emissionKind: FullDebug)
!13 = !DIFile(filename: "f.c", directory: "/")
!14 = !{i32 2, !"Debug Info Version", i32 3}
!15 = distinct !DISubprogram(name: "f", file: !13, line: 1, type: !16, unit: !12, spFlags: DISPFlagDefinition)
!16 = !DISubroutineType(types: !17)
!17 = !{null}
!18 = !DILocation(line: 2, scope: !15)
!19 = !DILocalVariable(name: "y", scope: !15, file: !13, line: 2, type: !20)
!20 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
