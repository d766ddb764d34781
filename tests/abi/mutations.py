#!/usr/bin/env python3
"""mutations.py smolgrad.h CC SONAME: what abi.py and manual.py are there to find, they find, and additions they allow.

CC may be empty: then there is no libabigail, and its checks are left out.
"""

import argparse
import contextlib
import io
import pathlib
import sys
import tempfile

import abi
import header
import manual

NEW = "/** A new one. */\nSMOLGRAD_API uint32_t smolgrad_new(void);\n"
VERSION = "SMOLGRAD_API uint32_t smolgrad_version(void);\n"
BACKWARD = "SMOLGRAD_API int32_t smolgrad_backward(const smolgrad_value* root);\n"

# What is replaced by what, and the checks that fail then.
MUTATIONS = [
    ("", "", []),
    (VERSION, VERSION + NEW, ["lists"]),
    ("/** The same as text", "/** The version as text", []),
    (BACKWARD, "", ["lists", "description", "manual"]),
    ("smolgrad_constant(smolgrad_tape* tape, double data)", "smolgrad_constant(smolgrad_tape* tape, float data)",
     ["lists", "description"]),
    ("smolgrad_status_name(int32_t", "smolgrad_status_name(uint32_t", ["lists", "description"]),
    ("smolgrad_mlp_save(const smolgrad_mlp*", "smolgrad_mlp_save(smolgrad_mlp*", ["lists", "description"]),
    ("smolgrad_tape_clear_error(smolgrad_tape*", "smolgrad_tape_clear_error(smolgrad_mlp*", ["lists", "description"]),
    ("void smolgrad_tape_clear_error", "int32_t smolgrad_tape_clear_error", ["lists", "description"]),
    ("(size_t epoch, size_t epochs, double loss", "(size_t epoch, size_t epochs, float loss", ["lists", "description"]),
    # The same to 64 bits.
    ("size_t smolgrad_tape_node_count", "uint64_t smolgrad_tape_node_count", ["lists"]),
    ("smolgrad_status_name(int32_t status)", "smolgrad_status_name(int32_t code)", ["manual"]),
    ("#define SMOLGRAD_ERROR_STALE 4", "#define SMOLGRAD_ERROR_STALE 5", ["lists"]),
    ("#define SMOLGRAD_ERROR_STALE 4", "#define SMOLGRAD_NEW 1 /**< new */\n#define SMOLGRAD_ERROR_STALE 4", ["lists"]),
    ("#define SMOLGRAD_INIT_HE 2 ", "#define SMOLGRAD_INIT_HIM 2 ", ["lists"]),
    # A comment that is gone, or that Doxygen does not read.
    ("/** Sets the gradient of every leaf to 0. */\n", "", ["manual"]),
    ("/** Sets the gradient of every leaf to 0. */", "/* Sets the gradient of every leaf to 0. */", ["manual"]),
    (" /**< cosine */", "", ["manual"]),
    (" /**< log sum exp(x) */", "", ["manual"]),
    (" /**< uniform in +-sqrt(6 / inputs) (He et al. 2015) */", "", ["manual"]),
    ("/** How many rows and columns; 0 for NULL. */\n", "", ["manual"]),
    # Ownership
    (" * - Ownership: a handle made is the caller's, to be released.\n", "", ["manual"]),
    ('"leaf" or "constant". Static.', '"leaf" or "constant".', ["manual"]),
    ("Borrowed: valid as long as the table. NULL for NULL, and perhaps", "NULL for NULL, and perhaps", ["manual"]),
    # Units, and which array is how long
    (" * - Units: bytes for memory, else counts.\n", "", ["manual"]),
    ("SMOLGRAD_HISTORY_..., to out[0 .. n): exactly", "SMOLGRAD_HISTORY_...: exactly", ["manual"]),
    ("d_inputs: rows x input_count, each sample's", "Each sample's", ["manual"]),
    # Errors
    (" * - Errors: INVALID_ARGUMENT for a `tape` that is NULL.\n", "", ["manual"]),
    ("number only. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. */", "number only. */", []),
    ("Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. */\nSMOLGRAD_API int32_t smolgrad_function_to_text",
     "*/\nSMOLGRAD_API int32_t smolgrad_function_to_text", ["manual"]),
    ("Bytes allocated for them, spare room included. 0 for NULL.", "Bytes allocated.", ["manual"]),
    # Threads
    (" * - Threads: any.\n", "", ["manual"]),
    # Names of nothing
    ("smolgrad_tape_scope_close. Scopes nest", "smolgrad_tape_scope_end. Scopes nest", ["manual"]),
]


def main():
    path, compiler, soname = sys.argv[1:]
    text = pathlib.Path(path).read_text(encoding="utf-8")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        changed = pathlib.Path(folder) / "smolgrad.h"
        arguments = argparse.Namespace(header=changed, cc=compiler, soname=soname)
        checks = {
            "manual": lambda: manual.wrong(header.read(changed)),
            "lists": lambda: abi.check_lists(arguments),
            "description": lambda: abi.check_description(arguments),
        }
        if not compiler:
            del checks["description"]
        for old, new, expected in MUTATIONS:
            assert old == "" or text.count(old) == 1, f"{text.count(old)} times in {path}: {old}"
            changed.write_text(text.replace(old, new) if old else text, encoding="utf-8")
            for name, check in checks.items():
                # The slow one, only where a declaration changes.
                if name == "description" and "SMOLGRAD_API" not in old + new and "lists" not in expected:
                    continue
                said = io.StringIO()
                with contextlib.redirect_stdout(said):
                    fails = bool(check())
                if fails != (name in expected):
                    print(f"{name} {'fails' if fails else 'passes'} with\n{new}\nfor\n{old}\n{said.getvalue()}")
                    failures += 1
    print(f"{len(MUTATIONS)} mutations")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
