# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Primes, and a walk: numbers.awk LIMIT
BEGIN {
  limit = ARGV[1]
  for (i = 2; i <= limit; i++) if (!(i in composite)) {
    primes++
    if (i * i <= limit) for (k = i * i; k <= limit; k += i) composite[k] = 1
  }
  x = 7
  for (i = 0; i < limit; i++) {
    x = (x * 1103515245 + 12345) % 2147483648
    at += x % 2 ? 1 : -1
    if (at > far) far = at
  }
  printf "%d %d %d %.0f\n", primes, at, far, x
}
