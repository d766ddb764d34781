"""micrograd's demo: two moons of points told apart by a network of 337 parameters. With micrograd imported instead of
smolgrad it prints the same losses."""
import math
import random
import sys
import time

from smolgrad.engine import Value
from smolgrad.nn import MLP


def moons(count):
    """Points on two half circles that reach into each other, and to which of them each belongs: -1 or 1."""
    points, labels = [], []
    for i in range(count):
        label, angle = 1 - 2 * (i % 2), math.pi * random.random()
        x, y = label * math.cos(angle), label * math.sin(angle)
        points.append([x + (label < 0) + random.gauss(0, 0.1), y + (label < 0) / 2 + random.gauss(0, 0.1)])
        labels.append(label)
    return points, labels


def loss():
    inputs = [list(map(Value, point)) for point in points]
    scores = list(map(model, inputs))
    margins = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
    weights = 1e-4 * sum(p * p for p in model.parameters())
    right = [(label > 0) == (score.data > 0) for label, score in zip(labels, scores)]
    return sum(margins) * (1.0 / len(margins)) + weights, sum(right) / len(right)


random.seed(2)
points, labels = moons(100)
model = MLP(2, [16, 16, 1])
print(len(model.parameters()), "parameters")
steps, begin = 100, time.perf_counter()
for step in range(steps):
    total, accuracy = loss()
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= (1.0 - 0.9 * step / 100) * p.grad
    if step % 10 == 9:
        print(f"step {step + 1} loss {total.data:.6f} accuracy {accuracy:.0%}", flush=True)
print(f"{(time.perf_counter() - begin) / steps * 1e3:.2f} ms a step", file=sys.stderr)
_, accuracy = loss()
if accuracy < 1:
    sys.exit(f"accuracy {accuracy:.0%}")
