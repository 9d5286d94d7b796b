-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- Recursion, tables and sorting. The argument is how much of it, in per cent.
local amount = (tonumber(arg and arg[1]) or 100) / 100

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

local function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end

local seed = 42
local function random(bound)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return seed % bound + 1
end

-- A binary tree of tables.
local function tree(depth)
  if depth == 0 then return {} end
  return { left = tree(depth - 1), right = tree(depth - 1) }
end

local function count(node)
  if not node.left then return 1 end
  return 1 + count(node.left) + count(node.right)
end

local function sorted(n)
  local values = {}
  for i = 1, n do values[i] = random(n * 10) end
  table.sort(values)
  local byWeight = {}
  for i = 1, n // 2 do byWeight[i] = { key = i, weight = random(1000) } end
  table.sort(byWeight, function(a, b)
    if a.weight ~= b.weight then return a.weight < b.weight end
    return a.key < b.key
  end)
  return values[1] + values[n] + byWeight[1].key
end

local function sieve(n)
  local composite, found = {}, 0
  for i = 2, n do
    if not composite[i] then
      found = found + 1
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return found
end

print("fib", fib(amount < 1 and 15 or 29))
print("ackermann", ackermann(2, math.floor(330 * amount)))
print("tree", count(tree(amount < 1 and 8 or 16)))
print("sort", sorted(math.floor(150000 * amount)))
print("sieve", sieve(math.floor(1800000 * amount)))
