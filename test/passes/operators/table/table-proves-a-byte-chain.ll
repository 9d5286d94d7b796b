; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A chain of tests of a byte becomes one load, without a branch: the byte can
; have no other value. Nothing is frozen, as the byte is not undefined. Again, the
; site is gone. Records of variables outside of the chain stay.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=switch 'table domain=proved;form=table' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.ll %s
; RUN: FileCheck %s --implicit-check-not='br i1' --implicit-check-not=freeze --implicit-check-not=switch < %t.ll
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.genome>)' -pass-remarks-missed=speciate-apply %t.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; CHECK: @speciate.table = private unnamed_addr constant [256 x i8] c"\01\01\01\01\01\01\01\01\01\02\01\01
; CHECK-LABEL: define i32 @f(
; CHECK-NEXT: entry:
; CHECK-NEXT: #dbg_value(i8 %c,
; CHECK-NEXT: [[I:%[0-9]+]] = zext i8 %c to i64
; CHECK-NEXT: [[P:%[0-9]+]] = getelementptr inbounds i8, ptr @speciate.table, i64 [[I]], !dbg
; CHECK-NEXT: [[V:%[0-9]+]] = load i8, ptr [[P]], align 1{{.*}} !invariant.load
; CHECK-NEXT: [[W:%[0-9]+]] = zext i8 [[V]] to i32
; CHECK-NEXT: br label %exit, !dbg [[LOC:![0-9]+]]
; CHECK: exit:
; CHECK-NEXT: %r = phi i32 [ [[W]], %entry ]
; CHECK-NEXT: ret i32 %r
; AGAIN: there is no such site in 'f'
define i32 @f(i8 noundef %c) !dbg !4 {
entry:
    #dbg_value(i8 %c, !7, !DIExpression(), !8)
  switch i8 %c, label %a [
    i8 9, label %exit
    i8 34, label %quote
  ], !dbg !8
a:
  %low = icmp ult i8 %c, 100
  br i1 %low, label %exit, label %b
quote:
  br label %exit
b:
  %odd = and i8 %c, 1
  %is.odd = icmp eq i8 %odd, 0
  %s = select i1 %is.odd, i32 5, i32 7
  br label %exit
exit:
  %r = phi i32 [ 2, %entry ], [ 1, %a ], [ 3, %quote ], [ %s, %b ]
  ret i32 %r
}
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2, !3}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !1, emissionKind: FullDebug)
!1 = !DIFile(filename: "f.c", directory: "/")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = !{i32 7, !"Dwarf Version", i32 5}
!4 = distinct !DISubprogram(name: "f", scope: !1, file: !1, line: 1, type: !5, unit: !0, spFlags: DISPFlagDefinition)
!5 = !DISubroutineType(types: !6)
!6 = !{}
!7 = !DILocalVariable(name: "c", arg: 1, scope: !4, file: !1, line: 1)
!8 = !DILocation(line: 3, scope: !4)
