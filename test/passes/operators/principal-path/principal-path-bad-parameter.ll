; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Bad parameters are refused with the reason, all of a gene or nothing of it is
; applied, and without weights nothing is offered.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=principal-path
; SITES: region sites of 'f'
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^region.function\(.*\)0 weight.*/region\/branch\10/p' > %t.site
; RUN: sed 's/$/ principal-path at=moon;path=0t.1t;share=60/' %t.site > %t.1
; RUN: sed 's/$/ principal-path path=0t.1t+0f.1t;share=60/' %t.site > %t.2
; RUN: sed 's/$/ principal-path path=0t.1t;share=0/' %t.site > %t.3
; RUN: sed 's/$/ principal-path path=1t.2t;share=60/' %t.site > %t.4
; RUN: sed 's/$/ principal-path path=0t.1t+0t.9t;share=60+60/' %t.site > %t.5
; RUN: sed 's/$/ principal-path path=0t.1t+0f.1t;share=60+60/' %t.site > %t.6
; RUN: sed 's/$/ principal-path path=0t.0t;share=60/' %t.site > %t.7
; RUN: sed 's/$/ principal-path path=0t;share=60/' %t.site > %t.8
; RUN: sed 's/$/ principal-path at=loop;path=0t.1t;share=60/' %t.site > %t.9
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>,speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>,speciate-apply<genome=%t.4>,speciate-apply<genome=%t.5>,speciate-apply<genome=%t.6>,speciate-apply<genome=%t.7>,speciate-apply<genome=%t.8>,speciate-apply<genome=%t.9>)' %s -o %t.1.ll -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; RUN: %speciate-opt -S %s -o %t.0.ll
; RUN: cmp %t.0.ll %t.1.ll
; CHECK: parameter 'at=moon' is neither branch nor loop nor entry
; CHECK: parameters 'path' and 'share' have not the same number of parts, 1 to 3
; CHECK: parameter 'share': '0' is not a number from 1 to 99
; CHECK: parameter 'path' does not begin with the site
; CHECK: parameter 'path': there is no branch 9
; CHECK: no path goes to all branches as decided
; CHECK: a branch is named twice
; CHECK: a path needs two branches or more
; CHECK: the first branch is in no loop with a block of its own in front
target triple = "x86_64-pc-linux-gnu"
define i32 @f(i32 %a, i32 %b, i32 %c) {
entry:
  %c1 = icmp eq i32 %a, 1
  br i1 %c1, label %second, label %out
second:
  %c2 = icmp eq i32 %b, 3
  br i1 %c2, label %third, label %out
third:
  %c3 = icmp sgt i32 %c, 9
  br i1 %c3, label %leaf, label %out
leaf:
  ret i32 7
out:
  ret i32 9
}
