// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The wrapper changes no machine code: the disassembly is that of plain clang.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %tools/speciate-cc -O0 -c %s -o ours.o && %clang -O0 -c %s -o theirs.o
// RUN: llvm-objdump -drst --no-show-raw-insn -j .text ours.o | grep -v "file format" > ours.txt
// RUN: llvm-objdump -drst --no-show-raw-insn -j .text theirs.o | grep -v "file format" > theirs.txt
// RUN: FileCheck %s --input-file=ours.txt --check-prefix=CODE
// RUN: diff ours.txt theirs.txt
// RUN: %tools/speciate-cc -O2 -g -ffunction-sections -c %s -o ours.o
// RUN: %clang -O2 -g -ffunction-sections -c %s -o theirs.o
// RUN: llvm-objdump -dr --no-show-raw-insn ours.o | grep -v "file format" > ours.txt
// RUN: llvm-objdump -dr --no-show-raw-insn theirs.o | grep -v "file format" > theirs.txt
// RUN: FileCheck %s --input-file=ours.txt --check-prefix=CODE
// RUN: diff ours.txt theirs.txt
// The frame is there, and no link copies it (E: exclude).
// RUN: llvm-readelf -SW ours.o | FileCheck %s --check-prefix=SECTION
// RUN: llvm-readelf -SW theirs.o | FileCheck %s --check-prefix=PLAIN
// CODE: <square>:
// SECTION: .speciate.bc PROGBITS {{.*}} E
// PLAIN: .symtab
// PLAIN-NOT: .speciate.bc
static int table[16];
int square(int X) {
  for (int I = 0; I < 16; ++I)
    table[I] += X * I;
  return table[X & 15] * X;
}
int twice(int X) { return square(X) + square(X + 1); }
