; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A bad value changes nothing, not even what another key of the gene asks for;
; the operator fits functions only and is not offered anywhere else.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.function[^ ]*\) .*/\1/p' > %t.site
; RUN: sed 's/$/ backend-form align=32;tail-dup=7/' %t.site > %t.1
; RUN: sed 's/$/ backend-form align=32;vector-width=1/' %t.site > %t.2
; RUN: sed 's/$/ backend-form speed=11/' %t.site > %t.3
; RUN: sed 's/function/select/; s/$/ backend-form align=32/' %t.site > %t.4
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>,speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>,speciate-apply<genome=%t.4>)' %s -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; RUN: sed 's/$/ backend-form sched=source/' %t.site > %t.5
; RUN: sed 's/$/ backend-form align=16/' %t.site > %t.6
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.5>,speciate-apply<genome=%t.6>)' %s -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s --check-prefix=DEFAULT
; What is the default of the target anyway is no value.
; DEFAULT: 'sched=source' has an unknown value
; DEFAULT: 'align=16' has an unknown value
; DEFAULT: define i32 @f(i1 %c, i32 %a, i32 %b) {
; SITES: region/function
; SITES: backend-form
; SITES: region/select
; SITES-NOT: backend-form
; CHECK: 'tail-dup=7' has an unknown value
; CHECK: 'vector-width=1' is not 128, 256 or 512
; CHECK: unknown parameter 'speed'
; CHECK: backend-form fits functions only
; CHECK: define i32 @f(i1 %c, i32 %a, i32 %b) {
define i32 @f(i1 %c, i32 %a, i32 %b) {
  %s = select i1 %c, i32 %a, i32 %b
  ret i32 %s
}
