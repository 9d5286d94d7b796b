; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Which of two strings is larger: exits that are copies of each other become one,
; with bytes weighed like digits. A length: one exit, whose phi gets the number of
; the first difference; what the tests computed is there when all are equal. A
; constant: only five bytes of the word count. Profile and debug locations follow.
; A test behind the first is offered, too, and refused once it is in a word.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'wide-compare word=8' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' -pass-remarks-missed=speciate-apply %s -o %t.ll 2>&1 | FileCheck %s --check-prefix=ONCE
; RUN: FileCheck %s < %t.ll
; ONCE: an earlier word compares these elements
; CHECK-LABEL: define i32 @larger(
; CHECK: [[LOW:%.*]] = and i64 {{%.*}}, 4095
; CHECK-NEXT: [[A:%.*]] = icmp ule i64 [[LOW]], 4092
; CHECK: [[INDEX:%.*]] = icmp ule i32 {{%.*}}, -4
; CHECK: br i1 {{%.*}}, label %entry.word, label %entry.each, {{.*}}!prof [[GUARD:![0-9]+]]
; CHECK: entry.word:
; CHECK-NEXT: [[P:%.*]] = call ptr asm "", "=r,0"(ptr %pa), !dbg [[L:![0-9]+]]
; CHECK-NEXT: load i32, ptr [[P]], align 1
; CHECK: %difference = xor i32
; CHECK-NEXT: %same = icmp eq i32 %difference, 0
; CHECK-NEXT: br i1 %same, label %entry.equal, label %entry.differ, {{.*}}!prof [[SAME:![0-9]+]]
; CHECK: entry.differ:
; CHECK: [[X:%.*]] = call i32 @llvm.bswap.i32(i32
; CHECK-NEXT: [[Y:%.*]] = call i32 @llvm.bswap.i32(i32
; CHECK-NEXT: [[GT:%.*]] = icmp ugt i32 [[X]], [[Y]]
; CHECK-NEXT: br i1 [[GT]], label %yes, label %no, {{.*}}!prof [[EXIT:![0-9]+]]
; CHECK: yes:
; CHECK-NEXT: phi i32 {{.*}}[ 7, %entry.differ ]
; CHECK-LABEL: define ptr @length(
; CHECK: loop.differ:
; CHECK-NEXT: [[ZEROS:%.*]] = call i64 @llvm.cttz.i64(i64 %difference, i1 true)
; CHECK-NEXT: %number = lshr i64 [[ZEROS]], 4
; CHECK-NEXT: [[STEP:%.*]] = mul i64 %number, 2
; CHECK-NEXT: [[AT:%.*]] = getelementptr i8, ptr %p, i64 [[STEP]]
; CHECK-NEXT: br label %exit
; CHECK: loop.equal:
; CHECK-NEXT: [[P3:%.*]] = getelementptr i16, ptr %p, i64 3
; CHECK: next:
; CHECK-NEXT: %[[MET:.*]] = phi ptr [ [[P3]], %loop.equal ], [ %p3, %t3 ]
; CHECK: getelementptr i16, ptr %[[MET]], i64 1
; CHECK-LABEL: define i1 @isHello(
; CHECK-NOT: icmp ule i32
; CHECK: = xor i64 {{%.*}}, 478560413000
; CHECK-NEXT: = and i64 %difference, 1099511627775
; CHECK-DAG: [[GUARD]] = !{!"branch_weights", i32 99, i32 1}
; CHECK-DAG: [[SAME]] = !{!"branch_weights", i32 65536, i32 983040}
; CHECK-DAG: [[EXIT]] = !{!"branch_weights", i32 262144, i32 786432}
; CHECK-DAG: [[L]] = !DILocation(line: 3
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

define i32 @larger(ptr %s, i32 %i, i32 %j) !dbg !5 {
entry:
  %xi = zext i32 %i to i64
  %pa = getelementptr i8, ptr %s, i64 %xi
  %xj = zext i32 %j to i64
  %pb = getelementptr i8, ptr %s, i64 %xj
  %a0 = load i8, ptr %pa
  %b0 = load i8, ptr %pb
  %c0 = icmp eq i8 %a0, %b0
  br i1 %c0, label %t1, label %e0, !prof !0, !dbg !8
t1:
  %i1 = add i32 %i, 1
  %xi1 = zext i32 %i1 to i64
  %pa1 = getelementptr i8, ptr %s, i64 %xi1
  %j1 = add i32 %j, 1
  %xj1 = zext i32 %j1 to i64
  %pb1 = getelementptr i8, ptr %s, i64 %xj1
  %a1 = load i8, ptr %pa1
  %b1 = load i8, ptr %pb1
  %c1 = icmp ne i8 %b1, %a1
  br i1 %c1, label %e1, label %t2, !prof !0
t2:
  %i2 = add i32 %i, 2
  %xi2 = zext i32 %i2 to i64
  %pa2 = getelementptr i8, ptr %s, i64 %xi2
  %j2 = add i32 %j, 2
  %xj2 = zext i32 %j2 to i64
  %pb2 = getelementptr i8, ptr %s, i64 %xj2
  %a2 = load i8, ptr %pa2
  %b2 = load i8, ptr %pb2
  %c2 = icmp eq i8 %a2, %b2
  br i1 %c2, label %t3, label %e2, !prof !0
t3:
  %i3 = add i32 %i, 3
  %xi3 = zext i32 %i3 to i64
  %pa3 = getelementptr i8, ptr %s, i64 %xi3
  %j3 = add i32 %j, 3
  %xj3 = zext i32 %j3 to i64
  %pb3 = getelementptr i8, ptr %s, i64 %xj3
  %a3 = load i8, ptr %pa3
  %b3 = load i8, ptr %pb3
  %c3 = icmp eq i8 %a3, %b3
  br i1 %c3, label %equal, label %e3, !prof !0
e0:
  %g0 = icmp ugt i8 %a0, %b0
  br i1 %g0, label %yes, label %no, !prof !1
e1:
  %l1 = phi i8 [ %a1, %t1 ]
  %g1 = icmp ugt i8 %l1, %b1
  br i1 %g1, label %yes, label %no, !prof !1
e2:
  %g2 = icmp ugt i8 %a2, %b2
  br i1 %g2, label %yes, label %no, !prof !1
e3:
  %g3 = icmp ugt i8 %a3, %b3
  br i1 %g3, label %yes, label %no, !prof !1
equal:
  ret i32 0
yes:
  %r = phi i32 [ 7, %e0 ], [ 7, %e1 ], [ 7, %e2 ], [ 7, %e3 ]
  ret i32 %r
no:
  ret i32 -1
}

define ptr @length(ptr %s, ptr %t) {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %pn, %next ]
  %q = phi ptr [ %t, %entry ], [ %qn, %next ]
  %a0 = load i16, ptr %p
  %b0 = load i16, ptr %q
  %c0 = icmp eq i16 %a0, %b0
  br i1 %c0, label %t1, label %exit, !prof !10
t1:
  %p1 = getelementptr i16, ptr %p, i64 1
  %q1 = getelementptr i16, ptr %q, i64 1
  %a1 = load i16, ptr %p1
  %b1 = load i16, ptr %q1
  %c1 = icmp eq i16 %a1, %b1
  br i1 %c1, label %t2, label %exit, !prof !10
t2:
  %p2 = getelementptr i16, ptr %p, i64 2
  %q2 = getelementptr i16, ptr %q, i64 2
  %a2 = load i16, ptr %p2
  %b2 = load i16, ptr %q2
  %c2 = icmp eq i16 %a2, %b2
  br i1 %c2, label %t3, label %exit, !prof !10
t3:
  %p3 = getelementptr i16, ptr %p, i64 3
  %q3 = getelementptr i16, ptr %q, i64 3
  %a3 = load i16, ptr %p3
  %b3 = load i16, ptr %q3
  %c3 = icmp eq i16 %a3, %b3
  br i1 %c3, label %next, label %exit, !prof !10
next:
  %pn = getelementptr i16, ptr %p3, i64 1
  %qn = getelementptr i16, ptr %q, i64 4
  br label %loop
exit:
  %r = phi ptr [ %p, %loop ], [ %p1, %t1 ], [ %p2, %t2 ], [ %p3, %t3 ]
  ret ptr %r
}

define i1 @isHello(ptr %p) {
entry:
  %a0 = load i8, ptr %p
  %c0 = icmp eq i8 %a0, 72
  br i1 %c0, label %t1, label %no, !prof !9
t1:
  %p1 = getelementptr i8, ptr %p, i64 1
  %a1 = load i8, ptr %p1
  %c1 = icmp eq i8 %a1, 101
  br i1 %c1, label %t2, label %no, !prof !9
t2:
  %p2 = getelementptr i8, ptr %p, i64 2
  %a2 = load i8, ptr %p2
  %c2 = icmp eq i8 %a2, 108
  br i1 %c2, label %t3, label %no, !prof !9
t3:
  %p3 = getelementptr i8, ptr %p, i64 3
  %a3 = load i8, ptr %p3
  %c3 = icmp eq i8 %a3, 108
  br i1 %c3, label %t4, label %no, !prof !9
t4:
  %p4 = getelementptr i8, ptr %p, i64 4
  %a4 = load i8, ptr %p4
  %c4 = icmp eq i8 %a4, 111
  br i1 %c4, label %yes, label %no, !prof !9
yes:
  ret i1 true
no:
  ret i1 false
}

!llvm.dbg.cu = !{!2}
!llvm.module.flags = !{!4}
!0 = !{!"branch_weights", i32 50, i32 50}
!1 = !{!"branch_weights", i32 25, i32 75}
!2 = distinct !DICompileUnit(language: DW_LANG_C11, file: !3, emissionKind: FullDebug)
!3 = !DIFile(filename: "larger.c", directory: "/")
!4 = !{i32 2, !"Debug Info Version", i32 3}
!5 = distinct !DISubprogram(name: "larger", file: !3, line: 1, type: !6, unit: !2, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{}
!8 = !DILocation(line: 3, column: 1, scope: !5)
!9 = !{!"branch_weights", i32 90, i32 10}
!10 = !{!"branch_weights", i32 70, i32 30}
