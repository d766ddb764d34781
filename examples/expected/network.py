"""Makes network.txt: the network example written again in plain Python, formulas and generator included."""
import math

MASK = (1 << 64) - 1


def mt19937_64(seed):
    """The 64-bit Mersenne Twister (Nishimura 2000)."""
    state = [seed]
    for i in range(1, 312):
        state.append((6364136223846793005 * (state[-1] ^ (state[-1] >> 62)) + i) & MASK)
    while True:
        for i in range(312):
            x = (state[i] & 0xFFFFFFFF80000000) | (state[(i + 1) % 312] & 0x7FFFFFFF)
            state[i] = state[(i + 156) % 312] ^ (x >> 1) ^ (0xB5026F5AA96619E9 if x & 1 else 0)
        for x in state:
            x ^= (x >> 29) & 0x5555555555555555
            x ^= (x << 17) & 0x71D67FFFEDA60000
            x ^= (x << 37) & 0xFFF7EEE000000000
            yield x ^ (x >> 43)


SIZES = [3, 4, 1]
INPUTS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
TARGETS = [1.0, -1.0, -1.0, 1.0]

random = mt19937_64(0)
layers = [([[2 * (next(random) >> 11) * 2.0**-53 - 1 for _ in range(n)] for _ in range(m)], [0.0] * m)
          for n, m in zip(SIZES, SIZES[1:])]


def forward(x):
    activations = [x]
    for i, (weights, biases) in enumerate(layers):
        sums = [sum(w * a for w, a in zip(row, activations[-1])) + b for row, b in zip(weights, biases)]
        activations.append(sums if i == len(layers) - 1 else [math.tanh(s) for s in sums])
    return activations


print(sum((n + 1) * m for n, m in zip(SIZES, SIZES[1:])), "parameters")
for step in range(101):
    loss = 0.0
    changes = []
    for x, target in zip(INPUTS, TARGETS):
        activations = forward(x)
        error = activations[-1][0] - target
        loss += error * error
        upper = [2 * error]
        for i in reversed(range(len(layers))):
            below = activations[i]
            changes += [(i, k, j, u * a) for k, u in enumerate(upper) for j, a in enumerate(below)]
            changes += [(i, k, None, u) for k, u in enumerate(upper)]
            upper = [sum(u * layers[i][0][k][j] for k, u in enumerate(upper)) * (1 - a * a) for j, a in enumerate(below)]
    if step % 25 == 0:
        print(f"step {step:3}: loss {loss:.6f}")
    for i, k, j, gradient in changes:
        if j is None:
            layers[i][1][k] -= 0.05 * gradient
        else:
            layers[i][0][k][j] -= 0.05 * gradient
for x, target in zip(INPUTS, TARGETS):
    print(f"target {target:2.0f}, prediction {forward(x)[-1][0]:.3f}")
