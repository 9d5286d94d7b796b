; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; What lies in the aligned block that the first test has read is read by the
; combined test without a select of addresses; not beyond the block, for
; sanitizers, where LLVM knows the object, and where something may have freed it.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=branch 'cold-consolidate .*tests=0f.1f.*' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' < %s | FileCheck %s --implicit-check-not='speciate.zeros'
; CHECK: @speciate.zeros
; CHECK-LABEL: define void @fits(
; CHECK: %kind.early = load i8, ptr %kind.at.early, align 1
; CHECK-LABEL: define void @beyond(
; CHECK: select i1 %{{.*}}, ptr %kind.at.early, ptr @speciate.zeros
; CHECK-LABEL: define void @packed(
; CHECK: select i1 %{{.*}}, ptr %kind.at.early, ptr @speciate.zeros
; CHECK-LABEL: define void @watched(
; CHECK: select i1 %{{.*}}, ptr %kind.at.early, ptr @speciate.zeros
; CHECK-LABEL: define void @known(
; CHECK: select i1 %{{.*}}, ptr %kind.at.early, ptr @speciate.zeros
; CHECK-LABEL: define void @freed(
; CHECK: select i1 %{{.*}}, ptr %kind.at.early, ptr @speciate.zeros
target triple = "x86_64-pc-linux-gnu"
@object = external global [4 x i8], align 8
declare void @bad(i32) nounwind willreturn
declare void @may_free(ptr)
define void @fits(ptr %p) !prof !0 {
  %version = load i8, ptr %p, align 8
  %c1 = icmp ne i8 %version, 3
  br i1 %c1, label %one, label %next, !prof !1
one:
  call void @bad(i32 1)
  br label %exit
next:
  %kind.at = getelementptr i8, ptr %p, i64 7
  %kind = load i8, ptr %kind.at, align 1
  %c2 = icmp ugt i8 %kind, 11
  br i1 %c2, label %two, label %exit, !prof !1
two:
  call void @bad(i32 2)
  br label %exit
exit:
  ret void
}
define void @beyond(ptr %p) !prof !0 {
  %version = load i8, ptr %p, align 8
  %c1 = icmp ne i8 %version, 3
  br i1 %c1, label %one, label %next, !prof !1
one:
  call void @bad(i32 1)
  br label %exit
next:
  %kind.at = getelementptr i8, ptr %p, i64 8
  %kind = load i8, ptr %kind.at, align 1
  %c2 = icmp ugt i8 %kind, 11
  br i1 %c2, label %two, label %exit, !prof !1
two:
  call void @bad(i32 2)
  br label %exit
exit:
  ret void
}
define void @packed(ptr %p) !prof !0 {
  %version = load i8, ptr %p, align 1
  %c1 = icmp ne i8 %version, 3
  br i1 %c1, label %one, label %next, !prof !1
one:
  call void @bad(i32 1)
  br label %exit
next:
  %kind.at = getelementptr i8, ptr %p, i64 1
  %kind = load i8, ptr %kind.at, align 1
  %c2 = icmp ugt i8 %kind, 11
  br i1 %c2, label %two, label %exit, !prof !1
two:
  call void @bad(i32 2)
  br label %exit
exit:
  ret void
}
define void @watched(ptr %p) sanitize_address !prof !0 {
  %version = load i8, ptr %p, align 8
  %c1 = icmp ne i8 %version, 3
  br i1 %c1, label %one, label %next, !prof !1
one:
  call void @bad(i32 1)
  br label %exit
next:
  %kind.at = getelementptr i8, ptr %p, i64 7
  %kind = load i8, ptr %kind.at, align 1
  %c2 = icmp ugt i8 %kind, 11
  br i1 %c2, label %two, label %exit, !prof !1
two:
  call void @bad(i32 2)
  br label %exit
exit:
  ret void
}
define void @known(ptr %p) !prof !0 {
  %version = load i8, ptr @object, align 8
  %c1 = icmp ne i8 %version, 3
  br i1 %c1, label %one, label %next, !prof !1
one:
  call void @bad(i32 1)
  br label %exit
next:
  %kind.at = getelementptr i8, ptr @object, i64 7
  %kind = load i8, ptr %kind.at, align 1
  %c2 = icmp ugt i8 %kind, 11
  br i1 %c2, label %two, label %exit, !prof !1
two:
  call void @bad(i32 2)
  br label %exit
exit:
  ret void
}
define void @freed(ptr %p) !prof !0 {
  %version = load i8, ptr %p, align 8
  call void @may_free(ptr %p)
  %c1 = icmp ne i8 %version, 3
  br i1 %c1, label %one, label %next, !prof !1
one:
  call void @bad(i32 1)
  br label %exit
next:
  %kind.at = getelementptr i8, ptr %p, i64 7
  %kind = load i8, ptr %kind.at, align 1
  %c2 = icmp ugt i8 %kind, 11
  br i1 %c2, label %two, label %exit, !prof !1
two:
  call void @bad(i32 2)
  br label %exit
exit:
  ret void
}
!0 = !{!"function_entry_count", i64 100000}
!1 = !{!"branch_weights", i32 100, i32 99900}
