"""Value, as in micrograd's engine, the tape it is recorded on, and functions compiled from that."""
import ctypes.util
import os
import threading
from array import array
from ctypes import byref, c_char_p, c_double, c_size_t, c_void_p
from functools import lru_cache

_path = os.environ.get("SMOLGRAD_LIBRARY") or ctypes.util.find_library("smolgrad") or "libsmolgrad.so.0"
# `lib` keeps the interpreter's lock, which is quicker and lets threads take turns on a tape; `unlocked` releases it.
lib, unlocked = ctypes.PyDLL(_path), ctypes.CDLL(_path)

class Handle(c_void_p):
    """A pointer that stays one: of a plain c_void_p that is returned, ctypes makes an int."""
    __slots__ = ()

# Results that are no status. Arguments are not declared, as calls are quicker without: ctypes must have made what is
# passed, but for None and bytes.
for _result, _names in {
        Handle: "tape_create value_create value_retain constant function_compile mlp_parameter",
        c_double: "value_data value_grad",
        c_size_t: "tape_node_count mlp_input_count mlp_output_count mlp_parameter_count",
        c_char_p: "version_string status_name tape_error_message value_label value_operation",
        None: "tape_close value_release_later function_destroy mlp_destroy_later"}.items():
    for _name in _names.split():
        getattr(lib, "smolgrad_" + _name).restype = _result
version = lib.smolgrad_version_string().decode()

def maker(name):  # of what is known by a handle
    call = getattr(lib, "smolgrad_" + name)
    call.restype = Handle
    return call

class Error(Exception):
    """What the library refused; `status` is a name such as "SMOLGRAD_ERROR_STALE"."""
    def __init__(self, code, message):
        self.status, self.message = lib.smolgrad_status_name(code).decode(), message
        super().__init__(f"{self.status}: {message}")

class Tape:
    """Where values are recorded. Each thread has one, and `with Tape():` takes its place; values keep theirs alive."""
    __reduce__ = None  # neither copied nor pickled, here and below: a copy would release the handle once more
    def __init__(self):
        self._handle = lib.smolgrad_tape_create()
    def __del__(self, close=lib.smolgrad_tape_close):  # a default, as globals may be gone when the interpreter ends
        close(self._handle)
    def __enter__(self):
        thread.tapes.append(self)
        return self
    def __exit__(self, *exception):
        thread.tapes.pop()
    node_count = property(lambda self: lib.smolgrad_tape_node_count(self._handle))
    def check(self, failed, instead=()):
        """Raises the error of the last call if that failed, or what is in a list. The tape can be used again."""
        if failed:
            code, message = lib.smolgrad_tape_error_code(self._handle), lib.smolgrad_tape_error_message(self._handle)
            lib.smolgrad_tape_clear_error(self._handle)
            raise instead.pop() if instead else Error(code, message.decode())

class _Thread(threading.local):
    def __init__(self):
        self.tapes = [Tape()]
thread = _Thread()

def adopt(handle, tape, new=object.__new__):  # a default, as it is found more quickly
    """The Value of a handle that a call returned, NULL if that failed."""
    if not handle:
        tape.check(True)
    value = new(Value)
    value._handle = handle
    value.tape = tape
    return value

def _number(name):
    get, set = getattr(lib, "smolgrad_value_" + name), getattr(lib, "smolgrad_value_set_" + name)
    return property(lambda self: get(self._handle), lambda self, to: self.tape.check(set(self._handle, c_double(to))))

class Value:
    """A number that remembers how it was computed."""
    __slots__, __reduce__ = ("_handle", "tape"), None
    data, grad = _number("data"), _number("grad")
    operation = property(lambda self: lib.smolgrad_value_operation(self._handle).decode())
    label = property(lambda self: lib.smolgrad_value_label(self._handle).decode(), lambda self, label:
                     self.tape.check(lib.smolgrad_value_set_label(self._handle, label.encode())))
    def __init__(self, data, label=""):
        self._handle, self.tape = None, thread.tapes[-1]  # so that it can be released if `data` is no number
        self._handle = lib.smolgrad_value_create(self.tape._handle, c_double(data))
        self.tape.check(not self._handle)
        if label:
            self.label = label
    def __del__(self, release_later=lib.smolgrad_value_release_later):
        release_later(self._handle)
    def backward(self):
        self.tape.check(lib.smolgrad_backward(self._handle))
    def __repr__(self):
        buffer = ctypes.create_string_buffer(128)
        self.tape.check(lib.smolgrad_value_to_string(self._handle, buffer, c_size_t(len(buffer)), None))
        return buffer.value.decode()

