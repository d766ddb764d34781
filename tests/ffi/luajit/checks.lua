-- What the wrapper refuses or passes on. Prints nothing.
local smolgrad = require("smolgrad")
local array = smolgrad.array

local function refused(status, f, ...)
  local ok, e = pcall(f, ...)
  assert(not ok and type(e) == "table" and e.status == "SMOLGRAD_ERROR_" .. status, status .. ", not " .. tostring(e))
end

local tape = smolgrad.tape()
local x, y, a = tape:value(1), tape:value(2), tape:value(3)

local f = smolgrad.compile(tape, { x, y }, { a }, { a * x + y })
local four, one = array { 1, 1, 1, 1 }, array { 5 }
for _, wrong in ipairs {
  { shared = one, outputs = array(2) },
  { inputs = { 1, 1, 1, 1 }, shared = one },
  { inputs = array(3), shared = one },
  { inputs = four, outputs = array(2) },
  { inputs = four, shared = array(2) },
  { inputs = four, shared = one, outputs = array(1) },
  { inputs = four, shared = one, d_inputs = array(3) },
  { inputs = four, shared = one, d_shared = array(2) },
  { inputs = four, shared = one, outputs = four }, -- the same array
} do
  refused("INVALID_ARGUMENT", f.gradient, f, wrong)
end
refused("INVALID_ARGUMENT", f.evaluate, f, { inputs = four, shared = one, outputs = array(3) })
refused("INVALID_ARGUMENT", f.jacobian, f, { inputs = four, shared = one, jacobian = array(3) })
local jacobian = array(4)
f:jacobian { inputs = four, shared = one, jacobian = jacobian }
assert(jacobian[0] == 5 and jacobian[1] == 1 and jacobian[2] == 5 and jacobian[3] == 1)
local both, none = smolgrad.compile(tape, { x }, nil, { x, x:exp() }), smolgrad.compile(tape, {}, { a }, { a * 2 })
refused("INVALID_ARGUMENT", both.gradient, both, { inputs = one, d_inputs = array(1) })
local doubled = array(1)
none:evaluate { shared = one, outputs = doubled }
assert(doubled[0] == 10)
refused("WRONG_TAPE", smolgrad.compile, tape, { smolgrad.tape():value(1) }, nil, { y })

x:set_label("width")
assert(x:label() == "width")
refused("INVALID_ARGUMENT", x.set_label, x, "a\0b")
local product = x * 3
refused("INVALID_ARGUMENT", product.set_data, product, 1)
x:set_data(4)
refused("STALE", product.backward, product)
assert(x:min(y):data() == 2 and y:atan2(y):data() == math.pi / 4)
assert(x:normal_cdf():operation() == "normal_cdf" and x:leaky_relu():data() == 4)

-- A number on either side: the value and its derivatives by the left and the right operand, by closed forms.
local closed_forms = {
  add = function(a, b) return a + b, 1, 1 end,
  sub = function(a, b) return a - b, 1, -1 end,
  mul = function(a, b) return a * b, b, a end,
  div = function(a, b) return a / b, 1 / b, -a / b ^ 2 end,
  pow = function(a, b) return a ^ b, b * a ^ (b - 1), a ^ b * math.log(a) end,
  hypot = function(a, b)
    local c = math.sqrt(a * a + b * b)
    return c, a / c, b / c
  end,
  atan2 = function(a, b) return math.atan2(a, b), b / (a * a + b * b), -a / (a * a + b * b) end,
  min = function(a, b) return math.min(a, b), a < b and 1 or 0, b < a and 1 or 0 end,
  max = function(a, b) return math.max(a, b), a > b and 1 or 0, b > a and 1 or 0 end,
}

local function near(actual, expected)
  assert(math.abs(actual - expected) < 1e-13, actual .. ", not " .. expected)
end

local function check_numbers(operate, name)
  for _, pair in ipairs { { 0.7, 3 }, { 3, 0.7 } } do
    local a, b = pair[1], pair[2]
    local data, by_left, by_right = closed_forms[name](a, b)
    local left, right = tape:value(a), tape:value(b)
    for _, result in ipairs { operate(left, b), operate(a, right) } do
      result:backward()
      assert(result:operation() == name)
      near(result:data(), data)
    end
    near(left:grad(), by_left)
    near(right:grad(), by_right)
  end
end

for name in pairs(closed_forms) do check_numbers(x[name], name) end
check_numbers(function(a, b) return a + b end, "add")
check_numbers(function(a, b) return a - b end, "sub")
check_numbers(function(a, b) return a * b end, "mul")
check_numbers(function(a, b) return a / b end, "div")
check_numbers(function(a, b) return a ^ b end, "pow")

local model = tape:mlp(2, { 3, 1 }, { activation = "gelu", seed = 5, bias = true })
local targets, settings = array { 1, 0 }, { epochs = 2, batch_size = 2, betas = { 0.8, 0.9 } }
refused("INVALID_ARGUMENT", tape.mlp, tape, 2, { 1 }, { activation = "none" })
refused("INVALID_ARGUMENT", model.fit, model, four, targets, { loss_function = print })
refused("INVALID_ARGUMENT", model.fit, model, four, targets, { learning_rate = -1 })
refused("INVALID_ARGUMENT", model.fit, model, array(3), targets)
refused("INVALID_ARGUMENT", model.fit, model, four, one)
refused("INVALID_ARGUMENT", model.predict, model, array(3))
refused("INVALID_ARGUMENT", model.forward, model, { x })
refused("IO", tape.load_mlp, tape, "none/model.safetensors")

-- An error in the callback ends the fit and comes out of it, as it was; collecting meanwhile does no harm.
local thrown, epochs = {}, 0
local ok, e = pcall(model.fit, model, four, array { 1, 0 }, settings, function()
  collectgarbage()
  assert(smolgrad.length(model:predict(four)) == 2)
  epochs = epochs + 1
  error(thrown)
end)
assert(not ok and e == thrown and epochs == 1)
-- More fits than there may be callbacks at once.
for _ = 1, 2000 do
  local status, losses = model:fit(four, targets, settings, function(epoch) return epoch > 2 end)
  assert(status == "SMOLGRAD_OK" and #losses == 2)
end

model:save("model.safetensors")
local read = tape:load_mlp("model.safetensors")
assert(read:predict(four)[1] == model:predict(four)[1])
local out = read:forward { tape:value(1), tape:value(1) }[1]
out:backward()
assert(math.abs(out:data() - read:predict(four)[0]) < 1e-12)
local parameters = read:parameters()
read = nil
collectgarbage()
assert(#parameters == 13 and parameters[13]:grad() == 1)

-- Values hold their tape; all of it may be collected in one go.
local held = {}
for i = 1, 100 do held[i] = smolgrad.tape():value(i) * 2 end
collectgarbage()
for i = 1, 100 do assert(held[i]:data() == 2 * i) end
held = nil
collectgarbage()
