"""What ../c/program.c does and prints, in Python. `program.py cost` prints what an operation costs instead."""
import gc
import sys
import time
from array import array

import smolgrad
from smolgrad import MLP, Error, Function, Tape, Value


def expression():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = (c - d)**2
    g = e / 2.0 + 10.0 / e
    g.backward()
    print(f"value {g.data:.6f} {a.grad:.6f} {b.grad:.6f}")


def text():
    x = Value(2.0)
    y = (-x - x).tanh()
    (x * x).backward()
    print("text", x, y.operation)


def function():
    x, y, a = Value(1.0), Value(2.0), Value(0.5)
    wave = Function([x, y], [(a * x).exp() * y.sin()], shared=[a])
    rows = 1000
    xy = array("d", (number for i in range(rows) for number in (i / 1000, 1 - i / 500)))
    z, d_xy, d_a = wave.gradient(xy, [0.7])
    for i in range(0, rows, 333):
        print(f"function {z[i]:.6f} {d_xy[2 * i]:.6f} {d_xy[2 * i + 1]:.6f}")
    print(f"shared {d_a[0]:.6f}")


def training():
    model = MLP(2, [8, 1], activation="tanh", seed=1)
    x = array("d", (number for i in range(100) for number in (i // 10 / 4.5 - 1, i % 10 / 4.5 - 1)))
    y = array("d", (x[2 * i] * x[2 * i + 1] for i in range(100)))
    settings = dict(epochs=100, batch_size=10, learning_rate=0.02, seed=3)

    def print_progress(epoch):
        if epoch.epoch % 25 == 0:
            print(f"epoch {epoch.epoch} of {epoch.epochs} loss {epoch.loss:.6f}")

    model.fit(x, y, print_progress, **settings)
    print("predict {:.6f} {:.6f}".format(*model.predict([0.5, 0.5, -0.5, 0.5])))

    epochs = []

    def cancel_after_three(epoch):
        epochs.append(epoch)
        return epoch.epoch == 3

    try:
        model.fit(x, y, cancel_after_three, **settings)
    except Error as error:
        print("cancelled", error.status, "after", len(epochs))


def error():
    a = Value(1.0)
    with Tape():
        foreign = Value(2.0)
    try:
        a + foreign
    except Error as error:
        print("error", error)
    print(f"after {(a + a).data:.6f}")


def garbage():
    with Tape() as tape:
        x = Value(0.5)
    for _ in range(1000000):
        x.sin()
    end = time.monotonic() + 10
    while tape.node_count > 100:
        if time.monotonic() > end:
            sys.exit(f"{tape.node_count} values are left")
        gc.collect()
    print("freed 1000000")


def cost():
    length, rounds = 1000, 1500
    x = Value(1.0001)
    begin = time.perf_counter()
    for _ in range(rounds):
        y = x
        for _ in range(length):
            y = y * x
        y.backward()
    print(f"{(time.perf_counter() - begin) / rounds / length * 1e9:.1f} ns")


if sys.argv[1:] == ["cost"]:
    cost()
else:
    print("version", smolgrad.version)
    for section in expression, text, function, training, error, garbage:
        section()
