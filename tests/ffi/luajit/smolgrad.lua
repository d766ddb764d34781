-- Automatic differentiation by smolgrad, installed in SMOLGRAD_PREFIX. Its header declares what is here, operators and
-- options by their names there.
local ffi = require("ffi")

local prefix = assert(os.getenv("SMOLGRAD_PREFIX"), "SMOLGRAD_PREFIX: where smolgrad is installed")
local file = assert(io.open(prefix .. "/include/smolgrad.h"))
local header = file:read("*a"):gsub("/%*.-%*/", "")
file:close()
local declarations = header:gsub("\n#[^\n]*", ""):gsub('extern "C" {', ""):gsub("\n}%s*$", ""):gsub("SMOLGRAD_API ", "")
ffi.cdef(declarations)
local C = ffi.load(prefix .. "/lib/libsmolgrad.so")

local constants = {}
for name, number in header:gmatch("#define SMOLGRAD_(%S+) (%d+)") do constants[name] = tonumber(number) end

local smolgrad = { version = ffi.string(C.smolgrad_version_string()) }

-- What is thrown: a status such as "SMOLGRAD_ERROR_IO", and a message.
local Error = {}

function Error.__tostring(e) return e.status .. ": " .. e.message end

local function status_name(status) return ffi.string(C.smolgrad_status_name(status)) end

local function fail(status, message)
  error(setmetatable({ status = status_name(status), message = message }, Error), 0)
end

local function invalid(format, ...) fail(constants.ERROR_INVALID_ARGUMENT, format:format(...)) end

-- Throws the tape's error, which the tape forgets.
local function take_error(tape)
  local status = C.smolgrad_tape_error_code(tape.handle)
  local message = ffi.string(C.smolgrad_tape_error_message(tape.handle))
  C.smolgrad_tape_clear_error(tape.handle)
  fail(status, message)
end

local function check(tape, status) if status ~= 0 then take_error(tape) end end

local function text(s) return s:find("%z") and invalid("a zero in %q", s) or s end

-- Values, models and tapes are classes whose objects have a handle and, but for tapes, their tape: it is closed after
-- them, or in any order once all are garbage.
local function class()
  local methods = {}
  methods.__index = methods
  return methods
end

local Tape, Value, Function, Mlp = class(), class(), class(), class()

local function own(class, tape, handle, free)
  if handle == nil then take_error(tape) end
  return setmetatable({ handle = ffi.gc(handle, free), tape = tape }, class)
end

local function value(tape, handle) return own(Value, tape, handle, C.smolgrad_value_release_later) end

local function string_of(write, handle)
  local size = ffi.new("size_t[1]")
  write(handle, nil, 0, size)
  local buffer = ffi.new("char[?]", size[0])
  write(handle, buffer, size[0], nil)
  return ffi.string(buffer)
end

function smolgrad.tape()
  local handle = C.smolgrad_tape_create()
  assert(handle ~= nil, "out of memory")
  return own(Tape, nil, handle, C.smolgrad_tape_close)
end

function Tape:value(data) return value(self, C.smolgrad_value_create(self.handle, data)) end

function Tape:constant(data) return value(self, C.smolgrad_constant(self.handle, data)) end

function Tape:node_count() return tonumber(C.smolgrad_tape_node_count(self.handle)) end

function Value:data() return C.smolgrad_value_data(self.handle) end

function Value:grad() return C.smolgrad_value_grad(self.handle) end

function Value:set_data(data) check(self.tape, C.smolgrad_value_set_data(self.handle, data)) end

function Value:label() return ffi.string(C.smolgrad_value_label(self.handle)) end

function Value:set_label(label) check(self.tape, C.smolgrad_value_set_label(self.handle, text(label))) end

function Value:operation() return ffi.string(C.smolgrad_value_operation(self.handle)) end

function Value:backward() check(self.tape, C.smolgrad_backward(self.handle)) end

function Value:__tostring() return string_of(C.smolgrad_value_to_string, self.handle) end

for name in declarations:gmatch("smolgrad_([%w_]+)%(const smolgrad_value%* x%)") do
  local record = C["smolgrad_" .. name]
  Value[name] = function(x) return value(x.tape, record(x.handle)) end
end

