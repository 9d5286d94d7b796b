// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLVM's reader crashes on some damaged .profdata files. They are skipped and
// counted as all others; so are the runtime's own.
//
// RUN: rm -rf %t && mkdir -p %t
// RUN: %profile_cc %s -o %t/x.o
// RUN: %profile_ld %t/x.o %profile_end -o %t/x
// RUN: env SPECIATE_PROFILE_DIR=%t/p %t/x
// RUN: cat %t/p/* > %t/a.speciateprof
// RUN: speciate profile merge %t/p -o %t/b.profdata
// RUN: %python %S/Inputs/damage.py speciate %t/damaged %t/a.speciateprof %t/b.profdata

volatile int Sum;
int main(void) {
  for (int I = 0; I < 10; ++I)
    Sum += I;
  return 0;
}
