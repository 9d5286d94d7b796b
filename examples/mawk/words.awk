# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How often words and their ends occur.
{
  gsub(/[.,;:!?]/, "")
  for (i = 1; i <= NF; i++) {
    word = tolower($i)
    count[word]++
    if (match(word, /(ing|ed|and|ond)$/)) ends[substr(word, RSTART)]++
  }
  words += NF
}
END {
  for (w in count) if (count[w] > most) most = count[w]
  for (e in ends) sum += ends[e]
  print words, most, sum
}
