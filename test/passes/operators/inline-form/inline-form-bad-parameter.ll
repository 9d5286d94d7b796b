; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Every bad parameter has its own message, and nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed -n 's,^plan.call\([^ ]*\) .*,\1,p' > %t.site
; RUN: sed 's,\(.*\),plan/call\1 inline-form form=outline-cold,' %t.site > %t.1
; RUN: sed 's,\(.*\),plan/call\1 inline-form form=force;level=1,' %t.site > %t.2
; RUN: sed 's,\(.*\),plan/call\1 inline-form form=force;form=force,' %t.site > %t.3
; RUN: sed 's,\(.*\),plan/function\1 inline-form form=force,' %t.site > %t.4
; RUN: sed 's,\(.*\),plan/function\1 inline-form form=outline-cold,' %t.site > %t.5
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1;level=plan>,speciate-apply<genome=%t.2;level=plan>,speciate-apply<genome=%t.3;level=plan>,speciate-apply<genome=%t.4;level=plan>,speciate-apply<genome=%t.5;level=plan>)' %s -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; CHECK: 'form=outline-cold' does not fit a call, expected force or forbid
; CHECK: unknown parameter 'level', expected one of: form
; CHECK: parameter 'form' is given twice
; CHECK: 'form=force' does not fit a function, expected outline-cold
; CHECK: the function has no cold part to move out
; CHECK: call i32 @other(i32 %x){{$}}
; CHECK-NOT: attributes #
declare i32 @other(i32)
define i32 @f(i32 %x) !prof !0 {
  %r = call i32 @other(i32 %x)
  ret i32 %r
}
!0 = !{!"function_entry_count", i64 1000}
