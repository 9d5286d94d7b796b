; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; A marked function has the sites of the function that was not marked, under
; the same ids: the marker is no call site, and the hash does not see it. (Only
; what could be done with the marked loop differs: it has a call.)
; REQUIRES: plugin
; RUN: %speciate-opt -disable-output -passes='print<speciate-sites>' %s 2>&1 | grep -o '^region[^ ]*' > %t.plain
; RUN: %speciate-opt -disable-output -passes='speciate-arena<marker=2>,print<speciate-sites>' %s 2>&1 | grep -o '^region[^ ]*' > %t.marked
; RUN: FileCheck %s < %t.plain
; CHECK: region/loop/
; RUN: diff %t.plain %t.marked
; RUN: %speciate-opt -S -passes='speciate-arena<marker=2>' %s | FileCheck %s --check-prefix=MARKED
; MARKED: asm sideeffect "decq __speciate_arena_marker
target triple = "x86_64-unknown-linux-gnu"
define i32 @f(ptr %p, i32 %n) !prof !0 {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %i1, %latch ]
  %s = phi i32 [ 0, %entry ], [ %s2, %latch ]
  %at = getelementptr i32, ptr %p, i32 %i
  %v = load i32, ptr %at
  %c = icmp sgt i32 %v, 100
  br i1 %c, label %then, label %latch, !prof !2
then:
  %s1 = add i32 %s, %v
  br label %latch
latch:
  %s2 = phi i32 [ %s, %loop ], [ %s1, %then ]
  %i1 = add i32 %i, 1
  %done = icmp eq i32 %i1, %n
  br i1 %done, label %exit, label %loop, !prof !1
exit:
  ret i32 %s2
}
!0 = !{!"function_entry_count", i64 100}
!1 = !{!"branch_weights", i32 1, i32 99}
!2 = !{!"branch_weights", i32 50, i32 50}
