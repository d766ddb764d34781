"""What PyTorch's optimisers and schedules do, in double precision, as a C++ header on standard output.

python3 tests/train/reference/optimizers.py | clang-format > tests/train/reference/optimizers.hpp
"""
import torch
from torch.optim import lr_scheduler

torch.set_default_dtype(torch.float64)

COUNT = 19
STEPS = 10
# In the order of the C++ structs, with PyTorch's names.
FIELDS = {
    "Sgd": ["lr", "momentum", "dampening", "weight_decay", "nesterov"],
    "RmsProp": ["lr", "alpha", "eps", "weight_decay", "momentum", "centered"],
    "Adam": ["lr", "beta1", "beta2", "eps", "weight_decay"],
    "AdamW": ["lr", "beta1", "beta2", "eps", "weight_decay"],
}
CLASSES = {"Sgd": torch.optim.SGD, "RmsProp": torch.optim.RMSprop, "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}


def start():
    return torch.tensor([((7 * i) % COUNT - 9) / 8 for i in range(COUNT)])


def gradient(p):
    """Of sum p^4 / 4 - p^2 / 2 + p next(p) / 2."""
    return p * p * p - p + 0.5 * (torch.roll(p, 1) + torch.roll(p, -1))


def optimizer_of(name, parameters, options):
    """Options that are not given are PyTorch's defaults, but the learning rate, which SGD has none for."""
    options = dict(options)
    options.setdefault("lr", {"Sgd": 0.01, "RmsProp": 0.01, "Adam": 1e-3, "AdamW": 1e-3}[name])
    if "beta1" in options:
        options["betas"] = (options.pop("beta1"), options.pop("beta2"))
    return CLASSES[name]([parameters], **options)


def options_text(name, optimizer):
    group = dict(optimizer.param_groups[0])
    group["lr"] = group.get("initial_lr", group["lr"])
    if "betas" in group:
        group["beta1"], group["beta2"] = group["betas"]
    values = (group[field] for field in FIELDS[name])
    return name + "{" + ", ".join(str(v).lower() if isinstance(v, bool) else repr(float(v)) for v in values) + "}"


def with_warmup(optimizer, warmup, decay):
    if warmup == 0:
        return decay
    linear = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1.0, warmup - 1)
    return lr_scheduler.SequentialLR(optimizer, [linear, decay], [warmup])


def schedule_of(optimizer, kind, number, amount, warmup):
    rate = optimizer.param_groups[0]["lr"]
    if kind == "ConstantRate":
        return with_warmup(optimizer, warmup, lr_scheduler.LambdaLR(optimizer, lambda _: 1.0))
    if kind == "StepDecay":
        return with_warmup(optimizer, warmup, lr_scheduler.StepLR(optimizer, number, amount))
    return with_warmup(optimizer, warmup, lr_scheduler.CosineAnnealingLR(optimizer, number, amount * rate))


def schedule_text(kind, number, amount, warmup):
    decay = "ConstantRate{}" if kind == "ConstantRate" else f"{kind}{{{number}, {amount!r}}}"
    return f"Schedule{{{decay}, {warmup}}}"


def run(name, options, clip_value=None, clip_norm=None, schedule=("ConstantRate", 0, 0, 0)):
    parameters = start().requires_grad_()
    optimizer = optimizer_of(name, parameters, options)
    text = options_text(name, optimizer)
    scheduler = schedule_of(optimizer, *schedule)
    kept = []
    for step in range(STEPS):
        parameters.grad = gradient(parameters.detach())
        if clip_value is not None:
            torch.nn.utils.clip_grad_value_([parameters], clip_value)
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_([parameters], clip_norm)
        optimizer.step()
        scheduler.step()
        if step in (0, STEPS - 1):
            kept.append(numbers(parameters))
    infinity = "std::numeric_limits<double>::infinity()"
    clipping = f"Clipping{{{infinity if clip_norm is None else clip_norm}, {infinity if clip_value is None else clip_value}}}"
    print(f"{{{text}, {schedule_text(*schedule)}, {clipping}, {', '.join(kept)}}},")


def rates(kind, number, amount, warmup, steps):
    parameters = start().requires_grad_()
    optimizer = torch.optim.SGD([parameters], lr=1.0)
    scheduler = schedule_of(optimizer, kind, number, amount, warmup)
    factors = []
    for _ in range(steps):
        factors.append(repr(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    print(f"{{{schedule_text(kind, number, amount, warmup)}, {{{', '.join(factors)}}}}},")


def numbers(tensor):
    return "{" + ", ".join(repr(float(x)) for x in tensor.detach()) + "}"


print("// Made by optimizers.py with PyTorch", torch.__version__.split("a")[0])
print("#pragma once\n\n#include <limits>\n#include <vector>\n\n#include <smolgrad/optimizer.hpp>\n")
print("namespace smolgrad::test {\n")
print(f"inline const std::vector<double> optimizer_start = {numbers(start())};\n")
print("struct OptimizerReference {\n  OptimizerOptions options;\n  Schedule schedule;\n  Clipping clipping;")
print("  std::vector<double> after_one, after_ten;\n};\n")
print("inline const std::vector<OptimizerReference> optimizer_references = {")
run("Sgd", {"lr": 0.1})
run("Sgd", {"lr": 0.1, "weight_decay": 0.05})
run("Sgd", {"lr": 0.05, "momentum": 0.9})
run("Sgd", {"lr": 0.05, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01})
run("Sgd", {"lr": 0.05, "momentum": 0.8, "nesterov": True})
run("Sgd", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1})
run("RmsProp", {})
run("RmsProp", {"lr": 0.02, "alpha": 0.9, "eps": 1e-4, "weight_decay": 0.1})
run("RmsProp", {"momentum": 0.9})
run("RmsProp", {"centered": True})
run("RmsProp", {"lr": 0.005, "alpha": 0.8, "momentum": 0.5, "centered": True, "weight_decay": 0.2, "eps": 1e-3})
run("Adam", {})
run("Adam", {"lr": 0.1, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.1})
run("Adam", {"lr": 0.1, "beta1": 0.0, "beta2": 0.5})
run("AdamW", {})
run("AdamW", {"lr": 0.1, "beta1": 0.7, "beta2": 0.9, "eps": 1e-6, "weight_decay": 0.3})
run("Sgd", {"lr": 0.1}, clip_norm=0.5)
run("Sgd", {"lr": 0.1}, clip_norm=1000.0)
run("Sgd", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}, clip_value=0.25)
run("Adam", {"lr": 0.1}, clip_value=0.25, clip_norm=0.75)
run("RmsProp", {"lr": 0.1}, clip_value=0.25)
run("AdamW", {"lr": 0.1}, schedule=("StepDecay", 3, 0.5, 0))
run("Sgd", {"lr": 0.1, "momentum": 0.9}, schedule=("CosineDecay", 6, 0.1, 4), clip_norm=1.0)
print("};\n")
print("struct ScheduleReference {\n  Schedule schedule;\n  std::vector<double> factors;\n};\n")
print("inline const std::vector<ScheduleReference> schedule_references = {")
rates("ConstantRate", 0, 0, 0, 3)
rates("ConstantRate", 0, 0, 5, 8)
rates("StepDecay", 3, 0.5, 0, 12)
rates("StepDecay", 1, 0.9, 4, 12)
rates("CosineDecay", 10, 0.0, 0, 11)
rates("CosineDecay", 7, 0.25, 0, 8)
rates("CosineDecay", 10, 0.01, 5, 16)
print("};\n\n}  // namespace smolgrad::test")
