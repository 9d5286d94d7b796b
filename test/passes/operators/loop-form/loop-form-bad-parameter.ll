; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; REQUIRES: plugin
; Every bad parameter and every refusal has its own message; nothing changes.
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1 loop-form/p' > %t.site
; RUN: sed 's/$/ unroll=1/' %t.site > %t.1
; RUN: sed 's/$/ vectorize=3/' %t.site > %t.2
; RUN: sed 's/$/ peel=1;unroll=4/' %t.site > %t.3
; RUN: sed 's/$/ unswitch=on/' %t.site > %t.4
; RUN: sed 's/$/ twist=on/' %t.site > %t.5
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>,speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>,speciate-apply<genome=%t.4>,speciate-apply<genome=%t.5>)' %s -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; CHECK: 'unroll=1' is not a number from 2 to 64
; CHECK: 'vectorize=3' is not a power of two
; CHECK: peel stands alone
; CHECK: no branch in the loop has an invariant condition
; CHECK: unknown parameter 'twist'
; CHECK: br i1 %more, label %loop, label %exit{{$}}
define i32 @f(ptr %a, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %p = getelementptr inbounds i32, ptr %a, i64 %i
  %v = load i32, ptr %p
  %s2 = add i32 %s, %v
  %i2 = add nuw i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit
exit:
  ret i32 %s2
}
