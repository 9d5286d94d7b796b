; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The hot way round a loop becomes a loop of its own: two sums in memory are kept
; in registers in it and written at each of its ends; the rare way goes on in the
; original, and the next iteration comes back. Weights and variables are kept; a
; second application finds another function.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=loop 'hot-loop rare=10' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -o %t.1.ll < %s
; RUN: FileCheck %s < %t.1.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' -o %t.2.ll -pass-remarks-missed=speciate-apply < %t.1.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; AGAIN: there is no such site in 'f' (its control flow has changed)

; CHECK-LABEL: define void @f(
; CHECK: br label %loop.again
; CHECK: loop.again:
; CHECK-NEXT: phi i64 [ 0, %entry ], [ %{{.*}}, %next ]
; The first iteration reads and writes memory.
; CHECK: loop.first:
; CHECK: br i1 %{{.*}}, label %rare, label %often.first, {{.*}}!prof [[RARE:![0-9]+]]
; CHECK: often.first:
; CHECK: store i64 %{{.*}}, ptr %s
; CHECK: store i32 %{{.*}}, ptr %count.first
; CHECK: next.first:
; CHECK: br i1 %{{.*}}, label %loop.begin, label %exit, !prof [[LATCH:![0-9]+]]
; CHECK: loop.begin:
; CHECK: %kept = load i64, ptr %s
; CHECK: %[[AT:.*]] = getelementptr i8, ptr %s, i64 8
; CHECK: %[[COUNT:.*]] = load i32, ptr %[[AT]]
; The others do not.
; CHECK: loop.hot:
; CHECK-DAG: phi i64 [ %kept, %loop.begin ]
; CHECK-DAG: phi i32 [ %[[COUNT]], %loop.begin ]
; CHECK: %v.hot = load i32
; CHECK: br i1 %{{.*}}, label %[[OUT:.*]], label %often.hot, {{.*}}!prof [[RARE]]
; CHECK: often.hot:
; CHECK-NOT: {{load|store}}
; CHECK: #dbg_value(i64 %
; CHECK-NOT: {{load|store}}
; CHECK: next.hot:
; CHECK: br i1 %{{.*}}, label %loop.hot, label %[[END:.*]], !prof [[LATCH]], !llvm.loop [[LOOP:![0-9]+]]
; CHECK: [[OUT]]:
; CHECK-DAG: store i64 %{{.*}}, ptr %s
; CHECK-DAG: store i32 %{{.*}}, ptr %[[AT]]
; CHECK: br label %rare
; CHECK: rare:
; CHECK: call void @odd(ptr %s
; CHECK: next:
; CHECK: br i1 %{{.*}}, label %loop.again, label %exit, !prof [[LATCH]]{{$}}
; CHECK: [[END]]:
; CHECK-DAG: store i64 %{{.*}}, ptr %s
; CHECK-DAG: store i32 %{{.*}}, ptr %[[AT]]
; CHECK: br label %exit
; CHECK-DAG: [[RARE]] = !{!"branch_weights", i32 10, i32 990}
; CHECK-DAG: [[LATCH]] = !{!"branch_weights", i32 999, i32 1}
; CHECK-DAG: [[LOOP]] = distinct !{[[LOOP]], !{{[0-9]+}}}

target triple = "x86_64-pc-linux-gnu"
declare void @odd(ptr, i32)
define void @f(ptr %s, ptr noalias readonly %p, i64 %n) !prof !0 !dbg !15 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %at = getelementptr i32, ptr %p, i64 %i
  %v = load i32, ptr %at
  %c = icmp slt i32 %v, 0
  br i1 %c, label %rare, label %often, !prof !1, !dbg !18
rare:
  call void @odd(ptr %s, i32 %v)
  br label %next
often:
  %sum = load i64, ptr %s
  %wide = zext i32 %v to i64
  %sum2 = add i64 %sum, %wide
    #dbg_value(i64 %sum2, !19, !DIExpression(), !18)
  store i64 %sum2, ptr %s
  %count = getelementptr i8, ptr %s, i64 8
  %k = load i32, ptr %count
  %k2 = add i32 %k, 1
  store i32 %k2, ptr %count
  br label %next
next:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !2, !llvm.loop !3
exit:
  ret void
}
!llvm.dbg.cu = !{!12}
!llvm.module.flags = !{!14}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 10, i32 990}
!2 = !{!"branch_weights", i32 999, i32 1}
!3 = distinct !{!3, !4}
!4 = !{!"llvm.loop.unroll.count", i32 2}
!12 = distinct !DICompileUnit(language: DW_LANG_C11, file: !13, emissionKind: FullDebug)
!13 = !DIFile(filename: "f.c", directory: "/")
!14 = !{i32 2, !"Debug Info Version", i32 3}
!15 = distinct !DISubprogram(name: "f", file: !13, line: 1, type: !16, unit: !12, spFlags: DISPFlagDefinition)
!16 = !DISubroutineType(types: !17)
!17 = !{null}
!18 = !DILocation(line: 2, scope: !15)
!19 = !DILocalVariable(name: "m", scope: !15, file: !13, line: 2, type: !20)
!20 = !DIBasicType(name: "long", size: 64, encoding: DW_ATE_signed)
