; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A branch site is marked, keeps its weights, and becomes a select in the late
; SimplifyCFG, where the weights alone would have kept the branch.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.branch[^ ]*\) .*/\1 branch-form unpredictable=on/p' > %t.txt
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' -o %t.2.ll < %t.1.ll
; RUN: cmp %t.1.ll %t.2.ll
; RUN: %speciate-opt -S -passes='simplifycfg<speculate-unpredictables>' %s | FileCheck %s --check-prefix=BASE
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>,simplifycfg<speculate-unpredictables>' %s | FileCheck %s --check-prefix=SELECT

; SITES-LABEL: region sites of 'f'
; SITES: region/branch/{{[0-9a-f]+}}/{{[0-9a-f]+}}/0 weight=
; SITES: branch-form unpredictable=on

; CHECK: br i1 %c, label %then, label %else, !dbg [[L:![0-9]+]], !prof [[P:![0-9]+]], !unpredictable [[U:![0-9]+]]
; The debug record stays where it was.
; CHECK: then:
; CHECK: #dbg_value(i32 %a3
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 50, i32 50}
; CHECK-DAG: [[U]] = !{}

; BASE: br i1 %c
; SELECT-NOT: br i1
; SELECT: select i1 %c, i32 {{.*}}!unpredictable
; SELECT-NOT: br i1

target triple = "x86_64-pc-linux-gnu"

define i32 @f(i32 %x, i32 %y) !prof !0 !dbg !5 {
entry:
  %c = icmp ult i32 %x, %y
  br i1 %c, label %then, label %else, !prof !1, !dbg !8
then:
  %a1 = mul i32 %x, 5
  %a2 = xor i32 %a1, %y
  %a3 = add i32 %a2, 77
    #dbg_value(i32 %a3, !9, !DIExpression(), !8)
  br label %join
else:
  %b1 = shl i32 %y, 3
  %b2 = sub i32 %b1, %x
  %b3 = xor i32 %b2, 99
  br label %join
join:
  %r = phi i32 [ %a3, %then ], [ %b3, %else ]
  ret i32 %r
}

!llvm.dbg.cu = !{!2}
!llvm.module.flags = !{!4}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 50, i32 50}
!2 = distinct !DICompileUnit(language: DW_LANG_C11, file: !3, emissionKind: FullDebug)
!3 = !DIFile(filename: "f.c", directory: "/")
!4 = !{i32 2, !"Debug Info Version", i32 3}
!5 = distinct !DISubprogram(name: "f", file: !3, line: 1, type: !6, unit: !2, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{null}
!8 = !DILocation(line: 2, scope: !5)
!9 = !DILocalVariable(name: "v", scope: !5, file: !3, line: 2, type: !10)
!10 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
