# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What a log says, by worker and by kind.
$3 == "INFO" || $3 == "WARN" { level[$3]++ }
/cache miss/ { misses[$4]++; entries += $10 }
/request from/ {
  split($7, part, ".")
  hosts[part[1] "." part[2]]++
  spent[$4] += $(NF - 1)
}
/session [0-9]+ closed/ { closed[substr($6, 1, 2)]++ }
{ hour[substr($2, 1, 2)] += length($0) }
END {
  for (name in spent) total += spent[name] * 3 + misses[name]
  for (h in hour) lines += hour[h]
  for (n in closed) sessions += closed[n]
  for (h in hosts) seen++
  print level["INFO"], level["WARN"], entries, total, lines, sessions, seen
}
