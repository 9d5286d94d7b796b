# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Names, depth and comments of program text.
/^[ \t]*\/\// { comments++; next }
{
  depth += gsub(/{/, "{") - gsub(/}/, "}")
  if (depth > deepest) deepest = depth
  line = $0
  while (match(line, /[A-Za-z_][A-Za-z_0-9]*/)) {
    names[substr(line, RSTART, RLENGTH)]++
    line = substr(line, RSTART + RLENGTH)
  }
}
END {
  for (n in names) { different++; if (names[n] > most) most = names[n] }
  print comments + 0, deepest, different, most
}
