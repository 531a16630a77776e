"""Random FROM clauses: tables, common table expressions, sub-selects, VALUES and json_each in joins of every kind."""

from expressions import Expressions, Name, Source
from tree import Choice, Expression, Items, Node, Optional
from twin import visible_columns


class Sources(Expressions):
    """Adds FROM."""

    def source(self, depth):
        """One item of FROM: (node, Source)."""
        n = self.rng.random()
        if n < 0.12 and self.budget > 6 and depth > 0:
            self.budget -= 6
            kinds = [self.pick("int", "text", "int") for _ in range(self.rng.randint(1, 3))]
            # it may read what is around the SELECT in whose FROM it stands
            node, names = self.select(kinds, depth - 1, names=True, isolated=self.chance(0.7), derived=True)
            alias = self.fresh("d")
            return Node("(", node, ")", self.pick(" AS ", " "), self.spell(alias, True)), Source(alias, names)
        if n < 0.15:
            alias = self.fresh("v")
            rows = Items(
                ", ",
                [
                    Node(
                        "(", self.literal("int"), ", ", self.literal("text"), ")"
                    ) for _ in range(self.rng.randint(1, 3))
                ],
            )
            return Node("(VALUES ", rows, ") AS " + alias), Source(
                alias, [Name("column1", "int"), Name("column2", "text")]
            )
        if n < 0.17:
            alias = self.fresh("j")
            return Node("json_each('[1,2,\"a\"]') AS " + alias), Source(
                alias, [Name("value", "int"), Name("key", "int"), Name("type", "text")]
            )
        if n < 0.37 and self.ctes:
            name, columns = self.rng.choice(self.ctes)
            table = False
            rowid, hidden = False, []
            node = self.spell(name, True)
        else:
            t = self.rng.choice(self.readable)
            name, columns = t.name, [Name(c.name, c.kind) for c in visible_columns(t)]
            qualified = self.chance(0.15) or t.name in self.shadowed
            if not qualified:  # a CTE may bear the table's name
                for cte, its in reversed(self.ctes):
                    if cte == name:
                        columns = its
                        break
                else:
                    qualified = None
            shadowed = qualified is False
            rowid = t.shows_rowid() and not shadowed
            hidden = [] if shadowed else [c.name for c in t.columns if c.select == "NONE"]
            table = not shadowed
            node = (self.pick("main.", "MAIN.", '"main".') if qualified else "") + self.spell(name, True)
        if self.chance(0.45):
            alias = self.fresh("t") if self.chance(0.9) else self.rng.choice(self.readable).name
            return Node(
                node, self.pick(" AS ", " ") if alias.isidentifier() else " AS ", self.spell(alias, True)
            ), Source(alias, columns, rowid, False, hidden)
        hint = ""
        if table and not t.view and not t.virtual and self.chance(0.08):
            # an index of a hidden column is not there
            names = [] if any(c.select == "NONE" for c in t.columns) else [index.split(" ON ")[0] for index in t.indexes]
            hint = Optional(self.pick(" NOT INDEXED", *(f" INDEXED BY {name}" for name in names)))
        return Node(node, hint), Source(name, columns, rowid, table, hidden)

    def sources(self, depth, most=3):
        """A join: (node, frame)."""
        node, first = self.source(depth)
        frame = [first]
        parts = [node]
        size = self.rng.choice([1, 1, 1, 2, 2, 3])
        for _ in range(min(size, most) - 1):
            documents = [(s, c) for s in frame for c in s.columns if c.kind == "json"]
            if documents and self.chance(0.25):
                held, c = self.rng.choice(documents)
                alias = self.fresh("e")
                parts.append(
                    Optional(
                        self.pick(", ", " JOIN ", " CROSS JOIN "),
                        self.pick("json_each(", "json_tree("),
                        f"{self.spell(held.name, True)}.{self.spell(c.name)}) AS {alias}",
                    )
                )
                columns = [Name("type", "text"), Name("fullkey", "text"), Name("key", "int"), Name("value", "text")]
                frame.append(Source(alias, columns))
                continue
            item, source = self.source(depth)
            if source.name in [s.name for s in frame]:
                continue
            nested = None
            if self.chance(0.12) and most > 2:
                second, other = self.source(depth)
                if other.name not in [s.name for s in frame] + [source.name]:
                    self.frames.append([source, other])
                    source.rowid = other.rowid = False  # what is joined in parentheses has none on its outside
                    held, self.qualify = self.qualify, True
                    inner = self.pick(" JOIN ", " LEFT JOIN ", " CROSS JOIN ")
                    item = Choice("(", item, inner, second, Node(" ON ", self.truth(1)), ")", simpler=[item, second])
                    self.frames.pop()
                    self.qualify = held
                    nested = other
            elif self.chance(0.06) and source.table:  # SQLite 3.40 loses an alias in such parentheses
                item = Node("(", item, ")")
            common = [c.name for c in source.columns if sum(c.name == d.name for s in frame for d in s.columns) == 1]
            frame.append(source)
            if nested:
                frame.append(nested)
            n = self.rng.random()
            if n < 0.12 and not nested:
                parts.append(
                    Optional(
                        self.pick(
                            " NATURAL JOIN ", " NATURAL LEFT JOIN ", " NATURAL INNER JOIN ", " NATURAL FULL JOIN "
                        ),
                        item,
                    )
                )
            elif n < 0.3 and common and not nested:
                using = self.rng.sample(common, 1)
                parts.append(
                    Optional(
                        self.pick(" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "),
                        item,
                        " USING (" + self.spell(using[0], True) + ")",
                    )
                )
            else:
                kind = self.pick(
                    " JOIN ",
                    " INNER JOIN ",
                    " LEFT JOIN ",
                    " LEFT OUTER JOIN ",
                    " RIGHT JOIN ",
                    " FULL JOIN ",
                    " FULL OUTER JOIN ",
                    " CROSS JOIN ",
                    ", ",
                )
                self.frames.append(frame)
                held, self.qualify = self.qualify, True
                before = self.named
                on = self.truth(2) if self.chance(0.4) else self.equal(frame)
                if self.named == before:  # SQLite 3.40 loses the rows of a RIGHT JOIN behind a constant that is false
                    on = Expression("1")
                on = Optional(" ON ", on)
                self.frames.pop()
                self.qualify = held
                parts.append(Optional(kind, item, on))
        return Node(*parts), frame

    def equal(self, frame):
        left = self.column("int", [frame[:-1]]) or self.literal("int")
        right = self.column("int", [frame[-1:]]) or self.literal("int")
        return Expression(left, self.pick(" = ", " = ", " IS "), right)
