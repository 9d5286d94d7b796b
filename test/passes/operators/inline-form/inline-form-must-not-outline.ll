; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Nothing moves out of a function without a profile, of one that is cold itself,
; or that may see exceptions; nor a part that the profile sees, that is tiny,
; whose values are used after it, or that must not be moved (setjmp).
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-plan-sites>' %s 2>&1 | FileCheck %s
; CHECK-LABEL: plan sites of 'fine'
; CHECK: form=outline-cold
; CHECK-LABEL: plan sites of 'no_profile'
; CHECK-NOT: form=outline-cold
; CHECK-LABEL: plan sites of 'cold_itself'
; CHECK-NOT: form=outline-cold
; CHECK-LABEL: plan sites of 'exceptions'
; CHECK-NOT: form=outline-cold
; CHECK-LABEL: plan sites of 'warm'
; CHECK-NOT: form=outline-cold
; CHECK-LABEL: plan sites of 'tiny'
; CHECK-NOT: form=outline-cold
; CHECK-LABEL: plan sites of 'output'
; CHECK-NOT: form=outline-cold
; CHECK-LABEL: plan sites of 'twice'
; CHECK-NOT: form=outline-cold
; CHECK-LABEL: plan sites of 'end'
declare void @rare(i32, i32)
declare i32 @setjmp(ptr) returns_twice
declare i32 @personality(...)
define i32 @fine(i32 %x, ptr %p) !prof !0 {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done, !prof !1
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  %m5 = mul i32 %m4, %m1
  call void @rare(i32 %m5, i32 %m3)
  br label %done
done:
  ret i32 %x
}
define i32 @no_profile(i32 %x, ptr %p) {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  %m5 = mul i32 %m4, %m1
  call void @rare(i32 %m5, i32 %m3)
  br label %done
done:
  ret i32 %x
}
define i32 @cold_itself(i32 %x, ptr %p) cold !prof !0 {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done, !prof !1
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  %m5 = mul i32 %m4, %m1
  call void @rare(i32 %m5, i32 %m3)
  br label %done
done:
  ret i32 %x
}
define i32 @exceptions(i32 %x, ptr %p) personality ptr @personality !prof !0 {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done, !prof !1
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  %m5 = mul i32 %m4, %m1
  call void @rare(i32 %m5, i32 %m3)
  br label %done
done:
  ret i32 %x
}
define i32 @warm(i32 %x, ptr %p) !prof !0 {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done, !prof !2
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  %m5 = mul i32 %m4, %m1
  call void @rare(i32 %m5, i32 %m3)
  br label %done
done:
  ret i32 %x
}
define i32 @tiny(i32 %x, ptr %p) !prof !0 {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done, !prof !1
unlikely:
  call void @rare(i32 %x, i32 1)
  br label %done
done:
  ret i32 %x
}
define i32 @output(i32 %x, ptr %p) !prof !0 {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done, !prof !1
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  %m5 = mul i32 %m4, %m1
  call void @rare(i32 %m5, i32 %m3)
  br label %done
done:
  %r = phi i32 [ %x, %entry ], [ %m5, %unlikely ]
  ret i32 %r
}
define i32 @twice(i32 %x, ptr %p) !prof !0 {
entry:
  %c = icmp eq i32 %x, 0
  br i1 %c, label %unlikely, label %done, !prof !1
unlikely:
  %m1 = mul i32 %x, %x
  %m2 = mul i32 %m1, %x
  %m3 = mul i32 %m2, %m1
  %m4 = mul i32 %m3, %m1
  %m5 = mul i32 %m4, %m1
  %s = call i32 @setjmp(ptr %p) returns_twice
  call void @rare(i32 %m5, i32 %s)
  br label %done
done:
  ret i32 %x
}
define void @end() {
  ret void
}
!0 = !{!"function_entry_count", i64 1000}
!1 = !{!"branch_weights", i32 0, i32 1000}
!2 = !{!"branch_weights", i32 200, i32 800}
