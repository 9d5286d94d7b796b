; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; arg=1;value=8: a copy of the body in which the argument is 8 runs under a guard
; that has the weights of the profile; the original stays as it was; allocas are
; shared; weights and locations are kept in both. A second application finds
; another control flow.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.function[^ ]*\) .*/\1 specialize-value arg=1;share=97;value=8/p' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' -o %t.2.ll -pass-remarks-missed=speciate-apply < %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: cmp %t.1.ll %t.2.ll
; AGAIN: there is no such site in 'f' (its control flow has changed)

; CHECK-LABEL: define i32 @f(
; CHECK-NEXT: entry:
; CHECK-NEXT: %a = alloca i32
; CHECK-NEXT: %b = alloca i32
; CHECK-NEXT: [[F:%.*]] = freeze i32 %n
; CHECK-NEXT: %is.special = icmp eq i32 [[F]], 8
; CHECK-NEXT: br i1 %is.special, label %general.special, label %general, !prof [[G:![0-9]+]]
; CHECK: general:
; CHECK-NEXT: store i32 %n, ptr %a
; CHECK: urem i32 %x, %n, !dbg [[L:![0-9]+]]
; CHECK: br i1 %c, label %then, label %else, !prof [[P:![0-9]+]]
; CHECK: general.special:
; CHECK-NEXT: store i32 8, ptr %a
; CHECK: urem i32 %x, 8, !dbg [[L]]
; CHECK: br i1 %c.special, label %then.special, label %else.special, !prof [[P]]
; CHECK: then.special:
; CHECK: ret i32 %r.special
; CHECK-DAG: [[G]] = !{!"branch_weights", i32 97, i32 3}
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 50, i32 60}
target triple = "x86_64-pc-linux-gnu"
declare void @use(ptr, ptr)
define i32 @f(i32 %x, i32 %n) !prof !0 !dbg !5 {
entry:
  %a = alloca i32
  store i32 %n, ptr %a
  %b = alloca i32
  %r = urem i32 %x, %n, !dbg !9
  %c = icmp ult i32 %r, %n
  br i1 %c, label %then, label %else, !prof !1
then:
  call void @use(ptr %a, ptr %b), !dbg !9
  ret i32 %r
else:
  ret i32 0
}
!llvm.dbg.cu = !{!6}
!llvm.module.flags = !{!8}
!0 = !{!"function_entry_count", i64 110}
!1 = !{!"branch_weights", i32 50, i32 60}
!5 = distinct !DISubprogram(name: "f", file: !7, line: 1, type: !10, unit: !6, spFlags: DISPFlagDefinition)
!6 = distinct !DICompileUnit(language: DW_LANG_C11, file: !7, emissionKind: FullDebug)
!7 = !DIFile(filename: "f.c", directory: "/")
!8 = !{i32 2, !"Debug Info Version", i32 3}
!9 = !DILocation(line: 5, scope: !5)
!10 = !DISubroutineType(types: !11)
!11 = !{}
