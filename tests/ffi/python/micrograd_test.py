"""micrograd's interface, and what the wrapper adds to it: errors, arrays, threads and garbage."""
import copy
import gc
import math
import os
import random
import subprocess
import sys
import tempfile
import threading
import unittest
from array import array
from fractions import Fraction
from unittest import mock

from smolgrad import MLP, Error, Function, Layer, Module, Neuron, Tape, Value
from smolgrad.engine import Value as EngineValue
from smolgrad.nn import MLP as NnMLP


def derivative(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / (2 * h)


class ValueTest(unittest.TestCase):
    def test_names_as_micrograd_spells_them(self):
        self.assertIs(EngineValue, Value)
        self.assertIs(NnMLP, MLP)

    def test_operators_compute_what_python_does_with_numbers_on_either_side(self):
        operators = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a**b]
        for operator in operators:
            for a, b in [(2.5, 3), (0.5, -2.0), (4, 0.5)]:
                expected = operator(a, b)
                for result in operator(Value(a), Value(b)), operator(Value(a), b), operator(a, Value(b)):
                    self.assertAlmostEqual(result.data, expected)
                x, y = Value(a), Value(b)
                operator(x, y).backward()
                self.assertAlmostEqual(x.grad, derivative(lambda a: operator(a, b), a), places=5)
                self.assertAlmostEqual(y.grad, derivative(lambda b: operator(a, b), b), places=5)

    def test_numbers_on_either_side_take_part_as_in_the_closed_forms(self):
        x, log = 1.7, math.log
        for n in 3, 0.5, -2.5, True, Fraction(5, 4):
            for name, operation, right, left in [  # value and derivative by x: x op n, then n op x
                    ("add", lambda a, b: a + b, (x + n, 1), (n + x, 1)),
                    ("sub", lambda a, b: a - b, (x - n, 1), (n - x, -1)),
                    ("mul", lambda a, b: a * b, (x * n, n), (n * x, n)),
                    ("div", lambda a, b: a / b, (x / n, 1 / n), (n / x, -n / x**2)),
                    ("pow", lambda a, b: a**b, (x**n, n * x**(n - 1)), (n**x, n**x * log(n)) if n > 0 else None)]:
                for expected, apply in (right, lambda v: operation(v, n)), (left, lambda v: operation(n, v)):
                    if expected:
                        v = Value(x)
                        result = apply(v)
                        result.backward()
                        with self.subTest(name=name, n=n, right=expected is right):
                            self.assertAlmostEqual(result.data, expected[0], places=12)
                            self.assertAlmostEqual(v.grad, expected[1], places=12)
                            self.assertEqual(result.operation, name)

    def test_augmented_assignment_and_named_operators_take_numbers(self):
        x = Value(2)
        y = x
        y += 1
        y -= 5
        y *= 3
        y /= 4
        y **= 2
        y.backward()
        self.assertEqual((y.data, x.grad), (2.25, -2.25))  # (3 (x - 4) / 4)^2
        for name, expected, gradient in [("hypot", 5, 0.6), ("atan2", math.atan2(3, 4), 0.16), ("min", 3, 1),
                                         ("max", 4, 0)]:
            x = Value(3)
            y = getattr(x, name)(4)
            y.backward()
            self.assertAlmostEqual(y.data, expected)
            self.assertAlmostEqual(x.grad, gradient)

    def test_numbers_need_no_node_of_their_own(self):
        with Tape() as tape:
            x = Value(2)
            y = [x * 3, 3 - x, x**2, 1 / x]
        self.assertEqual(tape.node_count, 1 + len(y))

    def test_subclasses_are_values_on_either_side(self):
        class Parameter(Value):
            def __init__(self, data, rate):
                super().__init__(data)
                self.rate = rate

            def __rsub__(self, other):
                return super().__rsub__(other)

        p = Parameter(2, rate=0.1)
        self.assertEqual(((Value(5) - p).data, (5 - p).data, p.rate), (3, 3, 0.1))

    def test_unary_operators(self):
        functions = {"exp": math.exp, "log": math.log, "tanh": math.tanh, "sin": math.sin, "sqrt": math.sqrt,
                     "erf": math.erf, "relu": lambda x: max(x, 0), "sigmoid": lambda x: 1 / (1 + math.exp(-x))}
        for name, function in functions.items():
            x = Value(0.7)
            y = getattr(x, name)()
            y.backward()
            self.assertEqual(y.operation, name)
            self.assertAlmostEqual(y.data, function(0.7))
            self.assertAlmostEqual(x.grad, derivative(function, 0.7))
        self.assertEqual([(-Value(-3)).data, abs(Value(-3)).data, Value(-3).relu().data], [3, 3, 0])

    def test_sum_and_augmented_assignment(self):
        values = [Value(i) for i in range(5)]
        total = sum(values)
        total *= 2
        total.backward()
        self.assertEqual((total.data, [value.grad for value in values]), (20, [2] * 5))

    def test_data_grad_and_label_can_be_set(self):
        p = Value(3, label="p")
        (p * p).backward()
        p.data -= 0.5 * p.grad
        self.assertEqual((repr(p), p.label), ("Value(data=0, grad=6)", "p"))
        p.grad = 0
        self.assertEqual(p.grad, 0)

    def test_values_are_compared_and_hashed_by_identity(self):
        a, b = Value(1), Value(1)
        self.assertEqual(len({a, b, a}), 2)
        self.assertNotEqual(a, b)

    def test_what_is_no_number_is_a_type_error(self):
        for wrong in "3", None, [], 1j:
            with mock.patch("sys.unraisablehook") as from_finalizers:
                self.assertRaises(TypeError, Value, wrong)
            from_finalizers.assert_not_called()
            self.assertRaises(TypeError, lambda: Value(1) + wrong)
            self.assertRaises(TypeError, lambda: wrong / Value(1))

    def test_owners_are_not_copied(self):
        for owner in Value(1), Tape(), MLP(1, [1]), Function([], [Value(1)]):
            self.assertRaises(TypeError, copy.copy, owner)

    def test_other_types_may_know_what_to_do_with_a_value(self):
        class Matrix:
            def __rmul__(self, value):
                return "scaled"

        self.assertEqual(Value(1) * Matrix(), "scaled")

    def test_errors_have_a_status_and_leave_the_tape_usable(self):
        x = Value(1)
        y = x * 2
        x.data = 5
        with self.assertRaises(Error) as stale:
            y.backward()
        self.assertEqual(stale.exception.status, "SMOLGRAD_ERROR_STALE")
        self.assertIn(stale.exception.message, str(stale.exception))
        with self.assertRaises(Error) as invalid:
            y.data = 1
        self.assertEqual(invalid.exception.status, "SMOLGRAD_ERROR_INVALID_ARGUMENT")
        self.assertEqual((x * 2).data, 10)


