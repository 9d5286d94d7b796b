//===- runtime/arena/Entry.cpp - From the program to the runtime and back
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing is pushed on the program's stack: at a loop marker the red zone below
// the stack pointer is live. All goes through addresses relative to rip.
//
// The time stamp is read right after the general registers were saved and right
// before they are loaded, so that the extended state is not in a window's time.
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

using namespace speciate::arena;

#define STATE(Field) "speciate_arena_state+%c[" #Field "]"

// The zero-fill sections. Written as a function, which is never called, because
// only a function's assembly can have operands.
__attribute__((naked, used)) static void sections() {
  __asm__ volatile(".pushsection speciate_arena_pages,\"aw\",@nobits\n"
                   ".balign 4096\n"
                   ".globl speciate_arena_state\n"
                   ".hidden speciate_arena_state\n"
                   ".type speciate_arena_state, @object\n"
                   ".size speciate_arena_state, %c[size]\n"
                   "speciate_arena_state:\n"
                   ".zero %c[marker]\n"
                   ".globl __speciate_arena_marker\n"
                   ".hidden __speciate_arena_marker\n"
                   ".type __speciate_arena_marker, @object\n"
                   ".size __speciate_arena_marker, 24\n"
                   "__speciate_arena_marker:\n"
                   ".zero %c[size]-%c[marker]\n"
                   ".popsection\n"
                   ".pushsection speciate_arena_images,\"aw\",@nobits\n"
                   ".balign 4096\n"
                   ".globl __speciate_arena_range\n"
                   ".hidden __speciate_arena_range\n"
                   ".type __speciate_arena_range, @object\n"
                   ".size __speciate_arena_range, %c[range]\n"
                   "__speciate_arena_range:\n"
                   ".zero %c[range]\n"
                   ".popsection\n"
                   "ud2\n"
                   :
                   : [size] "i"(sizeof(State)),
                     [marker] "i"(__builtin_offsetof(State, Marker)),
                     [range] "i"(speciate::rt::ArenaRangeSize));
}

