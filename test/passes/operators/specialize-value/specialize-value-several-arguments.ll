; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; also=: one guard on several arguments, all of which are constants in the copy.
; scope=loop of an argument: the guard stands in front of the loop that uses it.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.function[^ ]*\) .*/\1 specialize-value also=2.8+0.0;arg=1;share=70;value=64/p' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' %s | FileCheck %s
; RUN: sed 's/also=.*/arg=1;scope=loop;share=80;value=64/' %t.genome > %t.loop
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.loop>),verify' %s | FileCheck %s --check-prefix=LOOP
; CHECK-LABEL: define i64 @f(
; CHECK: entry:
; CHECK-DAG: icmp eq i64 {{%.*}}, 64
; CHECK-DAG: icmp eq i64 {{%.*}}, 8
; CHECK-DAG: icmp eq ptr {{%.*}}, null
; CHECK: br i1 {{%.*}}, label %general.special, label %general, !prof [[P:![0-9]+]]
; CHECK: loop.special:
; CHECK: mul i64 %i.special, 64
; CHECK: add i64 %s.special, 8
; CHECK: icmp eq ptr null, null
; CHECK: [[P]] = !{!"branch_weights", i32 70, i32 30}
; LOOP-LABEL: define i64 @f(
; LOOP: freeze i64 %a
; LOOP-NEXT: %is.special = icmp eq
; LOOP-NEXT: br i1 %is.special, label %loop.special, label %loop
; LOOP: loop.special:
; LOOP: mul i64 %i.special, 64
; LOOP: add i64 %s.special, {{%.*}}
;
; RUN: sed 's/2.8+0.0/2.8+0.5/' %t.genome > %t.bad1
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.bad1>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BAD1
; BAD1: parameter 'also': argument 0 cannot be 5 there
; RUN: sed 's/2.8+0.0/7.1/' %t.genome > %t.bad2
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.bad2>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BAD2
; BAD2: parameter 'also=7.1': '7.1' is not ARGUMENT.VALUE
; RUN: sed 's/2.8+0.0/1.64/' %t.genome > %t.bad3
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.bad3>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BAD3
; BAD3: parameter 'also': argument 1 cannot be 64 there
; RUN: sed 's/share/scope=loop;share/' %t.genome > %t.bad4
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.bad4>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BAD4
; BAD4: 'also' is for the whole body
define i64 @f(ptr %p, i64 %a, i64 %b) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i64 [ 0, %entry ], [ %s2, %loop ]
  %m = mul i64 %i, %a
  %t = add i64 %s, %b
  %s2 = xor i64 %t, %m
  %i2 = add i64 %i, 1
  %null = icmp eq ptr %p, null
  %few = icmp ult i64 %i2, 1000
  %more = select i1 %null, i1 false, i1 %few
  br i1 %more, label %loop, label %exit
exit:
  ret i64 %s2
}
