; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Each site once, in program order within its kind; sites without choices are
; left out (here the outer loop, 0); the same module gives the same text.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s > %t.1 2>&1
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s > %t.2 2>&1
; RUN: cmp %t.1 %t.2
; RUN: FileCheck %s < %t.1
; CHECK-LABEL: region sites of 'f'
; CHECK-NEXT: region/function/[[S:[0-9a-f]+/[0-9a-f]+]]/0 weight=1.0000 at f.c:1
; CHECK: region/loop/[[S]]/1 weight=0.{{[0-9]+}}
; CHECK: region/loop/[[S]]/2
; CHECK-NOT: region/loop
; CHECK-LABEL: region sites of 'g'
define void @f(i64 %n) !prof !0 !dbg !15 {
entry:
  br label %outer
outer:
  %i = phi i64 [ 0, %entry ], [ %i2, %latch ]
  br label %inner
inner:
  %j = phi i64 [ 0, %outer ], [ %j2, %inner ]
  %j2 = add nuw i64 %j, 1
  %d = udiv i64 %n, %j2
  %m = icmp ult i64 %j2, %d
  br i1 %m, label %inner, label %second, !prof !1
second:
  %k = phi i64 [ 0, %inner ], [ %k2, %second ]
  %k2 = add nuw i64 %k, 1
  %e = udiv i64 %n, %k2
  %m2 = icmp ult i64 %k2, %e
  br i1 %m2, label %second, label %latch, !prof !1
latch:
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %outer, label %exit, !prof !1
exit:
  ret void
}
define void @g() {
  ret void
}
!llvm.dbg.cu = !{!12}
!llvm.module.flags = !{!14}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 99, i32 1}
!12 = distinct !DICompileUnit(language: DW_LANG_C11, file: !13, emissionKind: FullDebug)
!13 = !DIFile(filename: "f.c", directory: "/")
!14 = !{i32 2, !"Debug Info Version", i32 3}
!15 = distinct !DISubprogram(name: "f", file: !13, line: 1, type: !16, unit: !12, spFlags: DISPFlagDefinition)
!16 = !DISubroutineType(types: !17)
!17 = !{null}
