; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; An image has a name of its own. Its calls to itself and its address are those
; of the arena program's function; addresses of its blocks are its own.
; REQUIRES: plugin
; RUN: %speciate-opt -S -passes='speciate-arena<role=image>' %s | FileCheck %s
; CHECK: @table = hidden constant [2 x ptr] [ptr blockaddress(@f.image, %one), ptr blockaddress(@f.image, %two)]
; CHECK: @self = available_externally constant ptr @f
; CHECK-LABEL: define hidden fastcc i32 @f.image(i32 %x, ptr %p)
; CHECK: store ptr @f, ptr %p
; CHECK: call fastcc i32 @f(i32 %y, ptr %p)
; CHECK: declare hidden fastcc i32 @f(i32, ptr)
target triple = "x86_64-unknown-linux-gnu"
@table = hidden constant [2 x ptr] [ptr blockaddress(@f, %one), ptr blockaddress(@f, %two)]
@self = available_externally constant ptr @f
define hidden fastcc i32 @f(i32 %x, ptr %p) {
  store ptr @f, ptr %p
  %s = load ptr, ptr @self
  %at = getelementptr ptr, ptr @table, i32 %x
  %to = load ptr, ptr %at
  indirectbr ptr %to, [label %one, label %two]
one:
  %y = sub i32 %x, 1
  %r = call fastcc i32 @f(i32 %y, ptr %p)
  ret i32 %r
two:
  ret i32 0
}
