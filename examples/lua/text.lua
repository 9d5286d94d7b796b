-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- Strings: building, cutting, matching, counting, sorting. The argument is how
-- much of it, in per cent.
local amount = (tonumber(arg and arg[1]) or 100) / 100

local seed = 7
local function random(bound)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % bound + 1
end

local parts = { "lo", "ka", "mi", "ter", "sun", "ve", "ro", "pa", "nel", "du" }
local function word()
  local out = parts[random(#parts)]
  for _ = 1, random(3) do out = out .. parts[random(#parts)] end
  return out
end

local lines = {}
for i = 1, math.floor(44000 * amount) do
  lines[i] = word() .. "=" .. i .. "; " .. word() .. " " .. word() .. ", " .. word()
end
local text = table.concat(lines, "\n")

local counts, kinds = {}, {}
for w in text:gmatch("%a+") do
  if not counts[w] then
    counts[w] = 0
    kinds[#kinds + 1] = w
  end
  counts[w] = counts[w] + 1
end
table.sort(kinds, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)

local sum = 0
for line in text:gmatch("[^\n]+") do
  local key, value = line:match("^(%a+)=(%d+);")
  if key:sub(1, 2) == "lo" or line:find("sunve", 1, true) then
    sum = sum + tonumber(value)
  end
end

local upper = text:gsub("(%a)(%a*)", function(first, rest)
  return first:upper() .. rest
end)
local digest = 0
for i = 1, #upper do
  digest = (digest * 31 + upper:byte(i)) & 0xffffffff
end

local reversed = {}
for i = 1, math.min(#kinds, 4000) do
  reversed[i] = kinds[i]:reverse():rep(2, "-")
end
table.sort(reversed)
print("words", #kinds, kinds[1], counts[kinds[1]])
print("sum", sum)
print("digest", digest)
print("reversed", reversed[1], reversed[#reversed])
print(string.format("%-10s|%8.3f|%05d|%x", kinds[#kinds], sum / 7, #text, digest))
