#!/usr/bin/env python3
"""Compares the C interface with what is committed beside this file.

functions.txt  every exported function's prototype
constants.txt  every constant's number
smolgrad.abi   the functions and types as libabigail describes them, of a library in which the header's functions do
               nothing: what a C program sees, and nothing of C++

`lists` and `exports` allow no difference, `description` and `library` allow additions, `renew` writes the files anew.
"""

import argparse
import difflib
import pathlib
import subprocess
import sys
import tempfile

import header

HERE = pathlib.Path(__file__).resolve().parent
DESCRIPTION = HERE / "smolgrad.abi"
# Neither lines nor paths, and identifiers that do not depend on an order.
ABIDW = ["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed", "--no-show-locs", "--no-architecture"]
ABIDW += ["--no-parameter-names", "--type-id-style", "hash"]
ABIDIFF = ["abidiff", "--no-architecture", "--no-added-syms"]


def run(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return result.returncode, result.stdout


def run_or_exit(command):
    status, output = run(command)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: {status}\n{output}")
    return output


def lists(read):
    """The committed lists' names, with the lines that the header gives."""
    return {
        "functions.txt": [f.prototype() for f in sorted(read.functions, key=lambda f: f.name)],
        "constants.txt": [f"{name} {number}" for name, number in read.constants.items() if "_VERSION_" not in name],
    }


def compare(committed, now, what):
    different = list(difflib.unified_diff(committed, now, "committed", what, lineterm="", n=0))
    print("\n".join(different) if different else f"{len(now)} as committed")
    return bool(different)


def check_lists(arguments):
    now = lists(header.read(arguments.header))
    return any([compare((HERE / name).read_text().splitlines(), lines, "smolgrad.h") for name, lines in now.items()])


def check_exports(arguments):
    symbols = run_or_exit([arguments.nm, "-D", "--defined-only", arguments.library]).split()
    exported = sorted(symbol for symbol in symbols if symbol.startswith("smolgrad_"))
    prototypes = (HERE / "functions.txt").read_text().splitlines()
    committed = sorted(prototype.split("(")[0].split()[-1].lstrip("*") for prototype in prototypes)
    return compare(committed, exported, "exported")


def build_from_header(arguments, folder):
    """A shared library of functions that do nothing, with debugging information."""
    source = [f'#include "{pathlib.Path(arguments.header).resolve()}"']
    source += [f"{function.code} {{ for (;;) {{}} }}" for function in header.read(arguments.header).functions]
    (folder / "smolgrad.c").write_text("\n".join(source) + "\n")
    options = ["-std=c99", "-g", "-fPIC", "-shared", "-nostdlib", f"-Wl,-soname,{arguments.soname}"]
    run_or_exit([arguments.cc, *options, "-o", folder / "smolgrad.so", folder / "smolgrad.c"])
    return folder / "smolgrad.so"


def check_description(arguments):
    with tempfile.TemporaryDirectory() as folder:
        library = build_from_header(arguments, pathlib.Path(folder))
        # A sign or a const that changed is harmless to abidiff, not to a caller.
        status, output = run([*ABIDIFF, "--harmless", DESCRIPTION, library])
    print(output)
    return status != 0


def check_library(arguments):
    if b".debug_info" not in pathlib.Path(arguments.library).read_bytes():
        sys.exit("no debugging information: abidiff would compare nothing and pass")
    # A structure is opaque to the header and not to the library, which is harmless indeed.
    status, output = run([*ABIDIFF, "--ignore-soname", DESCRIPTION, arguments.library])
    print(output)
    return status != 0


def renew(arguments):
    read = header.read(arguments.header)
    now = lists(read)
    if DESCRIPTION.exists() and f"soname='{arguments.soname}'" in DESCRIPTION.read_text():
        committed = {name: (HERE / name).read_text().splitlines() for name in now}
        gone = [line for name, lines in committed.items() for line in lines if line not in now[name]]
        if gone or check_description(arguments):
            print("\n".join(gone))
            sys.exit("This is no addition: it breaks callers, and bumps SMOLGRAD_SOVERSION first (CONTRIBUTING.md).")
    with tempfile.TemporaryDirectory() as folder:
        library = build_from_header(arguments, pathlib.Path(folder))
        description = run_or_exit([*ABIDW, library])
    description = description.replace(str(library.with_suffix(".c")), "smolgrad.c")
    DESCRIPTION.write_text(description)
    for name, lines in now.items():
        (HERE / name).write_text("\n".join(lines) + "\n")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = {
        "lists": (check_lists, ["header"]),
        "exports": (check_exports, ["nm", "library"]),
        "description": (check_description, ["header", "cc", "soname"]),
        "library": (check_library, ["library"]),
        "renew": (renew, ["header", "cc", "soname"]),
    }
    commands = parser.add_subparsers(required=True)
    for name, (check, options) in checks.items():
        command = commands.add_parser(name)
        command.set_defaults(check=check)
        for option in options:
            command.add_argument(f"--{option}", required=True)
    arguments = parser.parse_args()
    if arguments.check(arguments):
        sys.exit("The C interface is not what is committed. If it only grew, build renew_abi; else see CONTRIBUTING.md.")


if __name__ == "__main__":
    main()
