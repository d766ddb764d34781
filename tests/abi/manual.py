#!/usr/bin/env python3
"""manual.py smolgrad.h: every function says whose what it returns is, in which units its numbers are, how it fails and
on which threads it may be called.

Errors, threads, units and ownership are those of its section (`- Threads: any.`) unless its own comment has the same
label. The rest follows from its type:

- each parameter is named, but for the handle that the function is of;
- a status has codes, and a failed pointer, double or count is NULL, NaN or 0;
- a pointer that is no handle is static or borrowed;
- numbers have units, and pointers an owner.
"""

import re
import sys

import header

LABEL = r"\b{}: (.*?)(?= \b(?:Ownership|Units|Errors|Threads): |\n- |$)"
NO_COMMENT = "has no comment (/** before it, or /**< behind)"
FAILURE = {"double": "NaN", "size_t": "0", "uint64_t": "0"}


def said(function, label):
    """What the function's own comment says of it, and what its section does."""
    label = re.compile(LABEL.format(label), re.DOTALL)
    texts = (function.comment, function.around, function.section)
    return [found[1] for text in texts if (found := label.search(text))]


def parameters(function):
    """Type and name of each; those of callbacks are one, and what these are called with is another matter."""
    text = function.code[function.code.index("(") + 1 : -1]
    while True:
        flat = re.sub(r"\w[\w* ]*\(\*(\w*)\)\([^()]*\)", r"callback \1", text)
        if flat == text:
            break
        text = flat
    return [re.match(r"(.*?)(\w+)(\[\])?$", part.strip()).groups() for part in text.split(",") if text != "void"]


def faults(function, codes, types):
    if not function.comment:
        return [NO_COMMENT]
    comment = f"{function.comment} {function.around}"
    everything = f"{comment} {function.section}"
    found = []
    for label in ("Errors", "Threads"):
        if not said(function, label):
            found.append(f"neither its comment nor its section's has '{label}: '")

    returns = function.code[: function.code.index(function.name + "(")].strip()
    taken = parameters(function)
    for position, (kind, name, _) in enumerate(taken):
        is_subject = position == 0 and re.sub(r"const |[* ]", "", kind) in types
        if not is_subject and not re.search(rf"\b{name}\b", everything):
            found.append(f"does not say what '{name}' is")

    if returns.endswith("*"):
        if "NULL" not in everything and not re.search(r"\b[Ss]tatic\b", comment):
            found.append("does not say when it returns NULL")
        if returns[:-1] not in types and not re.search(r"\b(Static|Borrowed)\b", comment):
            found.append("does not say 'Static' or 'Borrowed' of the pointer returned")
    elif returns in FAILURE and not re.search(rf"\b{FAILURE[returns]}\b", everything):
        found.append(f"does not say when it returns {FAILURE[returns]}")
    elif returns == "int32_t":
        errors = " ".join([comment, *said(function, "Errors")])
        if not codes & set(re.findall(r"\b[A-Z_]+\b", errors)) and not re.search(r"\b(none|no status)\b", errors):
            found.append("does not say which errors it returns")

    pointers = [kind for kind, _, array in taken if "*" in kind or array]
    if (pointers or returns.endswith("*")) and not said(function, "Ownership"):
        found.append("neither its comment nor its section's has 'Ownership: '")
    numbers = re.compile(r"double|float|size_t|uint\d+_t|void\*")
    if any(numbers.search(kind) for kind in [returns, *(kind for kind, _, _ in taken)]) and not said(function, "Units"):
        found.append("neither its comment nor its section's has 'Units: '")
    return found


def unknown_names(read):
    """What comments call smolgrad_... or SMOLGRAD_... and is not there. Three dots are for whatever begins so."""
    names = {declared.name for declared in read.functions + read.others}
    for comment in re.findall(r"/\*.*?\*/", read.text, re.DOTALL):
        for name, dots in re.findall(r"\b((?:smolgrad|SMOLGRAD)_\w*)(\.\.\.)?", comment):
            begins = dots or name.endswith("_")
            if name not in names and not (begins and any(known.startswith(name) for known in names)):
                yield f"{name} is spoken of, but not there"


def wrong(read):
    codes = {name[len("SMOLGRAD_ERROR_") :] for name in read.constants if name.startswith("SMOLGRAD_ERROR_")}
    found = [f"{function.name} {fault}" for function in read.functions for fault in faults(function, codes, read.types)]
    found += [f"{other.name} {NO_COMMENT}" for other in read.others if not other.comment]
    return found + list(unknown_names(read))


def main():
    read = header.read(sys.argv[1])
    found = wrong(read)
    print("\n".join(found) if found else f"{len(read.functions)} functions are documented")
    sys.exit(bool(found) or not read.functions)


if __name__ == "__main__":
    main()
