; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A gene whose site has gone is reported and changes nothing; the others are
; applied. A gene of another function is none of this one's business.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region.select[^ ]*\) .*/\1/p' > %t.site
; RUN: sed 's/$/ branch-form unpredictable=on/' %t.site > %t.txt
; RUN: sed 's,/0$,/7 branch-form unpredictable=on,' %t.site >> %t.txt
; RUN: sed 's/$/ no-such-form x=1/' %t.site >> %t.txt
; RUN: sed 's/$/ layout-form bolt=on/' %t.site >> %t.txt
; RUN: echo region/select/0000000000000001/0000000000000002/0 branch-form unpredictable=on >> %t.txt
; RUN: %speciate-opt -S -passes='speciate-apply<genome=%t.txt>' %s -pass-remarks-output=%t.yaml | FileCheck %s
; RUN: FileCheck %s --check-prefix=YAML --implicit-check-not=000000000002 < %t.yaml
; CHECK: select i1 %c, i32 %a, i32 %b, !unpredictable
; YAML: --- !Passed
; YAML: Gene: {{.*}}/0 branch-form unpredictable=on
; YAML: --- !Missed
; YAML: operator ''layout-form'' does not work at level region
; YAML: there is no operator ''no-such-form''
; YAML: /7 branch-form unpredictable=on: there is no such site in ''f'' (its control flow has changed)
define i32 @f(i1 %c, i32 %a, i32 %b) {
  %s = select i1 %c, i32 %a, i32 %b
  ret i32 %s
}
