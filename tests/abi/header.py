"""Reads smolgrad.h: its constants, its functions, and what their comments say.

A comment documents the declaration after it, one that begins with < the declaration before it. Between @{ and @} the
comment of the first declaration is that of all which have none, unless the group has a @name; then its comment adds to
theirs. A comment with @defgroup begins a section, whose list says what holds in it: `- Threads: any.`
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"/\*(?P<comment>.*?)\*/"
    r"|^\#define[ ](?P<constant>SMOLGRAD_\w+)[ \\\n]+(?P<number>-?\d+)"
    r"|^SMOLGRAD_API[ ](?P<declaration>[^;]*);"
    r"|^typedef[ ]struct[ ]\w+[ ](?P<type>\w+);",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
PARAMETER_NAME = re.compile(r"(?<=[\w*] )\w+(?=(\[\])?[,)])|(?<=\(\*)\w+(?=\))")


@dataclass
class Group:
    section: bool
    text: str
    shared: str = ""


@dataclass
class Declaration:
    """A function, a constant or a type; `around` is what its group says, `section` what its section does."""

    name: str
    code: str
    comment: str
    around: str
    section: str

    def prototype(self):
        """The function without the names of parameters, which no caller depends on."""
        return PARAMETER_NAME.sub("", self.code).replace(" []", "[]").replace(" ,", ",").replace(" )", ")")


@dataclass
class Header:
    text: str
    constants: dict
    types: set
    functions: list
    others: list


def plain(comment):
    """A comment's text, without the asterisks, on one line but for the items of a list."""
    lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in comment.lstrip("*<").split("\n")]
    return re.sub(r"\s*\n(?!- )\s*", " ", "\n".join(lines)).strip()


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    header = Header(text, {}, set(), [], [])
    groups = []
    pending = ""
    last = None

    def declare(name, code):
        nonlocal pending, last
        around = next((group for group in groups if not group.section), Group(False, ""))
        if not around.text:
            around.shared = around.shared or pending
            pending = pending or around.shared
        section = next((group.text for group in groups if group.section), "")
        last = Declaration(name, code, pending, around.text, section)
        pending = ""
        return last

    for token in TOKEN.finditer(text):
        comment = token["comment"]
        if comment is not None:
            if comment.startswith("*<"):
                last.comment = plain(comment)
            elif not comment.startswith("*"):
                pending = ""
            elif "@}" in comment:
                groups.pop()
                pending = ""
            elif "@{" in comment:
                groups.append(Group("@defgroup" in comment, plain(comment.replace("@{", "")).replace("@name ", "")))
                pending = ""
            else:
                pending = plain(comment)
        elif token["constant"]:
            header.constants[token["constant"]] = int(token["number"])
            header.others.append(declare(token["constant"], token["number"]))
        elif token["type"]:
            header.types.add(token["type"])
            header.others.append(declare(token["type"], ""))
        else:
            code = " ".join(token["declaration"].split()).replace("( ", "(")
            header.functions.append(declare(re.match(r".*?(smolgrad_\w+)\(", code)[1], code))
    assert not groups, f"not closed: {groups[-1].text}"
    defined = set(re.findall(r"^#define (SMOLGRAD_\w+)", text, re.MULTILINE)) - {"SMOLGRAD_H", "SMOLGRAD_API"}
    assert defined == set(header.constants), f"no plain numbers: {defined - set(header.constants)}"
    return header
