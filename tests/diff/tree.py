"""Statements as trees of text, so that a failing one can be made smaller.

A generator builds a statement from strings and these nodes; `str()` gives the text. shrink() takes away what the
failure does not need.
"""


class Node:
    """Text and nodes in order."""

    def __init__(self, *parts):
        self.parts = list(parts)
        self.gone = None  # what stands here instead

    def __str__(self):
        return str(self.gone) if self.gone is not None else "".join(map(str, self.parts))

    def children(self):
        if self.gone is not None:
            return [self.gone] if isinstance(self.gone, Node) else []
        return [p for p in self.parts if isinstance(p, Node)]

    def everything(self):
        yield self
        for child in self.children():
            yield from child.everything()

    def smaller(self):
        """What may be tried in this node's place."""
        return []


class Optional(Node):
    """A clause that may be left out."""

    def smaller(self):
        return [""]


class Having(Optional):
    """The condition of groups."""


class Expression(Node):
    """A value: another value, or one of its own parts, may stand for it."""

    def smaller(self):
        below = [n for n in self.everything() if n is not self and isinstance(n, Expression)]
        return ["1", "NULL"] + below[:12]


class Choice(Node):
    """A sub-select or the like: one of the given simpler nodes may stand for it."""

    def __init__(self, *parts, simpler=()):
        super().__init__(*parts)
        self.simpler = list(simpler)

    def smaller(self):
        return self.simpler


class Items(Node):
    """A list with a separator: each item but the last may go."""

    def __init__(self, separator, items):
        super().__init__(*[i if isinstance(i, Node) else Node(i) for i in items])
        self.separator = separator

    def __str__(self):
        if self.gone is not None:
            return str(self.gone)
        return self.separator.join(str(p) for p in self.parts)


def shrink(root, still_fails, tries=250):
    """Makes `root` smaller in place while still_fails(text) holds."""
    progress = True
    while progress and tries > 0:
        progress = False
        for node in list(root.everything()):
            if tries <= 0:
                break
            if isinstance(node, Items):
                for part in list(node.parts):
                    if len(node.parts) < 2 or tries <= 0:
                        break
                    kept = node.parts
                    node.parts = [p for p in kept if p is not part]
                    tries -= 1
                    if still_fails(str(root)):
                        progress = True
                    else:
                        node.parts = kept
            if node.gone is not None:
                continue
            before = str(root)
            for option in node.smaller():
                node.gone = option
                text = str(root)
                if len(text) < len(before):
                    tries -= 1
                    if still_fails(text):
                        progress = True
                        break
                node.gone = None
    return str(root)
