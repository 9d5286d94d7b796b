; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Three nested tests; most executions reach the innermost block, most of the rest
; fail the first test. The path is tested at once and copied with its branches
; decided, then the second; what equals a constant on the path is one. The
; second load may trap unless the first test holds: in front, it reads zeros
; then. Weights, locations and variables are kept.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=OFFER
; OFFER: /0 weight
; OFFER: principal-path path=0f.1t.2t;share=72 benefit
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.branch[^ ]*\/0\) weight.*/\1 principal-path path=0f.1t.2t+0f.1f;share=72+60/p' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll -pass-remarks=speciate-apply < %s 2>&1 | FileCheck %s --check-prefix=REMARK
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' -o %t.2.ll -pass-remarks-missed=speciate-apply < %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: %speciate-opt -S -o %t.3.ll < %t.1.ll
; RUN: cmp %t.3.ll %t.2.ll
; REMARK: /0 principal-path path=0f.1t.2t+0f.1f;share=72+60
; AGAIN: there is no such site in 'f' (its control flow has changed)

; CHECK: @speciate.zeros = private constant
; CHECK-LABEL: define i32 @f(
; CHECK-NEXT: entry:
; CHECK-NEXT: %c1 = icmp eq ptr %p, null
; CHECK: [[SAFE:%.*]] = select i1 {{.*}}, ptr %p, ptr @speciate.zeros
; CHECK-NEXT: %v.early = load i32, ptr [[SAFE]], align 4, !dbg [[L2:![0-9]+]]
; CHECK-NOT: !noundef
; CHECK: %c2.early = icmp eq i32 %v.early, 3
; CHECK: %c3.early = icmp sgt i32 %x, 9
; CHECK: [[ALL:%.*]] = and i1
; CHECK: br i1 {{.*}}, label %[[HOT:.*]], label %[[CAREFUL:.*]], !dbg {{.*}}, !prof [[P:![0-9]+]]
; CHECK: second.hot:
; CHECK-NEXT: #dbg_value(i32 3, [[V:![0-9]+]],
; CHECK: store i32 3, ptr %q
; CHECK-NEXT: br label %third.hot
; CHECK: third.hot:
; CHECK-NEXT: br label %leaf
; The second test, then the original.
; CHECK: [[CAREFUL]]:
; CHECK: br i1 {{.*}}, label %{{.*}}, label %[[REST:.*]], !dbg {{.*}}, !prof [[P2:![0-9]+]]
; CHECK: [[REST]]:
; CHECK-NEXT: br i1 %c1, label %out, label %second, !dbg
; CHECK: second:
; CHECK-NEXT: %v = load i32, ptr %p, align 4, !dbg [[L2]], !noundef
; CHECK: leaf:
; CHECK: [[P]] = !{!"branch_weights", i32 72, i32 28}
; CHECK: [[P2]] = !{!"branch_weights", i32 60, i32 40}
target triple = "x86_64-pc-linux-gnu"
define i32 @f(ptr %p, ptr noalias %q, i32 %x) !prof !0 !dbg !5 {
entry:
  %c1 = icmp eq ptr %p, null
  br i1 %c1, label %out, label %second, !prof !1, !dbg !11
second:
  %v = load i32, ptr %p, align 4, !dbg !12, !noundef !15
    #dbg_value(i32 %v, !9, !DIExpression(), !12)
  store i32 %v, ptr %q
  %c2 = icmp eq i32 %v, 3
  br i1 %c2, label %third, label %out, !prof !2, !dbg !11
third:
  %c3 = icmp sgt i32 %x, 9
  br i1 %c3, label %leaf, label %out, !prof !2, !dbg !11
leaf:
  %r = mul i32 %v, %x
  ret i32 %r
out:
  %o = phi i32 [ 0, %entry ], [ 1, %second ], [ %v, %third ]
  ret i32 %o
}
!llvm.dbg.cu = !{!6}
!llvm.module.flags = !{!8}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 100, i32 900}
!2 = !{!"branch_weights", i32 900, i32 100}
!5 = distinct !DISubprogram(name: "f", file: !7, line: 1, type: !16, unit: !6, spFlags: DISPFlagDefinition)
!6 = distinct !DICompileUnit(language: DW_LANG_C11, file: !7, emissionKind: FullDebug)
!7 = !DIFile(filename: "f.c", directory: "/")
!8 = !{i32 2, !"Debug Info Version", i32 3}
!9 = !DILocalVariable(name: "v", scope: !5, file: !7, line: 2, type: !17)
!11 = !DILocation(line: 3, scope: !5)
!12 = !DILocation(line: 4, scope: !5)
!15 = !{}
!16 = !DISubroutineType(types: !15)
!17 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
