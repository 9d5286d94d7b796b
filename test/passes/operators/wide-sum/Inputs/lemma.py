# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""lemma.py: tries c(c(t) + w) = c(t + w); see WideSum.h."""
cases = 0
for modulus in range(2, 48):
    for canonical in (lambda t: t % modulus, lambda t: (t - 1) % modulus + 1 if t else 0):
        for t in range(3 * modulus):
            for w in range(3 * modulus):
                assert canonical(canonical(t) + w) == canonical(t + w), (modulus, t, w)
                cases += 1
print(cases, "cases hold")
