-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- Held out: queens, matrices, closures, objects, coroutines and formatting.
local function queens(n)
  local columns, up, down, found = {}, {}, {}, 0
  local function place(row)
    if row > n then
      found = found + 1
      return
    end
    for c = 1, n do
      if not (columns[c] or up[row + c] or down[row - c + n]) then
        columns[c], up[row + c], down[row - c + n] = true, true, true
        place(row + 1)
        columns[c], up[row + c], down[row - c + n] = nil, nil, nil
      end
    end
  end
  place(1)
  return found
end

local function matrix(n, f)
  local m = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = f(i, j) end
    m[i] = row
  end
  return m
end

local function multiply(a, b, n)
  return matrix(n, function(i, j)
    local sum, row = 0.0, a[i]
    for k = 1, n do sum = sum + row[k] * b[k][j] end
    return sum
  end)
end

local Account = {}
Account.__index = Account
function Account.new(balance) return setmetatable({ balance = balance }, Account) end
function Account:deposit(v) self.balance = self.balance + v end
function Account:withdraw(v)
  if v > self.balance then return false end
  self.balance = self.balance - v
  return true
end

local function accounts(n)
  local account, refused = Account.new(100), 0
  for i = 1, n do
    account:deposit(i % 17)
    if not account:withdraw(i % 23) then refused = refused + 1 end
  end
  return account.balance, refused
end

local function permutations(items)
  local function step(n)
    if n == 0 then coroutine.yield(items) end
    for i = 1, n do
      items[n], items[i] = items[i], items[n]
      step(n - 1)
      items[n], items[i] = items[i], items[n]
    end
  end
  return coroutine.wrap(function() step(#items) end)
end

print("queens", queens(9))
local n = 140
local a = matrix(n, function(i, j) return (i * 3 + j) % 11 / 4 end)
local b = matrix(n, function(i, j) return (i + j * 5) % 13 / 8 end)
print(string.format("matrix %.3f", multiply(a, b, n)[n][1]))
print("accounts", accounts(2000000))
local seen = 0
for p in permutations({ 1, 2, 3, 4, 5, 6, 7, 8 }) do seen = seen + p[1] * p[8] end
print("permutations", seen)
local out = {}
for i = 1, 100000 do
  out[#out + 1] = string.format("%04d:%s:%6.2f", i, i % 2 == 0 and "even" or "odd", i / 3)
end
print("format", #table.concat(out, ","))
