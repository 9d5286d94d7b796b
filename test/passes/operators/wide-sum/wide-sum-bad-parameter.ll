; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Every bad parameter has a message of its own, and nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.loop[^ ]*\) .*/\1/p' > %t.site
; RUN: %python %S/../Inputs/try-parameters.py '%speciate-opt' %s %t.site wide-sum 'width=31' 'width=48' 'chunk=3' 'width=32' | FileCheck %s
; CHECK: parameter 'width=31' is not a number from 32 to 64
; CHECK: parameter 'width=48' is neither 32 nor 64
; CHECK: unknown parameter 'chunk', expected one of: width
; CHECK: the loop carries no sum
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
