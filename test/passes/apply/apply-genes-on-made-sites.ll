; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; What a gene makes has sites of its own, whose genes are applied after it,
; whatever their order in the genome. Without the maker there is no such site.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | sed -n 's/^\(region\)\/[a-z]*\(\/[^ ]*\) .*/\1\/load\2 specialize-value scope=loop;share=80;value=3/p' | head -1 > %t.maker
; RUN: %tools/speciate-stage offers --in %s --genome %t.maker --share 1 --out %t.json
; RUN: FileCheck %s --check-prefix=SITES < %t.json
; RUN: sed -n 's/^ *"id": "\(region.loop.[^"]*\)",/\1 loop-form unroll=4/p' %t.json | head -1 > %t.made
; RUN: cat %t.made %t.maker > %t.both
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.both>),verify' %s | FileCheck %s
; RUN: %speciate-opt -disable-output -pass-remarks-missed='spec.*' -passes='function(speciate-apply<genome=%t.made>)' %s 2>&1 | FileCheck %s --check-prefix=ALONE
; SITES: "operator": "loop-form"
; SITES: "id": "region/loop/
; SITES: "made_by": "region/load/{{.*}} specialize-value scope=loop;share=80;value=3"
; SITES-NOT: "made_by": "{{[^"]*}} loop-form
; CHECK-LABEL: define i64 @f(
; CHECK: br i1 %more, label %loop, label %exit
; CHECK-NOT: !llvm.loop
; CHECK: br i1 %more.special, label %loop.special, label %exit{{.*}}, !llvm.loop
; ALONE: there is no such site in 'f'
target triple = "x86_64-pc-linux-gnu"
define i64 @f(ptr %p, ptr %q, i64 %n) {
entry:
  %step = load i64, ptr %p
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i64 [ 0, %entry ], [ %s2, %loop ]
  %g = getelementptr i64, ptr %q, i64 %i
  %v = load i64, ptr %g
  %s2 = add i64 %s, %v
  %i2 = add i64 %i, %step
  %more = icmp ult i64 %i2, %n
  br i1 %more, label %loop, label %exit
exit:
  ret i64 %s2
}
