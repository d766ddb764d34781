"""smolgrad in Python: programs written for micrograd run as they are, `from smolgrad import Value, MLP`."""
from .engine import Error, Function, Tape, Value, version
from .nn import MLP, Epoch, Layer, Module, Neuron
