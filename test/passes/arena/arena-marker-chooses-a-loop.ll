; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The marker goes to the outermost loop that runs often enough, else to the one
; that runs most; a function without loops has none.
; REQUIRES: plugin
; RUN: %speciate-opt -S -passes='speciate-arena<marker=5>' -pass-remarks=speciate-arena -pass-remarks-missed=speciate-arena %s 2>%t.5 | FileCheck %s --check-prefixes=IR,OUTER
; RUN: FileCheck %s --check-prefix=REMARK5 < %t.5
; REMARK5: marked outer at depth 1, passes 10.0
; REMARK5: there is no loop to mark
; RUN: %speciate-opt -S -passes='speciate-arena<marker=50>' -pass-remarks=speciate-arena %s 2>%t.50 | FileCheck %s --check-prefixes=IR,INNER
; RUN: FileCheck %s --check-prefix=REMARK50 < %t.50
; REMARK50: marked inner at depth 2, passes 200.0
; RUN: %speciate-opt -S -passes='speciate-arena<marker=100000>' -pass-remarks=speciate-arena %s 2>%t.most | FileCheck %s --check-prefixes=IR,INNER
; RUN: FileCheck %s --check-prefix=MOST < %t.most
; MOST: marked inner at depth 2, passes 200.0
; RUN: %speciate-opt -S -passes='speciate-arena<marker=0>' %s | FileCheck %s --check-prefix=OFF
; OFF-NOT: speciate_arena
; IR-LABEL: define void @nest(
; IR: outer:
; OUTER-NEXT: %i = phi
; OUTER-NEXT: call void asm sideeffect "decq __speciate_arena_marker(%rip)\0A\09jz 1f\0A2:{{.*}}jmp __speciate_arena_marker_end{{.*}}", "~{memory},~{dirflag},~{fpsr},~{flags}"()
; INNER-NOT: asm
; IR: inner:
; INNER-NEXT: %j = phi
; INNER-NEXT: call void asm sideeffect "decq __speciate_arena_marker
; OUTER-NOT: asm
; IR-LABEL: define void @none(
; IR-NOT: asm
target triple = "x86_64-unknown-linux-gnu"
define void @nest(ptr %p) !prof !0 {
  br label %outer
outer:
  %i = phi i32 [ 0, %0 ], [ %i1, %latch ]
  br label %inner
inner:
  %j = phi i32 [ 0, %outer ], [ %j1, %inner ]
  store volatile i32 %j, ptr %p
  %j1 = add i32 %j, 1
  %cj = icmp eq i32 %j1, 20
  br i1 %cj, label %latch, label %inner, !prof !1
latch:
  %i1 = add i32 %i, 1
  %ci = icmp eq i32 %i1, 10
  br i1 %ci, label %done, label %outer, !prof !2
done:
  ret void
}
define void @none() !prof !0 {
  ret void
}
!0 = !{!"function_entry_count", i64 100}
!1 = !{!"branch_weights", i32 1, i32 19}
!2 = !{!"branch_weights", i32 1, i32 9}
