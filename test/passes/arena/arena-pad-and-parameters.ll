; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The arena program's copy of a region has a pad; bad parameters have their own
; messages; the printed pipeline parses back.
; REQUIRES: plugin
; RUN: %speciate-opt -S -passes='speciate-arena<role=host>' %s | FileCheck %s
; CHECK: define i32 @f(i32 %x) #[[A:[0-9]+]]
; CHECK-NOT: .image
; CHECK: attributes #[[A]] = { {{.*}}"patchable-function-entry"="16"
; RUN: %speciate-opt -S -passes='speciate-arena<role=host>' %s | %llvm_bin/llc -mtriple=x86_64-linux-gnu -o - | FileCheck %s --check-prefix=ASM
; ASM-LABEL: f:
; ASM: nop
; ASM: leal 1(%rdi)
; RUN: %speciate-opt -S -passes='speciate-arena' %s | FileCheck %s --check-prefix=NONE
; NONE: define i32 @f(i32 %x) {
; RUN: %speciate-opt -disable-output -passes='speciate-arena<role=image;marker=7>' -print-pipeline-passes %s | FileCheck %s --check-prefix=PIPE
; PIPE: function(speciate-arena<role=image;marker=7>)
; RUN: not %speciate-opt -disable-output -passes='speciate-arena<role=guest>' %s 2>&1 | FileCheck %s --check-prefix=ROLE
; ROLE: error: speciate-arena: role 'guest' is neither none, host nor image
; RUN: not %speciate-opt -disable-output -passes='speciate-arena<marker=some>' %s 2>&1 | FileCheck %s --check-prefix=NUMBER
; NUMBER: error: speciate-arena: marker 'some' is not a number
; RUN: not %speciate-opt -disable-output -passes='speciate-arena<mark=7>' %s 2>&1 | FileCheck %s --check-prefix=KEY
; KEY: error: speciate-arena: unknown parameter 'mark'
define i32 @f(i32 %x) {
  %y = add i32 %x, 1
  ret i32 %y
}
