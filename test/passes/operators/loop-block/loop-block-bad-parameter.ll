; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Every bad parameter has a message of its own, and nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1/p' > %t.site
; RUN: %python %S/../Inputs/try-parameters.py '%speciate-opt' %s %t.site loop-block 'block=32' 'block=24;check=with' 'block=4;check=with' 'block=32;check=late' 'block=32;check=with;width=3' 'block=32;check=with;rare=4' 'check=with' | FileCheck %s
; CHECK: block=32: parameter 'check=' is neither with nor first
; CHECK: parameter 'block=24' is not a power of two
; CHECK: parameter 'block=4' is not a number from 8 to 1024
; CHECK: parameter 'check=late' is neither with nor first
; CHECK: parameter 'width=3' is not a power of two
; CHECK: unknown parameter 'rare', expected one of: block, check, width
; CHECK: no parameter 'block'
; CHECK-NOT: CHANGED
define void @f(ptr %s) {
entry:
  br label %loop
loop:
  %p = phi ptr [ %s, %entry ], [ %n, %loop ]
  %v = load i8, ptr %p
  %n = getelementptr i8, ptr %p, i64 1
  %end = icmp eq i8 %v, 0
  br i1 %end, label %exit, label %loop
exit:
  ret void
}
