; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; An old value is written again only where nobody else can look and the place is
; certainly alive, or where an unconditional store has just been; every other
; store goes to a stand-in.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --kind=branch 'branch-form form=select' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' %s | FileCheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @use(ptr)
declare void @sync()

; CHECK-LABEL: @own(
; CHECK: [[OLD:%.*]] = load i32, ptr %a
; CHECK-NEXT: [[NEW:%.*]] = select i1 %c, i32 %x, i32 [[OLD]]
; CHECK-NEXT: store i32 [[NEW]], ptr %a
; CHECK-NOT: speciate.slot
define i32 @own(i1 %c, i32 %x) {
  %a = alloca i32
  store i32 1, ptr %a
  call void @sync()
  br i1 %c, label %then, label %join
then:
  store i32 %x, ptr %a
  br label %join
join:
  %r = load i32, ptr %a
  ret i32 %r
}

; CHECK-LABEL: @just_written(
; CHECK: store i32 7, ptr %p
; CHECK-NEXT: [[NEW:%.*]] = select i1 %c, i32 %x, i32 7
; CHECK-NEXT: store i32 [[NEW]], ptr %p
; CHECK-LABEL: @captured(
define void @just_written(ptr %p, i1 %c, i32 %x) {
  store i32 7, ptr %p
  br i1 %c, label %then, label %join
then:
  store i32 %x, ptr %p
  br label %join
join:
  ret void
}

; CHECK: [[P:%.*]] = select i1 %c, ptr %a, ptr %speciate.slot
; CHECK-NEXT: store i32 %x, ptr [[P]]
; CHECK-LABEL: @synchronized(
define void @captured(i1 %c, i32 %x) {
  %a = alloca i32
  call void @use(ptr %a)
  br i1 %c, label %then, label %join
then:
  store i32 %x, ptr %a
  br label %join
join:
  call void @use(ptr %a)
  ret void
}

; CHECK: call void @sync()
; CHECK-NEXT: [[P:%.*]] = select i1 %c, ptr %p, ptr %speciate.slot
; CHECK-NEXT: store i32 %x, ptr [[P]]
; CHECK-LABEL: @marked_life(
define void @synchronized(ptr %p, i1 %c, i32 %x) {
  store i32 7, ptr %p
  call void @sync()
  br i1 %c, label %then, label %join
then:
  store i32 %x, ptr %p
  br label %join
join:
  ret void
}

; CHECK: [[P:%.*]] = select i1 %c, ptr %a, ptr %speciate.slot
; CHECK-NEXT: store i32 %x, ptr [[P]]
define i32 @marked_life(i1 %c, i32 %x) {
  %a = alloca i32
  call void @llvm.lifetime.start(ptr %a)
  store volatile i32 1, ptr %a
  br i1 %c, label %then, label %join
then:
  store i32 %x, ptr %a
  br label %join
join:
  %r = load i32, ptr %a
  call void @llvm.lifetime.end(ptr %a)
  ret i32 %r
}
