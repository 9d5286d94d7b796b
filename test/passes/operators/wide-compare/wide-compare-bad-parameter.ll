; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Every bad parameter has a message of its own, and nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's,^\(region/branch/[^ ]*/0\) .*,\1,p' > %t.site
; RUN: %python %S/../Inputs/try-parameters.py '%speciate-opt' %s %t.site wide-compare 'word=16' 'word=8;peel=1' 'width=8' | FileCheck %s
; CHECK: parameter 'word=16' is not 4 or 8
; CHECK: unknown parameter 'peel', expected one of: word
; CHECK: unknown parameter 'width', expected one of: word
; CHECK-NOT: CHANGED
define i1 @f(ptr %p) {
entry:
  %a0 = load i8, ptr %p
  %c0 = icmp eq i8 %a0, 72
  br i1 %c0, label %t1, label %no
t1:
  %p1 = getelementptr i8, ptr %p, i64 1
  %a1 = load i8, ptr %p1
  %c1 = icmp eq i8 %a1, 101
  br i1 %c1, label %yes, label %no
yes:
  ret i1 true
no:
  ret i1 false
}
