; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The second of two tests that exclude each other holds more often: it comes
; first. Weights are those of the ends. Again, it would be a loss and is not offered.
; Hostile: tests that do not exclude each other, a second test that may trap, and
; tests that exclude each other only as long as an addition does not overflow.
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | FileCheck %s --check-prefix=SITES --implicit-check-not=test-order
; SITES: region sites of 'f'
; SITES: test-order order=swap
; SITES: region sites of 'both'
; SITES: region sites of 'traps'
; SITES: region sites of 'overflows'
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py 'test-order order=swap' > %t.genome
; RUN: %speciate-opt -S -passes='function(speciate-apply<genome=%t.genome>),verify' %s -o %t.ll
; RUN: FileCheck %s < %t.ll
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %t.ll 2>&1 | FileCheck %s --check-prefix=AGAIN --implicit-check-not=test-order
; AGAIN: region sites of 'f'
; CHECK-LABEL: define i32 @f(
; CHECK: %low = icmp slt i32 %x, 10
; CHECK-NEXT: %high = icmp sgt i32 %x, 99
; CHECK-NEXT: [[H:%.*]] = freeze i1 %high
; CHECK-NEXT: br i1 [[H]], label %b, label %next, !dbg [[L2:![0-9]+]], !prof [[P:![0-9]+]]
; CHECK: next:
; CHECK-NEXT: br i1 %low, label %a, label %c, !dbg [[L1:![0-9]+]], !prof [[Q:![0-9]+]]
; CHECK: exit:
; CHECK-NEXT: phi i32 [ 1, %a ], [ %s, %b ], [ 3, %c ]
; CHECK-DAG: [[P]] = !{!"branch_weights", i32 810, i32 190}
; CHECK-DAG: [[Q]] = !{!"branch_weights", i32 100, i32 90}
; CHECK-DAG: [[L1]] = !DILocation(line: 3
; CHECK-DAG: [[L2]] = !DILocation(line: 4
;
; RUN: sed 's/swap/other/' %t.genome > %t.bad
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.bad>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=BAD
; BAD: parameter 'order=other' is not swap
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | %python %S/../Inputs/genome.py --functions='both|traps|overflows' --kind=branch 'branch-form likely=.*' | sed 's/branch-form .*/test-order order=swap/' > %t.not
; RUN: %speciate-opt -disable-output -passes='function(speciate-apply<genome=%t.not>)' -pass-remarks-missed=speciate-apply %s 2>&1 | FileCheck %s --check-prefix=NOT
; NOT: the tests do not exclude each other
; NOT: the second test does more than compare
; NOT: the tests do not exclude each other
define i32 @f(i32 %x) !dbg !5 {
entry:
  %low = icmp slt i32 %x, 10
  br i1 %low, label %a, label %next, !prof !0, !dbg !8
next:
  %high = icmp sgt i32 %x, 99
  br i1 %high, label %b, label %c, !prof !1, !dbg !9
a:
  br label %exit
b:
  %s = mul i32 %x, 7
  br label %exit
c:
  br label %exit
exit:
  %r = phi i32 [ 1, %a ], [ %s, %b ], [ 3, %c ]
  ret i32 %r
}
define i32 @both(i32 %x, i32 %y) {
entry:
  %low = icmp slt i32 %x, 10
  br i1 %low, label %a, label %next, !prof !0
next:
  %high = icmp sgt i32 %x, 5
  br i1 %high, label %b, label %c, !prof !1
a:
  br label %exit
b:
  br label %exit
c:
  br label %exit
exit:
  %r = phi i32 [ 1, %a ], [ %y, %b ], [ 3, %c ]
  ret i32 %r
}
define i32 @traps(i32 %x, i32 %y) {
entry:
  %low = icmp slt i32 %x, 10
  br i1 %low, label %a, label %next, !prof !0
next:
  %d = udiv i32 %y, %x
  %high = icmp sgt i32 %x, 99
  br i1 %high, label %b, label %c, !prof !1
a:
  br label %exit
b:
  br label %exit
c:
  br label %exit
exit:
  %r = phi i32 [ 1, %a ], [ %y, %b ], [ %d, %c ]
  ret i32 %r
}
define i32 @overflows(i32 %x, i32 %y) {
entry:
  %more = add nsw i32 %x, 1
  %above = icmp sgt i32 %x, %y
  br i1 %above, label %a, label %next, !prof !0
next:
  %near = icmp sgt i32 %more, %y
  br i1 %near, label %c, label %b, !prof !0
a:
  br label %exit
b:
  br label %exit
c:
  br label %exit
exit:
  %r = phi i32 [ 1, %a ], [ %y, %b ], [ 3, %c ]
  ret i32 %r
}
!llvm.dbg.cu = !{!2}
!llvm.module.flags = !{!4}
!0 = !{!"branch_weights", i32 100, i32 900}
!1 = !{!"branch_weights", i32 900, i32 100}
!2 = distinct !DICompileUnit(language: DW_LANG_C99, file: !3, emissionKind: FullDebug)
!3 = !DIFile(filename: "f.c", directory: "/")
!4 = !{i32 2, !"Debug Info Version", i32 3}
!5 = distinct !DISubprogram(name: "f", scope: !3, file: !3, line: 1, type: !6, unit: !2, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{}
!8 = !DILocation(line: 3, scope: !5)
!9 = !DILocation(line: 4, scope: !5)
