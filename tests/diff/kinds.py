"""Texts whose kind the server has met: their literals are bound, and they share a plan with others."""

import re

LITERALS_MAX = 64  # the server binds none of a text that has more
TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)|(?P<blob>[xX]'[^']*')|(?P<string>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*"|[\w$@:?#.]*[A-Za-z_$@:?#\x80-\U0010ffff][\w$.]*)"""
    r"""|(?P<real>\d+\.\d+)|(?P<integer>\d+)|(?P<other>.)""",
    re.DOTALL,
)
COMPARED = {"=", "<", ">", "between"}  # what stands before a literal that is surely bound; `>=` ends in `=`


def tokens(sql):
    return [(match.lastgroup, match.group()) for match in TOKEN.finditer(sql)]


def groups(statements):
    """The statements in groups whose literals are bound, if they may be."""
    some, literals = [], 0
    for statement in statements:
        count = sum(kind in ("blob", "string", "real", "integer") for kind, _ in tokens(statement))
        if some and literals + count > LITERALS_MAX:
            yield some
            some, literals = [], 0
        some, literals = some + [statement], literals + count
    if some:
        yield some


def another(rng, sql):
    """The text with other values where some of its literals are compared."""
    made, before = [], ""
    for kind, text in tokens(sql):
        bound = before.lower() in COMPARED and rng.random() < 0.7
        if bound and kind == "string":
            made.append(rng.choice(["''", "'x'", "'it''s'", "'5'", "'Ann'"]))
        elif bound and kind == "integer" and text not in "01":
            made.append(str(rng.randint(2, 12)))
        elif bound and kind == "real":
            made.append(rng.choice(["2.5", "5.0", "0.25"]))
        else:
            made.append(text)
        before = before if kind == "blank" else text
    return "".join(made)


def shared(log):
    """How many statements have shared a plan so, and how many could not although their kind was known."""
    for line in log:
        if "shared a plan but for their literals" in line:
            return [int(number) for number in re.findall(r"\d+", line.split("literals:")[1])]
    return [0, 0]
