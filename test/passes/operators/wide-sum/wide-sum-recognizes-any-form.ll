; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The reduction is known by what it computes: an end-around carry by mask and
; shift, by comparison, in 16 bits; a remainder; a conditional subtraction; and
; the first one unrolled. Profile and debug records stay.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'wide-sum width=32' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>),verify' %s -o %t.ll
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -S -passes='function(dce,loop-vectorize)' %t.ll | FileCheck %s --check-prefix=VECTOR
; A second time there is no such site.
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>)' -pass-remarks-missed=speciate-apply %t.ll -o %t.2.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: %speciate-opt -S -passes=verify %t.ll -o %t.1.ll
; RUN: cmp %t.1.ll %t.2.ll
; SITES-COUNT-5: wide-sum width=32 benefit=0.
; CHECK-LABEL: @mask(
; CHECK: block:
; CHECK: %[[REM:.*]] = urem i32 %{{.*}}, 65535
; CHECK: br label %block.careful
; CHECK: loop:
; CHECK: %wide = phi i32
; CHECK: #dbg_value(i64 %i,
; CHECK: br i1 %more, label %block.next, label %wide.exit,{{.*}} !prof ![[WEIGHTS:[0-9]+]]
; CHECK: block.next:
; CHECK: br i1 %{{.*}}, label %block, label %loop,{{.*}} !prof
; CHECK: wide.exit:
; CHECK: urem i32 %{{.*}}, 65535
; CHECK: select i1
; CHECK-LABEL: @compare(
; CHECK: %wide = phi i32
; CHECK-LABEL: @half(
; CHECK: %wide = phi i32
; CHECK-LABEL: @remainder(
; CHECK: %wide = phi i32
; CHECK: wide.exit:
; CHECK: urem i32 %{{.*}}, 65521
; CHECK-NOT: select
; CHECK-LABEL: @unrolled(
; CHECK: %wide = phi i32
; CHECK-COUNT-2: %wide.sum{{[0-9]*}} = add nuw i32
; CHECK: ![[WEIGHTS]] = !{!"branch_weights", i32 999, i32 1}
; VECTOR-LABEL: @mask(
; VECTOR: add <4 x i32>
; VECTOR-LABEL: @remainder(
; VECTOR: add <{{[0-9]+}} x i32>
; AGAIN-COUNT-5: there is no such site in
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"
define i32 @mask(ptr %a, i64 %n) !prof !0 !dbg !5 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
    #dbg_value(i64 %i, !8, !DIExpression(), !9)
  %p = getelementptr inbounds i16, ptr %a, i64 %i
  %v = load i16, ptr %p
  %w = zext i16 %v to i32
  %t = add i32 %s, %w
  %low = and i32 %t, 65535
  %high = lshr i32 %t, 16
  %s2 = add i32 %low, %high
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !dbg !9, !prof !1
exit:
  ret i32 %s2
}
define i32 @compare(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i8, ptr %a, i64 %i
  %v = load i8, ptr %p
  %w = zext i8 %v to i32
  %t = add nuw nsw i32 %w, %s
  %over = icmp ugt i32 %t, 255
  %less = add nsw i32 %t, -255
  %s2 = select i1 %over, i32 %less, i32 %t
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
; In 16 bits, with the carry from a comparison.
define i16 @half(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i16 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i16, ptr %a, i64 %i
  %v = load i16, ptr %p
  %s.wide = zext i16 %s to i32
  %v.wide = zext i16 %v to i32
  %t = add i32 %s.wide, %v.wide
  %t.low = trunc i32 %t to i16
  %over = icmp ugt i32 %t, 65535
  %carry = zext i1 %over to i16
  %s2 = add i16 %t.low, %carry
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i16 %s2
}
define i32 @remainder(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 1, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i8, ptr %a, i64 %i
  %v = load i8, ptr %p
  %w = zext i8 %v to i32
  %t = add i32 %s, %w
  %s2 = urem i32 %t, 65521
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s2
}
define i32 @unrolled(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s3, %loop ]
  %p = getelementptr inbounds i16, ptr %a, i64 %i
  %v = load i16, ptr %p
  %w = zext i16 %v to i32
  %t = add i32 %s, %w
  %low = and i32 %t, 65535
  %high = lshr i32 %t, 16
  %s2 = add i32 %low, %high
  %p2 = getelementptr inbounds i8, ptr %p, i64 2
  %v2 = load i16, ptr %p2
  %w2 = zext i16 %v2 to i32
  %t2 = add i32 %s2, %w2
  %low2 = and i32 %t2, 65535
  %high2 = lshr i32 %t2, 16
  %s3 = add i32 %low2, %high2
  %i2 = add nuw i64 %i, 2
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i32 %s3
}
!llvm.dbg.cu = !{!3}
!llvm.module.flags = !{!2}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 999, i32 1}
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = distinct !DICompileUnit(language: DW_LANG_C11, file: !4, emissionKind: FullDebug)
!4 = !DIFile(filename: "a.c", directory: "/")
!5 = distinct !DISubprogram(name: "mask", file: !4, line: 1, type: !6, unit: !3, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{null}
!8 = !DILocalVariable(name: "i", scope: !5, file: !4, line: 2, type: !10)
!9 = !DILocation(line: 3, scope: !5)
!10 = !DIBasicType(name: "long", size: 64, encoding: DW_ATE_signed)
