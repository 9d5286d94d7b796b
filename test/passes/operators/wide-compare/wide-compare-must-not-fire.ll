; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; Chains that look like words and are none: something is written between the
; first load and its test, or between two tests; a load is volatile; addresses
; fall, or rise by two; exits do different things with the element, or go to
; different places; an index is extended in two ways; a sanitizer watches. Each has
; a reason, and nothing is changed.
; REQUIRES: plugin
; RUN: %python %S/Inputs/near-misses.py > %t.ll
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %t.ll 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=wide-compare
; SITES: region sites of 'fits'
; SITES: wide-compare word=8
; SITES: region sites of 'writes_first'
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %t.ll 2>&1 | %python %S/../Inputs/genome.py --functions='(?!fits).*' --kind=branch 'branch-form likely=then' | grep '/0 ' | sed 's/branch-form .*/wide-compare word=8/' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>)' -pass-remarks-missed=speciate-apply %t.ll -o %t.after.ll 2>&1 | FileCheck %s
; RUN: %speciate-opt -S %t.ll -o %t.before.ll
; RUN: diff %t.before.ll %t.after.ll
; CHECK: something happens between load and test
; CHECK: no second test of the next elements follows
; CHECK: no second test of the next elements follows
; CHECK: no second test of the next elements follows
; CHECK: no second test of the next elements follows
; CHECK: no second test of the next elements follows
; CHECK: the exits do different things
; CHECK: the exits do different things
; CHECK: no second test of the next elements follows
; CHECK: a sanitizer watches what is read
