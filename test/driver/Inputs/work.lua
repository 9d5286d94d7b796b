-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- A little of everything, in some tens of milliseconds.
local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
local t = {}
for i = 1, 20000 do t[i] = (i * 7919) % 10007 end
table.sort(t)
local words = {}
for i = 1, 2000 do words[#words + 1] = ("%d:%s"):format(t[i], ("x"):rep(i % 7)) end
local _, n = table.concat(words, ","):gsub("x+", "y")
print(fib(20), t[1], t[#t], n)
