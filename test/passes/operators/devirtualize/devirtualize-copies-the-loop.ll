; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; One guard in front of the outermost loop in which the target does not change;
; in the copy the calls are direct, and marked for inlining. The original keeps
; what is left of its value profile.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed 's/^plan sites/region sites/' > %t.sites
; RUN: FileCheck %s --check-prefix=SITES < %t.sites
; SITES: devirtualize callee=by_count;inline=force;scope=body;share=90
; SITES-NEXT: devirtualize callee=by_count;scope=body;share=90
; SITES: devirtualize callee=by_count+by_key;{{.*}}scope=call;share=90
; RUN: %python %S/../Inputs/genome.py --kind=call 'devirtualize callee=by_count;inline=force;scope=loop;share=90' < %t.sites > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome;level=plan>),verify' %s -o %t.ll
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -S -passes='always-inline,function(simplifycfg)' %t.ll | FileCheck %s --check-prefix=INLINED
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.genome;level=plan>)' -pass-remarks-missed=speciate-apply %t.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; AGAIN: there is no such site in 'f'
; CHECK-LABEL: define i32 @f(
; CHECK: [[F:%.*]] = freeze ptr %before
; CHECK-NEXT: %is.special = icmp eq ptr [[F]], @by_count
; CHECK-NEXT: br i1 %is.special, label %outer.special, label %outer, !prof [[P:![0-9]+]]
; CHECK: inner:
; CHECK: call i32 %before(i32 %v, i32 %i), !dbg {{![0-9]+}}, !prof [[LEFT:![0-9]+]]
; CHECK: inner.special:
; CHECK: call i32 @by_count(i32 %v.special, i32 %i.special) [[A:#[0-9]+]], !dbg {{![0-9]+$}}
; CHECK: attributes [[A]] = { alwaysinline }
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 90, i32 10}
; CHECK-DAG: [[LEFT]] = !{!"VP", i32 0, i64 100, i64 -6858437471666082548, i64 100}
; INLINED-LABEL: define i32 @f(
; INLINED: inner.special:
; INLINED-NOT: call i32 @by_count
; INLINED: }
define i32 @by_count(i32 %a, i32 %b) {
  %r = sub i32 %a, %b
  ret i32 %r
}
define i32 @by_key(i32 %a, i32 %b) {
  %r = xor i32 %a, %b
  ret i32 %r
}
define i32 @f(ptr %before, i32 %n) !prof !0 !dbg !7 {
entry:
  br label %outer
outer:
  %i = phi i32 [ 0, %entry ], [ %i2, %next ]
  %t = phi i32 [ 0, %entry ], [ %s2, %next ]
  br label %inner
inner:
  %v = phi i32 [ 0, %outer ], [ %v2, %inner ]
  %s = phi i32 [ %t, %outer ], [ %s2, %inner ]
  %c = call i32 %before(i32 %v, i32 %i), !prof !2, !dbg !10
  %s2 = add i32 %s, %c
  %v2 = add i32 %v, 1
  %more = icmp ult i32 %v2, %n
  br i1 %more, label %inner, label %next, !prof !3
next:
  %i2 = add i32 %i, 1
  %again = icmp ult i32 %i2, %n
  br i1 %again, label %outer, label %exit, !prof !3
exit:
  ret i32 %s2
}
!llvm.dbg.cu = !{!4}
!llvm.module.flags = !{!6}
!0 = !{!"function_entry_count", i64 10}
!2 = !{!"VP", i32 0, i64 1000, i64 2157681727264946307, i64 900, i64 -6858437471666082548, i64 100}
!3 = !{!"branch_weights", i32 90, i32 10}
!4 = distinct !DICompileUnit(language: DW_LANG_C99, file: !5, emissionKind: FullDebug)
!5 = !DIFile(filename: "f.c", directory: "/")
!6 = !{i32 2, !"Debug Info Version", i32 3}
!7 = distinct !DISubprogram(name: "f", scope: !5, file: !5, line: 1, type: !8, unit: !4, spFlags: DISPFlagDefinition)
!8 = !DISubroutineType(types: !9)
!9 = !{}
!10 = !DILocation(line: 3, scope: !7)
