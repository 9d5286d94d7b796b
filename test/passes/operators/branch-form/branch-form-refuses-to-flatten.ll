; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; What cannot be flattened is not offered, is refused with the reason when a
; genome asks for it, and is left as it was.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=form=
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.branch[^ ]*\) .*/\1 branch-form form=select/p' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' %s -o %t.1.ll -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; RUN: %speciate-opt -S %s -o %t.0.ll
; RUN: cmp %t.0.ll %t.1.ll
; SITES: region sites of 'call'
; CHECK: form=select: 'call' has an effect and depends on the branch
; CHECK: form=select: a volatile or atomic load depends on the branch
; CHECK: form=select: a volatile or atomic store depends on the branch
; CHECK: form=select: 'udiv' may trap when it is computed in vain
; CHECK: form=select: a loop lies between the branch and its join
; CHECK: form=select: the two sides never meet again
; CHECK: form=select: a block that depends on the branch is also entered from elsewhere
; CHECK: form=select: a store does not fit the stand-in
; CHECK: form=select: a load does not fit the stand-in
declare void @g()
define void @call(i1 %c) {
  br i1 %c, label %then, label %join
then:
  call void @g()
  br label %join
join:
  ret void
}
define i32 @volatile_load(i1 %c, ptr %p) {
  br i1 %c, label %then, label %join
then:
  %v = load volatile i32, ptr %p
  br label %join
join:
  %r = phi i32 [ 0, %0 ], [ %v, %then ]
  ret i32 %r
}
define void @atomic_store(i1 %c, ptr %p) {
  br i1 %c, label %then, label %join
then:
  store atomic i32 1, ptr %p monotonic, align 4
  br label %join
join:
  ret void
}
define i32 @division(i1 %c, i32 %x, i32 %y) {
  br i1 %c, label %then, label %join
then:
  %v = udiv i32 %x, %y
  br label %join
join:
  %r = phi i32 [ 0, %0 ], [ %v, %then ]
  ret i32 %r
}
define i32 @loop(i1 %c, i32 %x) {
entry:
  br i1 %c, label %loop, label %join
loop:
  %i = phi i32 [ %x, %entry ], [ %j, %loop ]
  %j = shl i32 %i, 1
  %z = icmp eq i32 %j, 0
  br i1 %z, label %join, label %loop
join:
  %r = phi i32 [ 0, %entry ], [ %j, %loop ]
  ret i32 %r
}
define i32 @never_meet(i1 %c) {
  br i1 %c, label %then, label %else
then:
  ret i32 1
else:
  ret i32 2
}
define i32 @entered(i1 %c, i32 %x) {
entry:
  %small = icmp ult i32 %x, 9
  br i1 %small, label %head, label %shared
head:
  call void @g()
  br i1 %c, label %shared, label %join
shared:
  %v = mul i32 %x, %x
  br label %join
join:
  %r = phi i32 [ 0, %head ], [ %v, %shared ]
  ret i32 %r
}
define void @too_large(i1 %c, ptr %p) {
  br i1 %c, label %then, label %join
then:
  store <32 x i32> zeroinitializer, ptr %p, align 4
  br label %join
join:
  ret void
}
define i32 @other_address_space(i1 %c, ptr addrspace(257) %p) {
  br i1 %c, label %then, label %join
then:
  %v = load i32, ptr addrspace(257) %p
  br label %join
join:
  %r = phi i32 [ 0, %0 ], [ %v, %then ]
  ret i32 %r
}
