; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Recursion, callees that the user keeps out, that cannot be inlined, or that are
; the C library's are not offered, and refused when a genome asks.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | sed -n 's,^plan.function\([^ ]*\)/0 .*,\1,p' > %t.f
; RUN: sed 's,\(.*\),plan/call\1/0 inline-form form=force,' %t.f > %t.0
; RUN: sed 's,\(.*\),plan/call\1/1 inline-form form=force,' %t.f > %t.1
; RUN: sed 's,\(.*\),plan/call\1/2 inline-form form=sideways,' %t.f > %t.2
; RUN: sed 's,\(.*\),plan/call\1/2 inline-form level=1,' %t.f > %t.3
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.0;level=plan>,speciate-apply<genome=%t.1;level=plan>,speciate-apply<genome=%t.2;level=plan>,speciate-apply<genome=%t.3;level=plan>)' %s -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; SITES-LABEL: plan sites of 'f'
; SITES-NOT: plan/call
; SITES-LABEL: plan sites of 'end'
; CHECK: cannot inline: the call is recursive
; CHECK: cannot inline: 'kept' is marked noinline
; CHECK: 'form=sideways' does not fit a call, expected force or forbid
; CHECK: unknown parameter 'level', expected one of: form
; CHECK: call i32 @f(i32 %x, ptr %p){{$}}
; CHECK: call i32 @kept(i32 %x){{$}}
; CHECK: call i64 @strlen(ptr %p){{$}}
declare i64 @strlen(ptr)
declare void @rare(i32, i32)
define i32 @kept(i32 %x) noinline {
  ret i32 %x
}
define i32 @f(i32 %x, ptr %p) !prof !0 {
  %a = call i32 @f(i32 %x, ptr %p)
  %b = call i32 @kept(i32 %x)
  %c = call i64 @strlen(ptr %p)
  %cold = icmp eq i32 %a, 0
  br i1 %cold, label %unlikely, label %done, !prof !1
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  call void @rare(i32 %m4, i32 %m3)
  br label %done
done:
  ret i32 %b
}
define void @end() {
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 0, i32 1000}
