# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A loop with a branch inside and a jump through a register, of which each place
# is known: first.c:11, first.c:12 (the loop's), first.c:20.
  .text
  .file 1 "/src" "first.c"
  .globl work
  .type work, @function
work:
  .loc 1 10 0
head:
  testl %edi, %edi
  .loc 1 11 0
inner:
  je skip
  nop
skip:
  .loc 1 12 0
  decl %edi
back:
  jne head
  .loc 1 13 0
leave:
  ret
  .size work, .-work

  .globl other
  .type other, @function
other:
  .loc 1 20 0
  nop
through:
  jmp *%rax
  .size other, .-other
.Lend:

# As much as it takes to find the lines: one compile unit.
  .section .debug_abbrev, "", @progbits
  .byte 1, 0x11, 0            # compile_unit without children:
  .byte 0x10, 0x17            # stmt_list,
  .byte 0x11, 0x01            # low_pc,
  .byte 0x12, 0x06            # high_pc as a size.
  .byte 0, 0, 0
  .section .debug_info, "", @progbits
  .long .Linfo_end - .Linfo
.Linfo:
  .short 4
  .long .debug_abbrev
  .byte 8, 1
  .long .Lline
  .quad work
  .long .Lend - work
.Linfo_end:
  .section .debug_line, "", @progbits
.Lline:
  .section .note.GNU-stack, "", @progbits
