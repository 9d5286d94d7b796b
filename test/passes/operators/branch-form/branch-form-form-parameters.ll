; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Forms that do not fit their site are refused, and nothing is changed.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.[bs][er][^ ]*\) .*/\1/p' > %t.sites
; RUN: sed 's/$/ branch-form form=round/' %t.sites > %t.1
; RUN: sed 's/$/ branch-form form=select/' %t.sites > %t.2
; RUN: sed 's/$/ branch-form form=mask;unpredictable=on/' %t.sites > %t.3
; RUN: sed 's/^region/plan/; s/$/ branch-form form=mask/' %t.sites > %t.4
; RUN: sed 's/$/ branch-form form=mask/' %t.sites > %t.5
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.1>,speciate-apply<genome=%t.2>,speciate-apply<genome=%t.3>,speciate-apply<genome=%t.4;level=plan>,speciate-apply<genome=%t.5>)' %s -o %t.ll -pass-remarks-missed=speciate-apply 2>&1 | FileCheck %s
; RUN: FileCheck %s --check-prefix=IR < %t.ll
; CHECK: branch/{{.*}} form=round: parameter 'form=round' does not fit a branch, expected select or mask
; CHECK: select/{{.*}} form=round: parameter 'form=round' does not fit a select, expected mask or branch
; CHECK: branch/{{.*}} form=select: 'call' has an effect
; CHECK: select/{{.*}} form=select: parameter 'form=select' does not fit a select, expected mask or branch
; CHECK: branch/{{.*}} form=mask;unpredictable=on: form, likely and unpredictable exclude each other
; CHECK: select/{{.*}} form=mask;unpredictable=on: form, likely and unpredictable exclude each other
; CHECK: plan/branch/{{.*}}: form works at region level only
; CHECK: plan/select/{{.*}}: form works at region level only
; CHECK: form=mask: 'call' has an effect
; CHECK: form=mask: masks are for scalar integers
; IR: br i1 %c, label %then, label %join
; IR: select i1 %c, double 1.000000e+00, double %x
; IR-NEXT: ret
declare void @g()
define double @f(i1 %c, double %x) {
  br i1 %c, label %then, label %join
then:
  call void @g()
  br label %join
join:
  %s = select i1 %c, double 1.0, double %x
  ret double %s
}