class NeuronTest(unittest.TestCase):
    def test_networks_compute_what_micrograd_does_from_the_same_seed(self):
        random.seed(5)
        model = MLP(2, [3, 1])
        random.seed(5)
        w = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(3)]
        v = [random.uniform(-1, 1) for _ in range(3)]
        hidden = [max(row[0] * 0.4 - row[1] * 0.9, 0) for row in w]
        for x in [0.4, -0.9], [Value(0.4), -0.9], [Value(0.4), Value(-0.9)]:
            self.assertAlmostEqual(model(x).data, sum(a * b for a, b in zip(v, hidden)))
        self.assertAlmostEqual(model.predict([0.4, -0.9])[0], model(x).data)

    def test_neurons_and_layers(self):
        neuron = Neuron(2)
        for p, data in zip(neuron.w + [neuron.b], [2, -3, 1]):
            p.data = data
        neuron([3, 1]).backward()
        self.assertEqual((neuron([3, 1]).data, neuron([0, 1]).data), (4, 0))
        self.assertEqual([p.grad for p in neuron.parameters()], [3, 1, 1])
        neuron.zero_grad()
        self.assertEqual([p.grad for p in neuron.parameters()], [0, 0, 0])
        self.assertEqual(len(Layer(2, 3, nonlin=False)([1, 2])), 3)

    def test_modules_of_ones_own(self):
        class Scale(Module):
            def __init__(self):
                self.factor = Value(2)

            def parameters(self):
                return [self.factor]

        module = Scale()
        (module.factor * 3).backward()
        module.zero_grad()
        self.assertEqual(module.factor.grad, 0)

    def test_fit_save_and_load(self):
        x = array("d", (i / 10 for i in range(-10, 11)))
        y = array("d", map(abs, x))
        model = MLP(1, [8, 1], seed=1)
        epochs = model.fit(x, y, epochs=50, batch_size=4, learning_rate=0.02, threads=2)
        self.assertEqual([epoch.epoch for epoch in epochs], list(range(1, 51)))
        self.assertLess(epochs[-1].loss, 0.01 * epochs[0].loss)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ä.safetensors")
            model.save(path)
            self.assertEqual(MLP.load(path).predict(x), model.predict(x))
            with self.assertRaises(Error) as missing:
                MLP.load(folder + "/missing")
        self.assertEqual(missing.exception.status, "SMOLGRAD_ERROR_IO")

    def test_what_progress_raises_comes_out_of_fit(self):
        model = MLP(1, [1])
        for exception in ZeroDivisionError, KeyboardInterrupt:
            def progress(epoch):
                raise exception
            self.assertRaises(exception, model.fit, [1.0], [1.0], progress)
        self.assertEqual(len(model.fit([1.0], [1.0], epochs=3)), 3)

    def test_wrong_options(self):
        self.assertRaises(TypeError, MLP, 2, [1], epochs=3)
        self.assertRaises(ValueError, MLP, 2, [1], activation="step")
        self.assertRaises(ValueError, MLP, 2, [-1])
        self.assertRaises(ValueError, MLP(1, [1]).fit, [1.0], [1.0], epochs=-1)
        self.assertRaises(Error, MLP, 2, [])


