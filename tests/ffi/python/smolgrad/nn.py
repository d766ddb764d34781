"""Neurons, as in micrograd's nn, but the library's, so that they learn by themselves and go to files."""
import os
import random
from collections import namedtuple
from ctypes import CFUNCTYPE, c_double, c_int32, c_size_t, c_uint64, c_void_p

from .engine import Value, adopt, array_type, doubles, handles, lib, maker, results, size, thread, unlocked

def _choice(names):
    return lambda name: c_int32(names.split().index(name))

_activation = _choice("linear relu leaky_relu elu tanh sigmoid softplus silu gelu")
# What makes each argument of smolgrad_<kind>_options_set_<name> of an option's value.
_OPTIONS = {
    **dict.fromkeys(["epochs", "batch_size", "target_count", "threads", "patience"], [size]),
    **dict.fromkeys(["learning_rate", "weight_decay", "validation_fraction"], [c_double]),
    "seed": [c_uint64], "init": [_choice("uniform xavier he")], "activation": [_activation],
    "activations": [lambda names: (c_int32 * len(names))(*map(_activation, names)), lambda names: size(len(names))],
    "shuffle": [c_int32], "loss": [_choice("mse mae huber hinge binary_cross_entropy cross_entropy")],
    "optimizer": [_choice("sgd rmsprop adam adamw")], "momentum": [c_double, lambda momentum: c_int32(0)]}

class _Options:
    def __init__(self, kind, chosen):
        self.kind, self.handle = kind, maker(kind + "_options_create")()
        for name, value in chosen.items():
            set = getattr(lib, f"smolgrad_{kind}_options_set_{name}", None)
            if set is None or name not in _OPTIONS:
                raise TypeError(f"there is no option {name!r}")
            if set(self.handle, *[convert(value) for convert in _OPTIONS[name]]):
                raise ValueError(f"{name}={value!r}")
    def __del__(self):
        getattr(lib, f"smolgrad_{self.kind}_options_destroy")(self.handle)

Epoch = namedtuple("Epoch", "epoch epochs loss validation_loss validation_accuracy seconds")
_Progress = CFUNCTYPE(c_int32, c_size_t, c_size_t, *[c_double] * 4, c_void_p)

class Module:
    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0

class MLP(Module):
    """Without a seed or an init, its weights begin as micrograd's, drawn from `random`. Their order: layer by layer the
    weights, neuron by neuron, then the biases."""
    _handle = __reduce__ = None
    def __init__(self, nin, nouts, **chosen):
        sizes, options = (c_size_t * len(nouts))(*map(size, nouts)), _Options("mlp", chosen)
        self._own("create", size(nin), sizes, size(len(nouts)), options.handle)
        if not chosen.keys() & {"seed", "init"}:
            numbers, count = doubles(number for n, m in zip([nin, *nouts], nouts) for number in
                                     [random.uniform(-1, 1) for _ in range(n * m)] + [0] * m)
            self.tape.check(lib.smolgrad_mlp_set_parameters(self._handle, numbers, size(count)))
    @classmethod
    def load(cls, path):
        return cls.__new__(cls)._own("load", os.fsencode(path))
    def _own(self, how, *arguments):
        self.tape = thread.tapes[-1]
        self._handle = handle = maker("mlp_" + how)(self.tape._handle, *arguments)
        self.tape.check(not handle)
        self._n_in, self._n_out = lib.smolgrad_mlp_input_count(handle), lib.smolgrad_mlp_output_count(handle)
        self._parameters = [adopt(lib.smolgrad_value_retain(lib.smolgrad_mlp_parameter(handle, size(i))), self.tape)
                            for i in range(lib.smolgrad_mlp_parameter_count(handle))]
        return self
    def __del__(self, destroy=lib.smolgrad_mlp_destroy_later):
        destroy(self._handle)
    def __call__(self, x):
        x = [value if isinstance(value, Value) else
             adopt(lib.smolgrad_constant(self.tape._handle, c_double(value)), self.tape) for value in x]
        out = array_type(self._n_out)()
        self.tape.check(lib.smolgrad_mlp_forward(self._handle, handles(x), size(len(x)), out, size(self._n_out)))
        out = [adopt(handle, self.tape) for handle in out]
        return out[0] if len(out) == 1 else out
    def __repr__(self):
        return f"{type(self).__name__} from {self._n_in} to {self._n_out} with {len(self._parameters)} parameters"
    def parameters(self):
        return list(self._parameters)
    def zero_grad(self):
        lib.smolgrad_mlp_zero_grad(self._handle)
    def predict(self, x, y=None):
        """The outputs for rows of inputs, without recording them."""
        x, rows = doubles(x, self._n_in)
        y, pointer = results(y, rows * self._n_out)
        self.tape.check(unlocked.smolgrad_mlp_predict(self._handle, x, size(rows), pointer))
        return y
    def fit(self, x, y, progress=None, **chosen):
        """Trains on rows of inputs and targets. `progress` gets each Epoch and cancels the rest by returning what is
        true, which raises an Error; else they are returned."""
        x, rows = doubles(x, self._n_in)
        y, targets = doubles(y, max(rows, 1))
        epochs, raised = [], []
        @_Progress
        def after_epoch(*numbers):
            try:
                epochs.append(Epoch(*numbers[:-1]))
                return bool(progress and progress(epochs[-1]))
            except BaseException as exception:  # must not unwind through C; it may be a KeyboardInterrupt
                raised.append(exception)
                return True
        options = _Options("fit", {**chosen, "target_count": targets})
        lib.smolgrad_fit_options_set_progress(options.handle, after_epoch, None)
        status = unlocked.smolgrad_mlp_fit(self._handle, x, y, size(rows), options.handle, None)
        self.tape.check(status or raised, instead=raised)
        return epochs
    def save(self, path):
        self.tape.check(lib.smolgrad_mlp_save(self._handle, os.fsencode(path)))

class Layer(MLP):
    def __init__(self, nin, nout, nonlin=True):
        super().__init__(nin, [nout], activations=["relu" if nonlin else "linear"])

class Neuron(Layer):
    def __init__(self, nin, nonlin=True):
        super().__init__(nin, 1, nonlin)
        *self.w, self.b = self.parameters()