extern "C" {

// Registers are all live here: no lock, a window has one thread.
__attribute__((naked)) void __speciate_arena_marker_end() {
  __asm__ volatile("movl $-1, " STATE(slow) "(%%rip)\n"
                                            "jmp speciate_arena_slow\n"
                   :
                   : [slow] "i"(__builtin_offsetof(State, Slow)));
}

__attribute__((naked)) void speciate_arena_slow() {
  __asm__ volatile(
      "movq %%rax, " STATE(gpr) "(%%rip)\n"
                                "movq %%rbx, " STATE(gpr) "+8(%%rip)\n"
                                                          "movq %%rcx, " STATE(gpr) "+16(%%rip)\n"
                                                                                    "movq %%rdx, " STATE(
                                                                                        gpr) "+24(%%rip)\n"
                                                                                             "movq %%rsi, " STATE(
                                                                                                 gpr) "+32(%%rip)\n"
                                                                                                      "movq %%rdi, " STATE(gpr) "+40(%%rip)\n"
                                                                                                                                "movq %%rbp, " STATE(gpr) "+48(%%rip)\n"
                                                                                                                                                          "movq %%rsp, " STATE(gpr) "+56(%%rip)\n"
                                                                                                                                                                                    "movq %%r8,  " STATE(gpr) "+64(%%rip)\n"
                                                                                                                                                                                                              "movq %%r9,  " STATE(gpr) "+72(%%rip)\n"
                                                                                                                                                                                                                                        "movq %%r10, " STATE(gpr) "+80(%%rip)\n"
                                                                                                                                                                                                                                                                  "movq %%r11, " STATE(gpr) "+88(%%rip)\n"
                                                                                                                                                                                                                                                                                            "movq %%r12, " STATE(gpr) "+96(%%rip)\n"
                                                                                                                                                                                                                                                                                                                      "movq %%r13, " STATE(
                                                                                                                                                                                                                                                                                                                          gpr) "+104(%%rip)\n"
                                                                                                                                                                                                                                                                                                                               "movq %%r14, " STATE(
                                                                                                                                                                                                                                                                                                                                   gpr) "+112(%%rip)\n"
                                                                                                                                                                                                                                                                                                                                        "movq %%r15, " STATE(gpr) "+120(%%rip)\n"
                                                                                                                                                                                                                                                                                                                                                                  "lfence\n"
                                                                                                                                                                                                                                                                                                                                                                  "rdtsc\n"
                                                                                                                                                                                                                                                                                                                                                                  "movq " STATE(
                                                                                                                                                                                                                                                                                                                                                                      stack) "(%%rip), %%rsp\n"
                                                                                                                                                                                                                                                                                                                                                                             "pushfq\n"
                                                                                                                                                                                                                                                                                                                                                                             "popq " STATE(flags) "(%%rip)\n"
                                                                                                                                                                                                                                                                                                                                                                                                  "cld\n"
                                                                                                                                                                                                                                                                                                                                                                                                  "andq $-16, %%rsp\n"
                                                                                                                                                                                                                                                                                                                                                                                                  "shlq $32, %%rdx\n"
                                                                                                                                                                                                                                                                                                                                                                                                  "orq %%rdx, %%rax\n"
                                                                                                                                                                                                                                                                                                                                                                                                  "movq %%rax, " STATE(
                                                                                                                                                                                                                                                                                                                                                                                                      tsc) "(%%rip)\n"
                                                                                                                                                                                                                                                                                                                                                                                                           "cmpl $0, " STATE(xsave) "(%%rip)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                    "je 1f\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                    "movl $-1, %%eax\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                    "movl $-1, %%edx\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                    "xsave64 " STATE(
                                                                                                                                                                                                                                                                                                                                                                                                                                        area) "(%%rip)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                              "jmp 2f\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                              "1: fxsave64 " STATE(
                                                                                                                                                                                                                                                                                                                                                                                                                                                  area) "(%%rip)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                        "2: call speciate_arena_enter\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                        "jmp speciate_arena_resume\n"
      :
      : [gpr] "i"(__builtin_offsetof(State, Now.Gpr)),
        [stack] "i"(__builtin_offsetof(State, PrivateStack)),
        [flags] "i"(__builtin_offsetof(State, Now.Flags)),
        [tsc] "i"(__builtin_offsetof(State, Tsc)),
        [xsave] "i"(__builtin_offsetof(State, UseXsave)),
        [area] "i"(__builtin_offsetof(State, Now.Xsave)));
}

// The word below the stack pointer, which is dead at a function's entry, says
// where to go on: other threads may take the slow path once Lock is free. At a
// loop marker it may be live; a window, which has one thread, goes on at
// ResumeVia itself.
__attribute__((naked, used)) SPECIATE_HIDDEN void speciate_arena_resume() {
  __asm__ volatile("cmpl $0, " STATE(
                       xsave) "(%%rip)\n"
                              "je 1f\n"
                              "movl $-1, %%eax\n"
                              "movl $-1, %%edx\n"
                              "xrstor64 " STATE(
                                  area) "(%%rip)\n"
                                        "jmp 2f\n"
                                        "1: fxrstor64 " STATE(
                                            area) "(%%rip)\n"
                                                  "2: lfence\n"
                                                  "rdtsc\n"
                                                  "shlq $32, %%rdx\n"
                                                  "orq %%rdx, %%rax\n"
                                                  "movq %%rax, " STATE(
                                                      tsc) "(%%rip)\n"
                                                           "pushq " STATE(
                                                               flags) "(%%rip)"
                                                                      "\n"
                                                                      "popfq\n"
                                                                      "movq"
                                                                      " " STATE(gpr) "(%%rip), %%rax\n"
                                                                                     "movq " STATE(
                                                                                         gpr) "+8(%%rip), %%rbx\n"
                                                                                              "movq " STATE(
                                                                                                  gpr) "+16(%%rip), %%rcx\n"
                                                                                                       "movq " STATE(
                                                                                                           gpr) "+24(%%rip), %%rdx\n"
                                                                                                                "movq " STATE(
                                                                                                                    gpr) "+32(%%rip), %%rsi\n"
                                                                                                                         "movq " STATE(
                                                                                                                             gpr) "+40(%%rip), %%rdi\n"
                                                                                                                                  "movq " STATE(gpr) "+48(%%rip), %%rbp\n"
                                                                                                                                                     "movq " STATE(gpr) "+64(%%rip), %%r8\n"
                                                                                                                                                                        "movq " STATE(gpr) "+72(%%rip), %%r9\n"
                                                                                                                                                                                           "movq " STATE(gpr) "+80(%%rip), %%r10\n"
                                                                                                                                                                                                              "movq " STATE(gpr) "+88(%%rip), %%r11\n"
                                                                                                                                                                                                                                 "movq " STATE(
                                                                                                                                                                                                                                     gpr) "+96(%%rip), %%r12\n"
                                                                                                                                                                                                                                          "movq " STATE(
                                                                                                                                                                                                                                              gpr) "+104(%%rip), %%r13\n"
                                                                                                                                                                                                                                                   "movq " STATE(
                                                                                                                                                                                                                                                       gpr) "+112(%%rip), %%r14\n"
                                                                                                                                                                                                                                                            "movq " STATE(
                                                                                                                                                                                                                                                                gpr) "+120(%%rip), %%r15\n"
                                                                                                                                                                                                                                                                     "movq " STATE(
                                                                                                                                                                                                                                                                         gpr) "+56(%%rip), %%rsp\n"
                                                                                                                                                                                                                                                                              "movl $0, " STATE(
                                                                                                                                                                                                                                                                                  lock) "(%%rip)\n"
                                                                                                                                                                                                                                                                                        "jmpq *" STATE(via) "(%%rip)\n"
                   :
                   : [gpr] "i"(__builtin_offsetof(State, Now.Gpr)),
                     [flags] "i"(__builtin_offsetof(State, Now.Flags)),
                     [tsc] "i"(__builtin_offsetof(State, StartTsc)),
                     [lock] "i"(__builtin_offsetof(State, Lock)),
                     [via] "i"(__builtin_offsetof(State, ResumeVia)),
                     [xsave] "i"(__builtin_offsetof(State, UseXsave)),
                     [area] "i"(__builtin_offsetof(State, Now.Xsave)));
}

__attribute__((naked)) void speciate_arena_resume_entry() {
  __asm__ volatile("jmpq *-8(%rsp)\n");
}

__attribute__((naked)) void speciate_arena_run() {
  __asm__ volatile("pushq %%rbx\n"
                   "pushq %%rbp\n"
                   "pushq %%r12\n"
                   "pushq %%r13\n"
                   "pushq %%r14\n"
                   "pushq %%r15\n"
                   "movq %%rsp, " STATE(stack) "(%%rip)\n"
                                               "jmp speciate_arena_resume\n"
                   :
                   : [stack] "i"(__builtin_offsetof(State, PrivateStack)));
}

__attribute__((naked)) void speciate_arena_leave() {
  __asm__ volatile("movq " STATE(stack) "(%%rip), %%rsp\n"
                                        "popq %%r15\n"
                                        "popq %%r14\n"
                                        "popq %%r13\n"
                                        "popq %%r12\n"
                                        "popq %%rbp\n"
                                        "popq %%rbx\n"
                                        "ret\n"
                   :
                   : [stack] "i"(__builtin_offsetof(State, PrivateStack)));
}

} // extern "C"
