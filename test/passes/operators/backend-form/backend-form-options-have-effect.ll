; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Every option that the operator hands to code generation exists in this LLVM,
; and each changes code of this function.
; REQUIRES: plugin
; RUN: %llvm_bin/llc -O3 -o %t.base < %s
; RUN: %llvm_bin/llc -O3 -misched=ilpmax -o %t.1 < %s
; RUN: not cmp %t.base %t.1
; RUN: %llvm_bin/llc -O3 -disable-block-placement -o %t.2 < %s
; RUN: not cmp %t.base %t.2
; RUN: %llvm_bin/llc -O3 -align-loops=32 -o %t.3 < %s
; RUN: not cmp %t.base %t.3
; RUN: %llvm_bin/llc -O3 -disable-tail-duplicate -disable-early-taildup -tail-dup-placement=false -tail-dup-size=16 -tail-dup-placement-threshold=16 -tail-dup-indirect-size=128 -tail-dup-pred-size=256 -tail-dup-succ-size=256 -pre-RA-sched=source -enable-misched=false -enable-ext-tsp-block-placement=true -x86-early-ifcvt -enable-shrink-wrap=false -x86-cmov-converter=false -disable-cgp-select2branch -disable-select-optimize -o %t.4 < %s
; RUN: not cmp %t.base %t.4
target triple = "x86_64-pc-linux-gnu"
define i64 @f(ptr %a, i64 %n, i64 %t) {
entry:
  %empty = icmp eq i64 %n, 0
  br i1 %empty, label %exit, label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %latch ]
  %s = phi i64 [ 0, %entry ], [ %s2, %latch ]
  %p = getelementptr inbounds i64, ptr %a, i64 %i
  %v = load i64, ptr %p
  %c = icmp ugt i64 %v, %t
  br i1 %c, label %then, label %else
then:
  %m = mul i64 %v, %s
  %q = udiv i64 %m, %t
  %m2 = add i64 %m, %q
  store i64 %m2, ptr %p
  br label %latch
else:
  %o1 = xor i64 %s, %v
  %o2 = mul i64 %o1, 31
  %o3 = add i64 %v, %t
  %o4 = mul i64 %o3, %n
  %o = add i64 %o2, %o4
  br label %latch
latch:
  %s2 = phi i64 [ %m2, %then ], [ %o, %else ]
  %i2 = add i64 %i, 1
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit
exit:
  %r = phi i64 [ 0, %entry ], [ %s2, %latch ]
  ret i64 %r
}
