"""Values and gradients of PyTorch's losses, in double precision, as a C++ header on standard output.

python3 tests/nn/reference/losses.py | clang-format > tests/nn/reference/losses.hpp
"""
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)


def numbers(tensor):
    return "{" + ", ".join(repr(float(x)) for x in tensor.reshape(-1)) + "}"


def hinge(y, t):
    return torch.relu(1 - t * y).mean()


def cross_entropy(y, t):
    """PyTorch takes an index as an integer."""
    return torch.nn.functional.cross_entropy(y, t.long()[0] if len(t) == 1 else t)


normal = torch.randn
cases = [
    ("mse", torch.nn.MSELoss(), normal(5), normal(5)),
    ("mae", torch.nn.L1Loss(), normal(5), normal(5)),
    ("mae", torch.nn.L1Loss(), torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])),
    ("huber", torch.nn.HuberLoss(), 2 * normal(6), normal(6)),
    ("huber", torch.nn.HuberLoss(), torch.tensor([1.0, 0.0, -1.0]), torch.zeros(3)),
    ("hinge", hinge, 2 * normal(6), torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])),
    ("hinge", hinge, torch.tensor([1.0, -1.0, 0.0]), torch.tensor([1.0, -1.0, 1.0])),
    ("binary_cross_entropy", torch.nn.BCEWithLogitsLoss(), 3 * normal(6), torch.tensor([1.0, 0.0, 1.0, 0.0, 0.25, 0.75])),
    ("binary_cross_entropy", torch.nn.BCEWithLogitsLoss(), torch.tensor([0.0, 0.0, 1000.0, -1000.0]),
     torch.tensor([1.0, 0.5, 0.0, 1.0])),
    ("cross_entropy", cross_entropy, 2 * normal(4), torch.tensor([2.0])),
    ("cross_entropy", cross_entropy, torch.tensor([0.5, 0.5, 0.5]), torch.tensor([0.0])),
    ("cross_entropy", cross_entropy, torch.tensor([1000.0, -1000.0, 0.0]), torch.tensor([2.0])),
    ("cross_entropy", cross_entropy, 2 * normal(4), torch.softmax(normal(4), 0)),
    ("cross_entropy", cross_entropy, 2 * normal(4), torch.tensor([0.5, 0.0, 0.25, 0.5])),
]

print("// Made by losses.py with PyTorch", torch.__version__.split("a")[0])
print("#pragma once\n\n#include <vector>\n\n#include <smolgrad/loss.hpp>\n")
print("namespace smolgrad::test {\n")
print("struct LossReference {\n  Loss loss;\n  std::vector<double> outputs, targets;")
print("  double value;\n  std::vector<double> gradient;\n};\n")
print("inline const std::vector<LossReference> loss_references = {")
for name, loss, y, t in cases:
    y.requires_grad_()
    value = loss(y, t)
    value.backward()
    print(f"{{Loss::{name}, {numbers(y)}, {numbers(t)}, {float(value)!r}, {numbers(y.grad)}}},")
print("};\n\n}  // namespace smolgrad::test")
