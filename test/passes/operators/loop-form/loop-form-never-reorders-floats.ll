; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Forced vectorization would let LLVM reorder a strict sum: refused, and not
; offered. A sum that may be reassociated is vectorized as asked.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1 loop-form vectorize=4/p' > %t.txt
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.txt>,loop-vectorize)' %s -o %t.ll -pass-remarks-missed=speciate-apply 2> %t.err
; RUN: FileCheck %s < %t.ll
; RUN: FileCheck %s --check-prefix=ERR < %t.err
; SITES-LABEL: region sites of 'strict'
; SITES-NOT: vectorize={{[0-9]}}
; SITES-LABEL: region sites of 'fast'
; SITES: vectorize=4
; ERR: loop-form vectorize=4: vectorizing would reorder floating-point operations of the loop
; CHECK-LABEL: @strict(
; CHECK-NOT: <4 x float>
; CHECK-LABEL: @fast(
; CHECK: fadd reassoc <4 x float>
target triple = "x86_64-pc-linux-gnu"
define float @strict(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi float [ 0.0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds float, ptr %a, i64 %i
  %v = load float, ptr %p
  %s2 = fadd float %s, %v
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret float %s2
}
define float @fast(ptr %a, i64 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi float [ 0.0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds float, ptr %a, i64 %i
  %v = load float, ptr %p
  %s2 = fadd reassoc float %s, %v
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit, !prof !1
exit:
  ret float %s2
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 99, i32 1}
