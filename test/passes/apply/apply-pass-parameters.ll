; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The printed pipeline parses back; bad parameters have their own messages.
; REQUIRES: plugin
; RUN: echo > %t.txt
; RUN: %speciate-opt -disable-output -passes='speciate-apply<genome=%t.txt;level=plan>,print<speciate-sites>' -print-pipeline-passes %s > %t.pipeline
; RUN: FileCheck %s --check-prefix=PIPE < %t.pipeline
; PIPE: function(speciate-apply<genome={{.*}}.txt;level=plan>,print<speciate-sites>)
; RUN: not %speciate-opt -disable-output -passes='speciate-apply' %s 2>&1 | FileCheck %s --check-prefix=NONE
; NONE: error: speciate-apply: no genome=FILE
; RUN: not %speciate-opt -disable-output -passes='speciate-apply<genome=%t.missing>' %s 2>&1 | FileCheck %s --check-prefix=MISSING
; MISSING: error: speciate-apply: '{{.*}}.missing': No such file or directory
; RUN: not %speciate-opt -disable-output -passes='speciate-apply<genome=%t.txt;level=program>' %s 2>&1 | FileCheck %s --check-prefix=LEVEL
; LEVEL: error: speciate-apply: level 'program' is neither plan nor region
; RUN: not %speciate-opt -disable-output -passes='speciate-apply<gene=1>' %s 2>&1 | FileCheck %s --check-prefix=KEY
; KEY: error: speciate-apply: unknown parameter 'gene'
; RUN: echo nonsense > %t.bad
; RUN: not %speciate-opt -disable-output -passes='speciate-apply<genome=%t.bad>' %s 2>&1 | FileCheck %s --check-prefix=BAD
; BAD: error: speciate-apply: {{.*}}.bad: line 1:
define void @f() {
  ret void
}
