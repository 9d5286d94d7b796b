; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Straight code gets no choice of block placement; and a width of vectors is one
; only if the processor has it and does not use it by itself.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s
; CHECK-LABEL: region sites of 'straight'
; CHECK: backend-form sched=
; CHECK-NOT: backend-form {{layout|ifcvt|shrink-wrap|vector-width|tail-dup=off}}
; CHECK-LABEL: region sites of 'sse'
; CHECK-NOT: vector-width
; CHECK-LABEL: region sites of 'avx2'
; CHECK-NOT: vector-width={{256|512}}
; CHECK: vector-width=128
; CHECK-NOT: vector-width={{256|512}}
; CHECK-LABEL: region sites of 'avx512'
; CHECK-NOT: vector-width=256
; CHECK-DAG: vector-width=128
; CHECK-DAG: vector-width=512
; CHECK-LABEL: region sites of 'wide'
; CHECK-NOT: vector-width=512
; CHECK-DAG: vector-width=128
; CHECK-DAG: vector-width=256
; CHECK-LABEL: region sites of 'end'
target triple = "x86_64-pc-linux-gnu"
define i32 @straight(i32 %x) !prof !0 {
  %y = mul i32 %x, %x
  ret i32 %y
}
define <4 x i32> @sse(<4 x i32> %x) !prof !0 {
  %y = mul <4 x i32> %x, %x
  ret <4 x i32> %y
}
define <4 x i32> @avx2(<4 x i32> %x) "target-features"="+avx2" !prof !0 {
  %y = mul <4 x i32> %x, %x
  ret <4 x i32> %y
}
define <4 x i32> @avx512(<4 x i32> %x) "target-cpu"="x86-64-v4" !prof !0 {
  %y = mul <4 x i32> %x, %x
  ret <4 x i32> %y
}
define <4 x i32> @wide(<4 x i32> %x) "target-cpu"="znver5" !prof !0 {
  %y = mul <4 x i32> %x, %x
  ret <4 x i32> %y
}
define void @end() {
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
