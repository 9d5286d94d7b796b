; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Records with two rare kinds: the fast loop has neither their blocks nor their
; branches, the careful one has them as they were. With stores, the conditions
; are computed first, and a guard keeps apart what is read and what is written.
; After a block that failed the original runs for one, after the next at once for
; 8, then 64; a block that did not fail ends that. A rare edge puts the next block
; off until eight iterations after it.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'assume-and-check block=32;check=(with|first);rare=20' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>),verify' %s -o %t.ll
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>)' -pass-remarks-missed=speciate-apply %t.ll -o %t.2.ll 2>&1 | FileCheck %s --check-prefix=AGAIN
; RUN: %speciate-opt -S -passes=verify %t.ll -o %t.1.ll
; RUN: cmp %t.1.ll %t.2.ll
; SITES: assume-and-check block=32;check=with;rare=20
; SITES: assume-and-check block=32;check=first;rare=20
; CHECK-LABEL: @sum(
; CHECK: block:
; CHECK: %pause = phi i64 [ 32, %{{.*}} ], [ 32, %block.again ], [ %pause.after, %block.next ]
; CHECK: %[[LEFT:.*]] = sub i64 %{{.*}}, %{{.*}}
; CHECK: icmp uge i64 %[[LEFT]], 32
; CHECK: br i1 %{{.*}}, label %block.fast, label %block.careful,{{.*}} !prof
; CHECK: loop.fast:
; CHECK: or i1
; CHECK: br label %plain.fast
; CHECK: plain.fast:
; CHECK: #dbg_value(i64 %sum.fast
; CHECK: or i1
; CHECK-NOT: @report
; CHECK: block.again:
; CHECK: %[[LONGER:.*]] = mul nuw nsw i64 %pause, 8
; CHECK: %[[NEXT:.*]] = call i64 @llvm.umin.i64(i64 %[[LONGER]], i64 2048)
; CHECK: br i1 %{{.*}}, label %block.careful, label %block,{{.*}} !prof
; CHECK: block.careful:
; CHECK: %careful = phi i64 [ %{{.*}}, %block ], [ %pause, %block.again ]
; CHECK: %pause.after = phi i64 [ %pause, %block ], [ %[[NEXT]], %block.again ]
; CHECK: loop:
; CHECK: %left = phi i32
; CHECK: br i1 %odd, label %rare, label %plain, !prof ![[RARE:[0-9]+]]
; CHECK: rare:
; CHECK: %[[RAISED:.*]] = call i32 @llvm.umax.i32(i32 %left, i32 9)
; CHECK: %[[MORE:.*]] = sub i32 %[[RAISED]], %left
; CHECK: zext i32 %[[MORE]] to i64
; CHECK: call void @report
; CHECK: next:
; CHECK: phi i32 [ {{.*}}%[[RAISED]], %rare ]
; CHECK: block.next:
; CHECK: %done.careful = add nuw nsw i64 %done, %ran
; CHECK-LABEL: @copy(
; CHECK: block:
; CHECK: icmp ule i64
; CHECK: loop.scan:
; CHECK-NOT: store
; CHECK: block.clean:
; CHECK: br i1 %{{.*}}, label %block.careful, label %block.run,{{.*}} !prof
; CHECK: loop.fast:
; CHECK: store i32
; CHECK: block.careful:
; CHECK: ![[RARE]] = !{!"branch_weights", i32 1, i32 9999}
; AGAIN-COUNT-2: there is no such site in
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"
declare void @report(i64)
define i64 @sum(ptr %r, i64 %n) !prof !0 !dbg !5 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %sum = phi i64 [ 0, %entry ], [ %sum2, %next ]
  %p = getelementptr inbounds { i32, i32 }, ptr %r, i64 %i
  %type = load i32, ptr %p
  %odd = icmp ne i32 %type, 1
  br i1 %odd, label %rare, label %plain, !prof !2
rare:
  call void @report(i64 %i)
  br label %next
plain:
    #dbg_value(i64 %sum, !8, !DIExpression(), !9)
  %q = getelementptr inbounds i8, ptr %p, i64 4
  %v = load i32, ptr %q
  %wide = sext i32 %v to i64
  %t = add i64 %sum, %wide
  %negative = icmp slt i32 %v, 0
  br i1 %negative, label %rare2, label %next, !prof !2
rare2:
  call void @report(i64 %sum)
  br label %next
next:
  %sum2 = phi i64 [ %sum, %rare ], [ %t, %plain ], [ 0, %rare2 ]
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !dbg !9, !prof !1
exit:
  ret i64 %sum2
}
define void @copy(ptr %r, ptr %d, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %next ]
  %p = getelementptr inbounds i32, ptr %r, i64 %i
  %v = load i32, ptr %p
  %odd = icmp slt i32 %v, 0
  br i1 %odd, label %rare, label %next, !prof !2
rare:
  call void @report(i64 %i)
  br label %next
next:
  %x = phi i32 [ 0, %rare ], [ %v, %loop ]
  %q = getelementptr inbounds i32, ptr %d, i64 %i
  store i32 %x, ptr %q
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret void
}
!llvm.dbg.cu = !{!3}
!llvm.module.flags = !{!11}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 999, i32 1}
!2 = !{!"branch_weights", i32 1, i32 9999}
!3 = distinct !DICompileUnit(language: DW_LANG_C11, file: !4, emissionKind: FullDebug)
!4 = !DIFile(filename: "a.c", directory: "/")
!5 = distinct !DISubprogram(name: "sum", file: !4, line: 1, type: !6, unit: !3, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{null}
!8 = !DILocalVariable(name: "sum", scope: !5, file: !4, line: 2, type: !10)
!9 = !DILocation(line: 3, scope: !5)
!10 = !DIBasicType(name: "long", size: 64, encoding: DW_ATE_signed)
!11 = !{i32 2, !"Debug Info Version", i32 3}
