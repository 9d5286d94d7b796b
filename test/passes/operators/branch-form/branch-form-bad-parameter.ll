; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Every bad parameter has its own message, and nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.select[^ ]*\) .*/\1/p' > %t.site
; RUN: sed 's/$/ branch-form likely=then/' %t.site > %t.1
; RUN: sed 's/$/ branch-form unpredictable=off/' %t.site > %t.2
; RUN: sed 's/$/ branch-form colour=red/' %t.site > %t.3
; RUN: sed 's/$/ branch-form unpredictable=on;unpredictable=on/' %t.site > %t.4
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>,speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>,speciate-apply<genome=%t.4>)' %s -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; CHECK: branch-form likely=then: likely fits branches only
; CHECK: branch-form unpredictable=off: parameter 'unpredictable=off' does not fit a branch, expected on
; CHECK: branch-form colour=red: unknown parameter 'colour', expected one of: form, likely, unpredictable
; CHECK: branch-form unpredictable=on;unpredictable=on: parameter 'unpredictable' is given twice
; CHECK: %s = select i1 %c, i32 %a, i32 %b
; CHECK-NOT: unpredictable
define i32 @f(i1 %c, i32 %a, i32 %b) {
  %s = select i1 %c, i32 %a, i32 %b
  ret i32 %s
}
