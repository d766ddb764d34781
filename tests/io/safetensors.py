"""A reader and writer of safetensors in the standard library's terms, and a file that goes from here through smolgrad
and back.

usage: safetensors.py PROGRAM, which is called as: PROGRAM FROM TO
"""

import json
import math
import os
import struct
import subprocess
import sys
import tempfile

FORMATS = {"F32": "f", "F64": "d", "I64": "q", "U64": "Q", "I16": "h", "U8": "B"}


def write(path, metadata, tensors, padding=""):
    header = {"__metadata__": metadata} if metadata else {}
    numbers = b""
    for name, (dtype, shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(numbers), len(numbers) + len(packed)]}
        numbers += packed
    text = json.dumps(header, ensure_ascii=bool(padding)).encode() + padding.encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + numbers)


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        assert length % 8 == 0, "numbers are aligned"
        header = json.loads(file.read(length))
        numbers = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    end = 0
    for name, tensor in header.items():
        begin, finish = tensor["data_offsets"]
        assert begin == end, "without gaps, in order"
        end = finish
        count = math.prod(tensor["shape"])
        values = struct.unpack(f"<{count}{FORMATS[tensor['dtype']]}", numbers[begin:finish])
        tensors[name] = (tensor["dtype"], tensor["shape"], list(values))
    assert end == len(numbers), "to the end"
    return metadata, tensors


def main(program):
    metadata = {"format": "pt", "quote \" \\ / \b\f\n\r\t\u0001\u007f": "\u00e9\u20ac\U0001f600", "": ""}
    tensors = {
        "layers.0.bias": ("F32", [3], [0.5, -1.25, 3.0]),
        "layers.0.weight": ("F64", [3, 2], [0.1, 1e-320, -1.7976931348623157e308, 4.0, math.inf, -0.0]),
        "bytes": ("U8", [5], [0, 1, 2, 254, 255]),
        "shorts": ("I16", [2], [-32768, 32767]),
        "steps": ("U64", [], [2**64 - 1]),
        "offset": ("I64", [1], [-(2**63)]),
        "none": ("F32", [0, 7], []),
        "\u540d \"\n": ("F32", [1, 1, 1], [1.0]),
    }
    with tempfile.TemporaryDirectory() as directory:
        first = os.path.join(directory, "first")
        second = os.path.join(directory, "second")
        for padding in ("", " ", "   \n"):
            write(first, metadata, tensors, padding)
            subprocess.run([program, first, second], check=True)
            assert read(second) == (metadata, tensors), read(second)
        write(first, {}, {})
        subprocess.run([program, first, second], check=True)
        assert read(second) == ({}, {})
        models(program, first, second)


def models(program, first, second):
    """A PyTorch Sequential's state_dict, with activations between its layers, and back as ours."""
    for dtype in ("F32", "F64"):
        weights = [
            ("weight", [3, 2], [0.5, -1.25, 3.0, 4.0, 1e-30, -0.0]),
            ("bias", [3], [0.25, 7.0, -1.0]),
            ("weight", [1, 3], [2.0, 0.125, -8.0]),
            ("bias", [1], [1.5]),
        ]
        if dtype == "F32":
            weights[0] = ("weight", [3, 2], list(struct.unpack("<6f", struct.pack("<6f", *weights[0][2]))))
        named = lambda numbers: {
            f"layers.{number}.{name}": (dtype, shape, values)
            for number, (name, shape, values) in zip(numbers, weights)
        }
        write(first, {}, named([0, 0, 2, 2]))
        subprocess.run([program, "--model", first, second], check=True)
        metadata, tensors = read(second)
        assert tensors == named([0, 0, 1, 1]), tensors
        assert metadata == {"smolgrad.activations": "relu,linear", "smolgrad.head": "none"}, metadata
        write(first, {"smolgrad.activations": "silu,elu", "smolgrad.head": "softmax"}, named([7, 7, 10, 10]))
        subprocess.run([program, "--model", first, second], check=True)
        metadata, tensors = read(second)
        assert tensors == named([0, 0, 1, 1]), tensors
        assert metadata == {"smolgrad.activations": "silu,elu", "smolgrad.head": "softmax"}, metadata


main(sys.argv[1])
