# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A little of everything.
function fold(text, n,   i, h) {
  for (i = 1; i <= n; i++) h = (h * 31 + index("abcdefghijklmnopqrstuvwxyz", substr(text, i, 1))) % 65521
  return h
}
BEGIN { FS = "[] []+"; OFS = "-" }
NR % 3 == 0 { $2 = toupper($2); last = $0 }
NR % 7 == 1 { sum = sum + fold($0, length($0) % 40); sub(/o+/, "<&>") }
NR == 50, NR == 60 { print NF, substr($0, 5, 30) }
{ key = sprintf("%s/%05.1f", $3, NR / 8); if (!(key in seen)) { seen[key] = NR; kinds++ } }
END {
  print last, sum, kinds, NR
  print length(), sqrt(2), exp(1), int(-3.7), 7 % 3, 2 ^ 10, 1e300 * 1e300
  n = split("c a b", part, " ")
  for (i = n; i > 0; i--) printf "%s%s", part[i], (i > 1 ? "," : "\n")
}
