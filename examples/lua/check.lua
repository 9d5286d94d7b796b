-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- Walks through what the training does not: errors, metatables, coroutines,
-- goto, integer and float arithmetic, the libraries.
print(7 // 2, -7 // 2, 7 % -3, -7 % 3, 7 / 2, 2 ^ 10, 1 << 40, ~0 >> 60)
print(math.maxinteger + 1 == math.mininteger, 1e308 * 10, -(0 / 0) ~= 0 / 0)
print(pcall(function() return 1 // 0 end))
print(pcall(function() return nil + 1 end))
print(pcall(error, { code = 3 }) == false, select("#", pcall(error)))
print(select(2, xpcall(function() local t = nil; return t.x end, function(m)
  return "handled: " .. m:gsub("^.-:%d+: ", "")
end)))

local V = {}
V.__index = function(_, k) return k .. "?" end
V.__add = function(x, y) return setmetatable({ n = x.n + y.n }, V) end
V.__eq = function(x, y) return x.n == y.n end
V.__lt = function(x, y) return x.n < y.n end
V.__le = function(x, y) return x.n <= y.n end
V.__call = function(self, x) return self.n * x end
V.__tostring = function(self) return "V(" .. self.n .. ")" end
V.__len = function(self) return self.n end
V.__concat = function(x, y) return tostring(x) .. "&" .. tostring(y) end
V.__close = function(self) print("closed", self.n) end
local v, w = setmetatable({ n = 3 }, V), setmetatable({ n = 4 }, V)
print(tostring(v + w), v == w, v < w, v <= w, v(5), #w, v .. w, v.missing)
do
  local c <close> = setmetatable({ n = 9 }, V)
  local k <const> = 5
  print("in the block", k)
end

local co = coroutine.create(function(a)
  local b = coroutine.yield(a * 2)
  error("stop " .. b)
end)
print(coroutine.resume(co, 21))
print((select(2, coroutine.resume(co, "now")):gsub("^.-:%d+: ", "")))
print(coroutine.status(co), coroutine.isyieldable())

for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto continue end
    io.write(i, ":", j, " ")
    ::continue::
  end
end
print()
print(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ","), table.unpack({ 1, nil, 3 }, 1, 3))
local t = {}
for i = 1, 10 do table.insert(t, 1, i) end
table.remove(t, 3)
print(table.concat(t, " "), #t, next({}), rawlen(t), rawequal(t, t))
print(("hello world"):find("o w"), ("key = value"):match("^(%w+)%s*=%s*(%w+)$"))
print(("abc"):rep(3, "-"), ("%d"):format(42), ("x"):byte(), ("%q"):format("a\nb"))
print(("a,b,,c"):gsub(",", ";"), ("THE (quick) fox"):find("%((%a+)%)"))
print(string.pack("<i4", 1000):byte(1, -1))
print(utf8.char(228, 8364, 128512), utf8.len("äöü"), #utf8.char(8364))
print(tostring(1e15), 1e100, 0x10, 3 | 4, "10" + 5, "0x10" * 1, 10 .. 20)
print(tonumber("zz", 36), tonumber("8", 8), math.type(1), math.type(1.0), math.tointeger(3.0))
print(load("return 1 + 1")(), load("syntax error here"))
print(string.format("%g %.14g %a %5s %-5s| %i", 0.1, 1 / 3, 1.5, "ab", "cd", 3))
print(os.time({ year = 2020, month = 1, day = 1, hour = 12 }) ~= nil, type(os.clock()))
local weak = setmetatable({}, { __mode = "k" })
weak[{}] = 1
collectgarbage()
print(next(weak), collectgarbage("count") > 0)
local depth = 0
local function deep() depth = depth + 1; return 1 + deep() end
print(pcall(deep) == false, depth > 1000)
print(select(-1, 1, 2, 3), (function(...) return select("#", ...) end)(nil, nil))
