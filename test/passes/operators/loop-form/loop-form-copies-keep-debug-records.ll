; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The copies that peel and unswitch make have the variables and the lines of the
; original, and both copies of an unswitched loop keep their weights.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1 loop-form peel=1/p' > %t.peel
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.peel>,verify' %s | FileCheck %s --check-prefix=PEEL
; RUN: sed 's/peel=1/unswitch=on/' %t.peel > %t.unswitch
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.unswitch>,verify' %s -o %t.1.ll
; RUN: FileCheck %s --check-prefix=UNSWITCH < %t.1.ll
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN --implicit-check-not=unswitch=on
; AGAIN: region sites of 'f'
; PEEL: #dbg_value(i32 %s2.peel
; PEEL: br i1 %more.peel, {{.*}}, !dbg {{![0-9]+}}, !prof
; PEEL: #dbg_value(i32 %s2,
; PEEL: br i1 %more, {{.*}}, !dbg {{![0-9]+}}, !prof
; UNSWITCH-COUNT-2: #dbg_value(i32 %s2{{.*}}
; UNSWITCH-COUNT-2: !{!"branch_weights", i32 {{[0-9]+}}, i32 {{[0-9]+}}}
declare void @g()
define i32 @f(ptr %a, i64 %n, i1 %flag) !prof !0 !dbg !15 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %latch ]
  %s = phi i32 [ 0, %entry ], [ %s2, %latch ]
  br i1 %flag, label %then, label %latch, !prof !2
then:
  call void @g(), !dbg !18
  br label %latch
latch:
  %p = getelementptr inbounds i32, ptr %a, i64 %i
  %v = load i32, ptr %p
  %s2 = add i32 %s, %v, !dbg !18
    #dbg_value(i32 %s2, !19, !DIExpression(), !18)
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1, !dbg !18
exit:
  ret i32 %s2
}
!llvm.dbg.cu = !{!12}
!llvm.module.flags = !{!14}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 99, i32 1}
!2 = !{!"branch_weights", i32 50, i32 50}
!12 = distinct !DICompileUnit(language: DW_LANG_C11, file: !13, emissionKind: FullDebug)
!13 = !DIFile(filename: "f.c", directory: "/")
!14 = !{i32 2, !"Debug Info Version", i32 3}
!15 = distinct !DISubprogram(name: "f", file: !13, line: 1, type: !16, unit: !12, spFlags: DISPFlagDefinition)
!16 = !DISubroutineType(types: !17)
!17 = !{null}
!18 = !DILocation(line: 2, scope: !15)
!19 = !DILocalVariable(name: "s", scope: !15, file: !13, line: 2, type: !20)
!20 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