for name in declarations:gmatch("smolgrad_(%w+)%(const smolgrad_value%* a, const smolgrad_value%* b%)") do
  local record = C["smolgrad_" .. name]
  local number_first, number_last = C["smolgrad_number_" .. name], C["smolgrad_" .. name .. "_number"]
  Value[name] = function(a, b)
    if type(a) == "number" then return value(b.tape, number_first(a, b.handle)) end
    if type(b) == "number" then return value(a.tape, number_last(a.handle, b)) end
    return value(a.tape, record(a.handle, b.handle))
  end
end

for event, name in pairs { add = "add", sub = "sub", mul = "mul", div = "div", pow = "pow", unm = "neg" } do
  Value["__" .. event] = Value[name]
end

-- Arrays are doubles that C works on where they are; they count from 0.
local doubles = ffi.typeof("double[?]")

function smolgrad.array(numbers) return type(numbers) == "table" and doubles(#numbers, numbers) or doubles(numbers) end

function smolgrad.length(array) return ffi.sizeof(array) / ffi.sizeof("double") end

-- How many rows of so many numbers `array` has: `rows`, if given; one if nothing varies.
local function rows_of(what, array, columns, rows)
  if columns == 0 and array == nil then return rows or 1 end
  if not ffi.istype(doubles, array) then invalid("%s is no smolgrad.array", what) end
  local length = smolgrad.length(array)
  rows = rows or columns == 0 and 1 or math.floor(length / columns)
  if length ~= rows * columns then invalid("%s has %d numbers, not %d rows of %d", what, length, rows, columns) end
  return rows
end

local function handles(values)
  local array = ffi.new("smolgrad_value*[?]", #values)
  for i, v in ipairs(values) do array[i - 1] = v.handle end
  return array
end

-- `shared` may be nil.
function smolgrad.compile(tape, inputs, shared, outputs)
  shared = shared or {}
  local x, s, y = handles(inputs), handles(shared), handles(outputs)
  -- The counts are asked for last: until then the values must not be collected.
  local handle = C.smolgrad_function_compile(tape.handle, x, #inputs, s, #shared, y, #outputs, nil)
  local f = own(Function, tape, handle, C.smolgrad_function_destroy)
  f.tape, f.inputs, f.shared, f.outputs = nil, #inputs, #shared, #outputs
  return f
end

-- The runs take arrays by name: inputs and shared, and results, which are not computed if they are not given.
local function operands(f, arrays)
  rows_of("shared", arrays.shared, f.shared, 1)
  return rows_of("inputs", arrays.inputs, f.inputs), arrays.inputs, arrays.shared
end

local function wanted(arrays, name, columns, rows)
  if arrays[name] ~= nil then rows_of(name, arrays[name], columns, rows) end
  return arrays[name]
end

local function done(status) if status ~= 0 then fail(status, "a function leaves no message") end end

function Function:evaluate(arrays)
  local rows, x, s = operands(self, arrays)
  done(C.smolgrad_function_evaluate(self.handle, rows, x, s, wanted(arrays, "outputs", self.outputs, rows), nil))
end

-- Of one output: d_inputs and, summed over the rows, d_shared.
function Function:gradient(arrays)
  local rows, x, s = operands(self, arrays)
  local y, d_x = wanted(arrays, "outputs", self.outputs, rows), wanted(arrays, "d_inputs", self.inputs, rows)
  local d_s = wanted(arrays, "d_shared", self.shared, 1)
  done(C.smolgrad_function_gradient(self.handle, rows, x, s, y, d_x, d_s, nil))
end

function Function:jacobian(arrays)
  local rows, x, s = operands(self, arrays)
  local y, jacobian = wanted(arrays, "outputs", self.outputs, rows), arrays.jacobian
  wanted(arrays, "jacobian", self.outputs * self.inputs, rows)
  done(C.smolgrad_function_jacobian(self.handle, rows, x, s, y, jacobian, nil))
end

-- The options of smolgrad_<kind>_options_set_..., constants by their names in lower case: { activation = "tanh" }.
-- Several arguments go in a table.
local function options(kind, settings)
  local prefix = "smolgrad_" .. kind .. "_options_"
  local o = ffi.gc(C[prefix .. "create"](), C[prefix .. "destroy"])
  assert(o ~= nil, "out of memory")
  for key, setting in pairs(settings or {}) do
    local arguments = {}
    for i, argument in ipairs(type(setting) == "table" and setting or { setting }) do
      if type(argument) == "string" then argument = constants[(key .. "_" .. argument):upper()] end
      if type(argument) == "boolean" then argument = argument and 1 or 0 end
      if type(argument) ~= "number" then invalid("%s = %s", key, tostring(setting)) end
      arguments[i] = argument
    end
    if C[prefix .. "set_" .. key](o, unpack(arguments)) ~= 0 then invalid("%s = %s", key, tostring(setting)) end
  end
  return o
end

local function model(tape, handle)
  local m = own(Mlp, tape, handle, C.smolgrad_mlp_destroy_later)
  m.inputs, m.outputs = tonumber(C.smolgrad_mlp_input_count(handle)), tonumber(C.smolgrad_mlp_output_count(handle))
  return m
end

function Tape:mlp(inputs, layers, settings)
  local sizes = ffi.new("size_t[?]", #layers, layers)
  return model(self, C.smolgrad_mlp_create(self.handle, inputs, sizes, #layers, options("mlp", settings)))
end

function Tape:load_mlp(path) return model(self, C.smolgrad_mlp_load(self.handle, text(path))) end

function Mlp:save(path) check(self.tape, C.smolgrad_mlp_save(self.handle, text(path))) end

function Mlp:parameters()
  local values = {}
  for i = 1, tonumber(C.smolgrad_mlp_parameter_count(self.handle)) do
    values[i] = value(self.tape, C.smolgrad_value_retain(C.smolgrad_mlp_parameter(self.handle, i - 1)))
  end
  return values
end

function Mlp:forward(x)
  local y, values = ffi.new("smolgrad_value*[?]", self.outputs), {}
  check(self.tape, C.smolgrad_mlp_forward(self.handle, handles(x), #x, y, self.outputs))
  for i = 1, self.outputs do values[i] = value(self.tape, y[i - 1]) end
  return values
end

function Mlp:predict(x)
  local rows = rows_of("x", x, self.inputs)
  local y = doubles(rows * self.outputs)
  check(self.tape, C.smolgrad_mlp_predict(self.handle, x, rows, y))
  return y
end

local progress_type = ffi.typeof("int32_t (*)(size_t, size_t, double, double, double, double, void*)")

-- `progress`, if given, is called as smolgrad_fit_options_set_progress says, and cancels by returning true. Returns a
-- status, which is that of cancelling or "SMOLGRAD_OK", and the losses.
function Mlp:fit(x, y, settings, progress)
  settings = settings or {}
  local rows = rows_of("x", x, self.inputs)
  rows_of("y", y, settings.target_count or settings.loss == "cross_entropy" and 1 or self.outputs, rows)
  local o, report = options("fit", settings), ffi.gc(C.smolgrad_fit_report_create(), C.smolgrad_fit_report_destroy)
  local callback, thrown
  if progress then
    -- An error must not unwind through C: it cancels, and is thrown afterwards.
    callback = ffi.cast(progress_type, function(epoch, epochs, ...)
      local ok, result = pcall(progress, tonumber(epoch), tonumber(epochs), ...)
      if not ok then thrown = { result } end
      return (thrown or result) and 1 or 0
    end)
    C.smolgrad_fit_options_set_progress(o, callback, nil)
  end
  local status = C.smolgrad_mlp_fit(self.handle, x, y, rows, o, report)
  if callback then callback:free() end
  if thrown or status == constants.ERROR_CANCELLED then
    C.smolgrad_tape_clear_error(self.tape.handle)
  else
    check(self.tape, status)
  end
  if thrown then error(thrown[1], 0) end
  local n = tonumber(C.smolgrad_fit_report_epoch_count(report))
  local losses, history = {}, doubles(n)
  C.smolgrad_fit_report_get_history(report, constants.HISTORY_TRAINING_LOSS, history, n)
  for i = 1, n do losses[i] = history[i - 1] end
  return status_name(status), losses
end
jit.off(Mlp.fit) -- compiled code must not be called back into

return smolgrad
