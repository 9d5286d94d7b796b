; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; jam and interchange run LLVM's passes on the named nest only; prefetch fetches
; ahead, once for a line, with the distance of the step; distribute and predicate
; are hints; and what LLVM refuses is said to be refused.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --functions=nest 'loop-form jam=4' > %t.jam
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.jam>),verify' %s | FileCheck %s --check-prefix=JAM
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --functions=nest 'loop-form interchange=on' > %t.inter
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.inter>),verify' -pass-remarks=speciate-apply -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=INTER
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --functions=line 'loop-form prefetch=16' > %t.fetch
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.fetch>),verify' %s | FileCheck %s --check-prefix=FETCH
; RUN: sed 's/prefetch=16/distribute=on;predicate=on;vectorize=8/' %t.fetch > %t.hints
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.hints>)' %s | FileCheck %s --check-prefix=HINTS
; RUN: sed 's/ .*//' %t.fetch > %t.site
; RUN: %python %S/../Inputs/try-parameters.py '%speciate-opt' %s %t.site loop-form 'jam=2' 'interchange=on' 'interchange=off' 'jam=1' 'predicate=on' 'distribute=off' 'jam=2;peel=1' 'prefetch=16;unroll=2' | FileCheck %s --check-prefix=BAD
; JAM-LABEL: @nest(
; JAM-COUNT-4: store double
; JAM-LABEL: @line(
; INTER-NOT: refused
; INTER-LABEL: @nest(
; INTER: outer:
; INTER: %i = phi i64
; INTER: inner:
; INTER-NEXT: %j = phi i64
; INTER-NEXT: br label %outer.preheader
; FETCH-LABEL: @line(
; FETCH: %[[AT:.*]] = getelementptr i8, ptr %p, i64 128
; FETCH: call void @llvm.prefetch.p0(ptr %[[AT]], i32 0, i32 3, i32 1)
; FETCH-NOT: call void @llvm.prefetch
; FETCH: load i64, ptr %q
; FETCH: br i1 %more, label %loop, label %exit, !prof
; HINTS-LABEL: @line(
; HINTS: !llvm.loop ![[ID:[0-9]+]]
; HINTS-DAG: !{!"llvm.loop.distribute.enable", i1 true}
; HINTS-DAG: !{!"llvm.loop.vectorize.predicate.enable", i1 true}
; HINTS-DAG: !{!"llvm.loop.vectorize.width", i32 8}
; BAD: jam=2: the loop does not have exactly one loop in it
; BAD: interchange=on: the loop is not the outermost of a nest
; BAD: parameter 'interchange=off' is not on
; BAD: 'jam=1' is not a number from 2 to 16
; BAD: predicate needs a width to vectorize to
; BAD: parameter 'distribute=off' is not on
; BAD: jam and peel exclude each other
; BAD: prefetch stands alone
; BAD-NOT: CHANGED
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"
define void @nest(ptr noalias %a, ptr noalias %b) !prof !0 {
entry:
  br label %outer
outer:
  %i = phi i64 [ 0, %entry ], [ %i2, %after ]
  br label %inner
inner:
  %j = phi i64 [ 0, %outer ], [ %j2, %inner ]
  %p = getelementptr inbounds [256 x double], ptr %a, i64 %j, i64 %i
  %q = getelementptr inbounds [256 x double], ptr %b, i64 %j, i64 %i
  %v = load double, ptr %p
  %w = fadd double %v, 1.0
  store double %w, ptr %q
  %j2 = add nuw nsw i64 %j, 1
  %more.inner = icmp ult i64 %j2, 256
  br i1 %more.inner, label %inner, label %after, !prof !1
after:
  %i2 = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %i2, 256
  br i1 %more, label %outer, label %exit, !prof !1
exit:
  ret void
}
define i64 @line(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i64 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i64, ptr %a, i64 %i
  %v = load i64, ptr %p
  %q = getelementptr inbounds i8, ptr %p, i64 8
  %v2 = load i64, ptr %q
  %t = mul i64 %v, %v2
  %s2 = add i64 %s, %t
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret i64 %s2
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 255, i32 1}
