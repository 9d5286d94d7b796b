//===- runtime/profile/Alone.h - Whether there are other threads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the runtimes for counters and for values; each includes it in one
// file, and a program may have both.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_PROFILE_ALONE_H
#define SPECIATE_RUNTIME_PROFILE_ALONE_H

extern "C" {
// Of glibc; there is none in other C libraries. It knows of threads that it
// started itself.
extern __attribute__((weak)) char __libc_single_threaded;

/// Points to a byte that is not 0 while there is no other thread: counters need
/// no atomic addition then. Known to what passes/instrument/Alone.h emits.
extern __attribute__((weak, visibility("hidden"))) const char
    *__speciate_single_threaded;
}

static const char NotAlone = 0;
const char *__speciate_single_threaded = &NotAlone;

/// Until then counters are added to atomically.
static void findThreads() {
  if (&__libc_single_threaded)
    __speciate_single_threaded = &__libc_single_threaded;
}

#endif
