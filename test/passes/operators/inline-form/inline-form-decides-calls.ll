; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; form=force makes LLVM inline a callee that is too big for its threshold, also
; one that another unit defines (the attribute stays for the link); form=forbid
; keeps one out that it would inline. Weights and debug locations stay, and twice
; is once.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed -n 's/^\(plan.call[^ ]*\) .*/\1 inline-form form=force/p' > %t.force
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.force;level=plan>)' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.force;level=plan>)' -o %t.2.ll < %t.1.ll
; RUN: cmp %t.1.ll %t.2.ll
; RUN: %speciate-opt -S -passes='inline' %t.1.ll | FileCheck %s --check-prefix=INLINED
; RUN: sed 's/force/forbid/' %t.force > %t.forbid
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.forbid;level=plan>),inline' %s | FileCheck %s --check-prefix=FORBID
; SITES-LABEL: plan sites of 'hot'
; SITES: plan/call/{{.*}}/0
; SITES: inline-form form=force
; SITES: plan/call/{{.*}}/1
; SITES: inline-form form=force
; CHECK-LABEL: define i32 @hot(
; CHECK: call i32 @helper(i32 %x) [[A:#[0-9]+]], !dbg {{![0-9]+}}, !prof
; CHECK: call i32 @other(i32 %x) [[A]]
; CHECK: attributes [[A]] = { alwaysinline }
; INLINED-LABEL: define i32 @hot(
; INLINED-NOT: call i32 @helper
; INLINED: call i32 @other
; FORBID-LABEL: define i32 @hot(
; FORBID: call i32 @helper(i32 %x) [[N:#[0-9]+]]
; FORBID: attributes [[N]] = { noinline }
declare i32 @other(i32)
define i32 @helper(i32 %x) !prof !0 {
  %r = mul i32 %x, %x
  ret i32 %r
}
define i32 @hot(i32 %x) !prof !0 !dbg !15 {
  %a = call i32 @helper(i32 %x), !prof !1, !dbg !18
  %b = call i32 @other(i32 %x), !dbg !18
  %r = add i32 %a, %b
  ret i32 %r
}
!llvm.dbg.cu = !{!12}
!llvm.module.flags = !{!14}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 1000}
!12 = distinct !DICompileUnit(language: DW_LANG_C11, file: !13, emissionKind: FullDebug)
!13 = !DIFile(filename: "f.c", directory: "/")
!14 = !{i32 2, !"Debug Info Version", i32 3}
!15 = distinct !DISubprogram(name: "hot", file: !13, line: 1, type: !16, unit: !12, spFlags: DISPFlagDefinition)
!16 = !DISubroutineType(types: !17)
!17 = !{null}
!18 = !DILocation(line: 2, scope: !15)