class ArrayTest(unittest.TestCase):
    def setUp(self):
        x, y, a = Value(1), Value(1), Value(1)
        self.product = Function([x, y], [a * x * y], shared=[a])
        self.inputs = array("d", [1, 2, 3, 4])

    def test_results_go_to_the_arrays_given(self):
        z, d_xy, d_a = array("d", [0, 0]), memoryview(array("d", bytes(32))), array("d", [0])
        results = self.product.gradient(self.inputs, [10], into=(z, d_xy, d_a))
        self.assertIs(results[0], z)
        self.assertEqual((list(z), list(d_xy), list(d_a)), ([20, 120], [20, 10, 40, 30], [14]))
        self.assertEqual(list(self.product.jacobian(self.inputs, [10])[1]), list(d_xy))

    def test_read_only_arrays_are_read_and_not_written(self):
        read_only = memoryview(self.inputs).toreadonly()
        self.assertEqual(list(self.product.evaluate(read_only, [10])), [20, 120])
        self.assertRaises(ValueError, self.product.evaluate, self.inputs, [10], into=[read_only[:2]])

    def test_wrong_arrays(self):
        evaluate, model = self.product.evaluate, MLP(2, [1])
        for inputs, shared, into in [([1, 2, 3], [1], None), ([1, 2], [], None), ([1, 2], [1, 2], None),
                                     ([1, 2], [1], array("d")), ([1, 2], [1], array("d", [1, 2])),
                                     (array("f", [1, 2]), [1], None), ([1, 2], [1], array("q", [1]))]:
            self.assertRaises(ValueError, evaluate, inputs, shared, into=[into])
        self.assertRaises(TypeError, evaluate, memoryview(self.inputs)[::2], [1])
        self.assertRaises(ValueError, model.predict, [1, 2, 3])
        self.assertRaises(ValueError, model.predict, [1, 2], array("d"))
        self.assertRaises(ValueError, model.fit, [1, 2, 3, 4], [1])
        self.assertRaises(Error, model.fit, [1, 2, 3, 4], [])
        self.assertRaises(Error, MLP(1, [2]).fit, [1, 2], [1, 2])
        self.assertEqual(len(MLP(1, [2]).predict([1, 2])), 4)
        with self.assertRaises(Error) as overlap:
            evaluate(self.inputs, [1], into=[memoryview(self.inputs)[:2]])
        self.assertEqual(overlap.exception.status, "SMOLGRAD_ERROR_INVALID_ARGUMENT")
        self.assertRaises(Error, Function, [Value(1) + 1], [Value(1)])


class LifetimeTest(unittest.TestCase):
    def in_thread(self, function):
        results = []
        thread = threading.Thread(target=lambda: results.append(function()))
        thread.start()
        thread.join()
        return results[0]

    def test_each_thread_has_a_tape_and_values_outlive_it(self):
        mine = Value(1)
        other = self.in_thread(lambda: Value(2) * 3)
        self.assertEqual((other + other).data, 12)
        with self.assertRaises(Error) as wrong:
            mine + other
        self.assertEqual(wrong.exception.status, "SMOLGRAD_ERROR_WRONG_TAPE")

    def test_threads_share_a_function(self):
        x = Value(1)
        square = Function([x], [x * x])
        inputs = array("d", range(20000))
        results = []
        threads = [threading.Thread(target=lambda: results.append(square.evaluate(inputs))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [array("d", (i * i for i in range(20000)))] * 4)

    def test_values_of_a_tape_are_dropped_while_another_thread_fits_on_it(self):
        model = MLP(1, [8, 1])
        values = [model([i]) for i in range(10000)]
        dropping = threading.Thread(target=values.clear)
        model.fit(array("d", range(100)), array("d", range(100)), lambda epoch: epoch.epoch == 2 and dropping.start())
        dropping.join()
        self.assertLess(model.tape.node_count, 1000)

    def test_garbage_of_one_thread_is_collected_by_another_that_goes_on_recording(self):
        with Tape() as tape:
            x = Value(0.5)
            for _ in range(100):
                cycle = [x.sin() for _ in range(100)]
                cycle += [cycle, MLP(2, [2])]
                del cycle
                self.in_thread(gc.collect)
            self.assertEqual(x.sin().data, math.sin(0.5))
            MLP(1, [1])  # models go when the next one is made
        gc.collect()
        self.assertLess(tape.node_count, 100)

    def test_a_cycle_with_everything_in_it_is_collected(self):
        with Tape() as tape:
            model = MLP(1, [1])
            cycle = [tape, model, model([1]), Function(model.parameters(), [model([2])])]
        cycle.append(cycle)
        del tape, model, cycle
        gc.collect()

    def test_the_interpreter_ends_in_silence(self):
        program = """if True:
            import os
            from smolgrad import *
            from smolgrad import engine, nn
            model, x, tape = MLP(2, [2]), Value(1), Tape()
            f, cycle = Function([x], [x * x]), [x, model]
            cycle.append(cycle)
            os.kept = [x * x, model, f, tape, engine, nn]  # the modules are emptied first"""
        ended = subprocess.run([sys.executable, "-c", program], cwd=os.path.dirname(os.path.abspath(__file__)),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((ended.returncode, ended.stdout), (0, b""))


if __name__ == "__main__":
    unittest.main()