def _binary(name, reflected=False):
    of_values, with_number = maker(name), maker("number_" + name if reflected else name + "_number")
    def operator(self, other):
        try:
            if isinstance(other, Value):
                call, other = of_values, other._handle
            else:
                call, other = with_number, c_double(other)
        except TypeError:
            return NotImplemented
        return adopt(call(other, self._handle) if reflected else call(self._handle, other), self.tape)
    return operator

def _unary(name):
    call = maker(name)
    return lambda self: adopt(call(self._handle), self.tape)

for _name, _called in dict(add="add", sub="sub", mul="mul", truediv="div", pow="pow").items():
    setattr(Value, f"__{_name}__", _binary(_called))
    setattr(Value, f"__r{_name}__", _binary(_called, reflected=True))
for _name in "hypot", "atan2", "min", "max":
    setattr(Value, _name, _binary(_name))
for _name in """square sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh
                acosh atanh erf erfc lgamma normal_cdf relu leaky_relu elu sigmoid softplus silu gelu""".split():
    setattr(Value, _name, _unary(_name))
Value.__neg__, Value.__abs__ = _unary("neg"), _unary("abs")

array_type = lru_cache(None)(lambda count: Handle * count)  # ctypes forgets them, and making one is slow
def handles(values):
    return array_type(len(values))(*[value._handle for value in values])

def size(number):
    if c_size_t(number).value != number:  # of which ctypes would take what fits
        raise ValueError(f"{number} is no size")
    return c_size_t(number)

def doubles(numbers, row=1):
    """A pointer to doubles, and how many rows of so many they are. Those of an array.array, a memoryview or an array of
    numpy's stay where they are, unless it is read-only, where ctypes does not point; other numbers are copied."""
    try:
        view = memoryview(numbers)
    except TypeError:
        view = memoryview(array("d", numbers))
    if view.readonly:
        view = memoryview(array(view.format, view.tobytes()))
    rows, rest = divmod(view.nbytes, 8 * row)
    if view.format != "d" or rest:
        raise ValueError(f"{view.nbytes} bytes of format {view.format!r} are no doubles in rows of {row}")
    return byref(c_double.from_buffer(view)) if view.nbytes else None, rows

def results(numbers, count):
    """The array for so many doubles, a new one instead of None, and a pointer to it."""
    numbers = array("d", bytes(8 * count)) if numbers is None else numbers
    if memoryview(numbers).readonly or memoryview(numbers).nbytes != 8 * count:
        raise ValueError(f"no array to write {count} doubles to")
    return numbers, doubles(numbers)[0]

def _run(kind, count):
    call = getattr(unlocked, "smolgrad_function_" + kind)
    def run(self, inputs, shared=(), into=(None,) * count):
        n_in, n_out, n_shared = self._counts
        (x, rows), (a, given) = doubles(inputs, n_in or 1), doubles(shared)
        if given != n_shared or len(into) != count:
            raise ValueError(f"{given} shared numbers and {len(into)} arrays of results, not {n_shared} and {count}")
        arrays, pointers = zip(*map(results, into, (rows * n_out, rows * n_out * n_in, n_shared)))
        status = call(self._handle, size(rows), x, a, *pointers, None)
        if status:
            raise Error(status, call.__name__)
        return arrays if count > 1 else arrays[0]
    return run

class Function:
    """`outputs` by leaves: `inputs` vary from sample to sample, `shared` do not. Results are arrays, those of `into` or
    new ones: the outputs, and their derivatives by the inputs and, summed over the samples, by `shared`."""
    _handle = __reduce__ = None
    def __init__(self, inputs, outputs, shared=()):
        self._counts, tape = (len(inputs), len(outputs), len(shared)), outputs[0].tape
        arguments = [part for values in (inputs, shared, outputs) for part in (handles(values), size(len(values)))]
        self._handle = lib.smolgrad_function_compile(tape._handle, *arguments, None)
        tape.check(not self._handle)
    def __del__(self, destroy=lib.smolgrad_function_destroy):
        destroy(self._handle)
    evaluate, gradient, jacobian = _run("evaluate", 1), _run("gradient", 3), _run("jacobian", 2)
