; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Bad parameters and what cannot be copied: refused with the reason, nothing is
; changed. Without a value profile nothing is offered.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=specialize-value
; SITES: region sites of 'f'
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.function[^ ]*\) .*/\1 specialize-value /p' > %t.site
; RUN: sed 's/$/arg=9;share=90;value=1/' %t.site > %t.1
; RUN: sed 's/$/arg=0;share=100;value=1/' %t.site > %t.2
; RUN: sed 's/$/arg=0;share=90;value=300/' %t.site > %t.3
; RUN: sed 's/$/arg=1;share=90;value=4096/' %t.site > %t.4
; RUN: sed 's/$/arg=0;scope=loop;share=90;value=1/' %t.site > %t.5
; RUN: sed 's/$/arg=0;scope=division;share=90;value=1/' %t.site > %t.6
; RUN: sed 's/$/arg=0;colour=red;share=90;value=1/' %t.site > %t.7
; RUN: sed 's/$/arg=0;share=90;value=1/' %t.site > %t.8
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>,speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>,speciate-apply<genome=%t.4>,speciate-apply<genome=%t.5>,speciate-apply<genome=%t.6>,speciate-apply<genome=%t.7>,speciate-apply<genome=%t.8>)' %s -o %t.1.ll -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; RUN: %speciate-opt -S %s -o %t.0.ll
; RUN: cmp %t.0.ll %t.1.ll
; CHECK: the function has no argument 9
; CHECK: parameter 'share=100' is not a number from 1 to 99
; CHECK: the value's type has no constant 300
; CHECK: the value's type has no constant 4096
; CHECK: no loop uses the value without computing it
; CHECK: nothing is divided by the value
; CHECK: unknown parameter 'colour'
; CHECK: value=1: a call must not be duplicated
declare void @once() noduplicate
define i1 @f(i8 %x, ptr %p) {
  call void @once()
  %c = icmp eq i8 %x, 3
  ret i1 %c
}
