-- What the program of every language here prints, with the module smolgrad. `program.lua cost` prints what an operation
-- costs instead.
local smolgrad = require("smolgrad")

local function printf(format, ...) print(format:format(...)) end

-- micrograd's expression, its numbers and operators in every order.
local function expression()
  local tape = smolgrad.tape()
  local a, b = tape:value(-4), tape:value(2)
  local c, d = a + b, a * b + b ^ 3
  c = c + (c + 1)
  c = c + (1 + c - a)
  d = d + (d * 2 + (b + a):relu())
  d = d + (3 * d + (b - a):relu())
  local e = (c - d) ^ 2
  local g = e / 2 + 10 / e
  g:backward()
  printf("value %.6f %.6f %.6f", g:data(), a:grad(), b:grad())
end

local function text()
  local x = smolgrad.tape():value(2)
  local y = (-x - x):tanh();
  (x * x):backward()
  printf("text %s %s", tostring(x), y:operation())
end

-- f(x, y; a) = exp(a x) sin(y) at a thousand points, on the caller's arrays.
local function wave()
  local tape = smolgrad.tape()
  local x, y, a = tape:value(1), tape:value(2), tape:value(0.5)
  return smolgrad.compile(tape, { x, y }, { a }, { (a * x):exp() * y:sin() })
end

local function run_function()
  local f, rows = wave(), 1000
  local xy, z, d_xy, d_a = smolgrad.array(2 * rows), smolgrad.array(rows), smolgrad.array(2 * rows), smolgrad.array(1)
  for i = 0, rows - 1 do
    xy[2 * i] = i / 1000
    xy[2 * i + 1] = 1 - i / 500
  end
  f:gradient { inputs = xy, shared = smolgrad.array { 0.7 }, outputs = z, d_inputs = d_xy, d_shared = d_a }
  for i = 0, rows - 1, 333 do printf("function %.6f %.6f %.6f", z[i], d_xy[2 * i], d_xy[2 * i + 1]) end
  printf("shared %.6f", d_a[0])
end

-- A model learns x y on a grid; then a fit that is cancelled.
local function training()
  local model = smolgrad.tape():mlp(2, { 8, 1 }, { activation = "tanh", seed = 1 })
  local x, y = smolgrad.array(200), smolgrad.array(100)
  for i = 0, 99 do
    x[2 * i] = math.floor(i / 10) / 4.5 - 1
    x[2 * i + 1] = i % 10 / 4.5 - 1
    y[i] = x[2 * i] * x[2 * i + 1]
  end
  local settings = { epochs = 100, batch_size = 10, learning_rate = 0.02, seed = 3 }
  model:fit(x, y, settings, function(epoch, epochs, loss)
    if epoch % 25 == 0 then printf("epoch %d of %d loss %.6f", epoch, epochs, loss) end
  end)
  local predicted = model:predict(smolgrad.array { 0.5, 0.5, -0.5, 0.5 })
  printf("predict %.6f %.6f", predicted[0], predicted[1])
  local status, losses = model:fit(x, y, settings, function(epoch) return epoch == 3 end)
  printf("cancelled %s after %d", status, #losses)
end

-- An operation that fails; afterwards the tape can be used again.
local function failure()
  local a, foreign = smolgrad.tape():value(1), smolgrad.tape():value(2)
  local ok, message = pcall(function() return a + foreign end)
  assert(not ok)
  printf("error %s", tostring(message))
  printf("after %.6f", (a + a):data())
end

-- A million values dropped while others are made.
local function garbage()
  local tape = smolgrad.tape()
  local x = tape:value(0.5)
  for _ = 1, 1000000 do x:sin() end
  local deadline = os.clock() + 10
  repeat collectgarbage() until tape:node_count() <= 100 or os.clock() > deadline
  assert(x:data() == 0.5 and tape:node_count() <= 100, "values are left")
  print("freed 1000000")
end

-- Nanoseconds an operation: a product recorded, its share of backward, its release by the collector.
local function cost()
  local length, rounds = 1000, 3000
  local x = smolgrad.tape():value(1.0001)
  local begin = os.clock()
  for _ = 1, rounds do
    local y = x
    for _ = 1, length do y = y * x end
    y:backward()
  end
  printf("%.1f ns", (os.clock() - begin) * 1e9 / rounds / length)
end

if arg[1] == "cost" then return cost() end
print("version " .. smolgrad.version)
expression()
text()
run_function()
training()
failure()
garbage()
require("checks")
