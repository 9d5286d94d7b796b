; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Tests of single bits of one word, with work and effects between them, become
; one test of all of them; the hot copy has none, the original begins where the
; first test was. Behind the last test both meet. Weights are kept, those of the
; original without what the copy takes; variables keep their places. A second
; application finds another function.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=branch 'cold-consolidate .*tests=0f.*' > %t.genome
; RUN: FileCheck %s --check-prefix=GENE < %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' -o %t.2.ll -pass-remarks-missed=speciate-apply < %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: %speciate-opt -S -o %t.3.ll < %t.1.ll
; RUN: cmp %t.3.ll %t.2.ll
; After simplification nothing of the tests is left on the hot path.
; RUN: %speciate-opt -S -passes='sccp,simplifycfg,instcombine,simplifycfg<hoist-common-insts;sink-common-insts>,jump-threading' < %t.1.ll | FileCheck %s --check-prefix=SIMPLE

; The loop's own branch is no test.
; GENE: /0 cold-consolidate share=94;tests=0f.1f.2t
; AGAIN: there is no such site in 'f' (its control flow has changed)

; CHECK-LABEL: define i64 @f(
; CHECK: loop:
; CHECK: %flags = load i32, ptr %p
; CHECK: [[W:%.*]] = freeze i32 %flags
; CHECK: [[BITS:%.*]] = and i32 [[W]], -2147483643
; CHECK-NEXT: [[TEST:%.*]] = icmp eq i32 [[BITS]], 0
; CHECK-NEXT: br i1 [[TEST]], label %[[HOT:.*]], label %[[CAREFUL:.*]], !dbg [[L3:![0-9]+]], !prof [[GUARD:![0-9]+]]
; CHECK: [[HOT]]:
; CHECK-NEXT: br label %next.hot
; CHECK: next.hot:
; CHECK-NOT: call
; CHECK: %v.hot = add i64 %s, 17
; CHECK-NEXT: #dbg_value(i64 %v.hot,
; CHECK-NEXT: store i64 %v.hot, ptr %q
; CHECK-NEXT: br label %more.hot
; CHECK: more.hot:
; CHECK-NEXT: br label %last
; CHECK: [[CAREFUL]]:
; CHECK-NEXT: br i1 %c1, label %one, label %next, !dbg [[L3]], !prof [[P1:![0-9]+]]
; CHECK: one:
; CHECK-NEXT: call void @handle(i32 1)
; CHECK: next:
; CHECK: %v = add i64 %s, 17
; CHECK: br i1 %c2, label %two, label %more
; CHECK: last:
; CHECK-NEXT: phi i64 {{.*}}[ %v.hot, %more.hot ]
; CHECK-DAG: [[GUARD]] = !{!"branch_weights", i32 94, i32 6}
; CHECK-DAG: [[P1]] = !{!"branch_weights", i32 20, i32 40}

; SIMPLE-LABEL: define i64 @f(
; SIMPLE: and i32 %{{.*}}, -2147483643
; SIMPLE: br i1 {{.*}}, label %[[H:.*]], label %
; SIMPLE: [[H]]:
; SIMPLE-NOT: {{icmp|call|and i32}}
; SIMPLE: br label

target triple = "x86_64-pc-linux-gnu"
declare void @handle(i32) memory(readwrite) nounwind willreturn

define i64 @f(ptr %p, ptr %q, i64 %n) !prof !0 !dbg !5 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %last ]
  %s = phi i64 [ 0, %entry ], [ %s2, %last ]
  %flags = load i32, ptr %p
  %b1 = and i32 %flags, 1
  %c1 = icmp ne i32 %b1, 0
  br i1 %c1, label %one, label %next, !prof !1, !dbg !11
one:
  call void @handle(i32 1), !dbg !11
  br label %next
next:
  %v = add i64 %s, 17, !dbg !12
    #dbg_value(i64 %v, !9, !DIExpression(), !12)
  store i64 %v, ptr %q, !dbg !12
  %b2 = and i32 %flags, 4
  %c2 = icmp eq i32 %b2, 4
  br i1 %c2, label %two, label %more, !prof !1
two:
  call void @handle(i32 2)
  br label %more
more:
  %c3 = icmp sgt i32 %flags, -1
  br i1 %c3, label %last, label %three, !prof !2
three:
  call void @handle(i32 3)
  br label %last
last:
  %s2 = xor i64 %v, %i
  %i2 = add i64 %i, 1
  %done = icmp eq i64 %i2, %n
  br i1 %done, label %exit, label %loop, !prof !1
exit:
  ret i64 %s2
}

!llvm.dbg.cu = !{!6}
!llvm.module.flags = !{!8}
!0 = !{!"function_entry_count", i64 10}
!1 = !{!"branch_weights", i32 20, i32 980}
!2 = !{!"branch_weights", i32 980, i32 20}
!5 = distinct !DISubprogram(name: "f", file: !7, line: 1, type: !16, unit: !6, spFlags: DISPFlagDefinition)
!6 = distinct !DICompileUnit(language: DW_LANG_C11, file: !7, emissionKind: FullDebug)
!7 = !DIFile(filename: "f.c", directory: "/")
!8 = !{i32 2, !"Debug Info Version", i32 3}
!9 = !DILocalVariable(name: "v", scope: !5, file: !7, line: 2, type: !17)
!11 = !DILocation(line: 3, scope: !5)
!12 = !DILocation(line: 4, scope: !5)
!15 = !{}
!16 = !DISubroutineType(types: !15)
!17 = !DIBasicType(name: "long", size: 64, encoding: DW_ATE_signed)
