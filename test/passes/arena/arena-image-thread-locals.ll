; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; An image reaches thread-local variables through accessors of the arena
; program, from intrinsics, constant expressions and phis alike.
; REQUIRES: plugin
; RUN: %speciate-opt -S -passes='speciate-arena<role=image>' %s | FileCheck %s --implicit-check-not='thread_local' --implicit-check-not='call ptr @llvm.threadlocal'
; RUN: %speciate-opt -S -passes='speciate-arena<role=image>' %s | %llvm_bin/llc -relocation-model=pic -filetype=obj -o %t.o
; RUN: llvm-readelf -rW %t.o | FileCheck %s --check-prefix=RELOCS --implicit-check-not=TLS --implicit-check-not=TPOFF
; RELOCS: R_X86_64_PLT32 {{.*}} __speciate_arena_tls.counter
; CHECK-LABEL: define ptr @f.image(i1 %c)
; CHECK: [[A:%.*]] = call preserve_allcc noundef nonnull align 4 ptr @__speciate_arena_tls.counter()
; CHECK: store i32 7, ptr [[A]]
; CHECK: [[B:%.*]] = call preserve_allcc noundef nonnull align 16 ptr @__speciate_arena_tls.array()
; CHECK: getelementptr {{.*}}[[B]]
; CHECK: [[C:%.*]] = call preserve_allcc noundef nonnull align 4 ptr @__speciate_arena_tls.counter()
; CHECK: br i1 %c
; CHECK: phi ptr [ [[C]], %0 ]
; CHECK: declare hidden preserve_allcc noundef nonnull align 4 ptr @__speciate_arena_tls.counter() #[[A:[0-9]+]]
; CHECK: attributes #[[A]] = { nofree nosync nounwind speculatable willreturn memory(none) }
target triple = "x86_64-unknown-linux-gnu"
@counter = external hidden thread_local global i32, align 4
@array = external thread_local global [8 x i32], align 16
define ptr @f(i1 %c) {
  %a = call ptr @llvm.threadlocal.address.p0(ptr @counter)
  store i32 7, ptr %a
  store i32 8, ptr getelementptr inbounds ([8 x i32], ptr @array, i64 0, i64 3)
  br i1 %c, label %next, label %other
other:
  br label %next
next:
  %p = phi ptr [ @counter, %0 ], [ null, %other ]
  ret ptr %p
}
declare ptr @llvm.threadlocal.address.p0(ptr)
