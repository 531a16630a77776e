"""Names in scope, and random values and conditions over them."""

from dataclasses import dataclass, field

from tree import Choice, Expression, Items, Node, Optional
from twin import visible_columns

RESERVED = {"order", "odd name", "user"}
ROWIDS = ["rowid", "oid", "_rowid_", "ROWID", '"rowid"', "[oid]"]


@dataclass
class Name:
    name: str
    kind: str


@dataclass
class Source:
    name: str  # by which its columns are qualified
    columns: list
    rowid: bool = False
    table: bool = False  # a schema's table under its own name, so that main.t.c works
    hidden: list = field(default_factory=list)  # fields that do not exist for the user

class Expressions:
    """What a SELECT is made of. `scalar`, EXISTS and IN ask select() of the class that is made from this one."""

    def __init__(self, rng, schema):
        self.rng = rng
        self.schema = schema
        self.readable = [t for t in schema.tables if t.select != "NONE"]
        self.singles = [t for t in self.readable if len(visible_columns(t)) == 1]
        self.frames = []  # what is in scope, innermost last
        self.ctes = []  # [(name, columns)], innermost last
        self.serial = 0
        self.budget = 0
        self.shadowed = set()  # tables that a WITH at work is about to hide
        self.orderable = None  # the tables of the last SELECT, where ORDER BY may name their columns
        self.innermost = 0  # the outermost frame that may be named
        self.named_window = None
        self.unused = 0  # inside CTEs: SQLite never looks at one that nothing reads
        self.named = 0  # how many columns have been named
        self.qualify = False  # in ON, which is resolved over tables still to come

    def chance(self, share):
        return self.rng.random() < share

    def pick(self, *things):
        return self.rng.choice(things)

    def fresh(self, prefix):
        self.serial += 1
        return f"{prefix}{self.serial}"

    def spell(self, name, string=False):
        """One of the ways to write a name. A string literal is a name only in certain places."""
        bare = name.isidentifier() and name not in RESERVED
        if bare and self.chance(0.6):
            return self.pick(name, name, name, name.upper(), name.capitalize())
        if bare and self.chance(0.3):
            name = name.upper()
        styles = [f'"{name}"', f"[{name}]", f"`{name}`"] + ([f"'{name}'"] if string else [])
        return self.pick(*styles)

    def column(self, kind=None, frames=None):
        """A reference to a column in scope, or None."""
        frames = self.frames if frames is None else frames
        if not frames:
            return None
        depth = len(frames) - 1
        while depth > self.innermost and self.chance(0.25):
            depth -= 1
        frame = frames[depth]
        found = [
            (s, c) for s in frame for c in s.columns if kind is None or c.kind == kind or (
                kind == "text" and c.kind == "json"
            )
        ]
        if kind in (None, "int"):
            found += [(s, None) for s in frame if s.rowid and self.chance(0.3)]
        if not found:
            return None
        source, column = self.rng.choice(found)
        self.named += 1
        shadowed = any(
            s.name == source.name for f in frames[depth + 1:] for s in f
        ) or sum(s.name == source.name for s in frame) > 1
        if self.qualify and (
            shadowed or (depth < len(frames) - 1 and any(t.name == source.name for t in self.schema.tables))
        ):
            return None  # a table still to come may bear the name
        if self.chance(0.004) and source.hidden and not self.unused:
            return Expression(
                self.pick(f"{source.name}.", "") + self.pick("[%s]", "%s") % self.rng.choice(source.hidden)
            )
        if column is None:
            alone = depth == len(frames) - 1 and len(frame) == 1 and not self.qualify
            word = self.rng.choice(ROWIDS)
            return Expression(
                word if alone and self.chance(0.5) else f"{self.spell(source.name, True)}.{word}"
            ) if not shadowed else None
        single = sum(column.name == c.name for f in frames[depth:] for s in f for c in s.columns) == 1
        if shadowed or (single and not self.qualify and self.chance(0.5)):
            return Expression(self.spell(column.name)) if single else None
        prefix = "main." if source.table and self.chance(0.12) else ""
        return Expression(f"{prefix}{self.spell(source.name, True)}.{self.spell(column.name, True)}")

    def literal(self, kind):
        if kind == "int":
            return Expression(self.pick("0", "1", "2", "3", "5", "10", "-1", "NULL", "0x1F"))
        if kind == "real":
            return Expression(self.pick("0.5", "1.5", "2.25", "1e2", "-.5"))
        if kind == "json":
            return Expression(self.pick("'[1,2,3]'", "'{\"n\":1}'", "'null'"))
        return Expression(self.pick("'a'", "'5'", "''", "'Red'", "'NOTE'", "'x''y'", "x'61'", "'10'"))

    def value(self, kind=None, depth=3):
        kind = kind or self.pick("int", "int", "text", "text", "real", "json")
        self.budget -= 1
        if depth <= 0 or self.budget < 0 or self.chance(0.4):
            # JSON functions get nothing but JSON, so that an error tells of a value that the user cannot see.
            return (
                self.chance(0.85) and (self.column(kind) or (kind != "json" and self.column()))
            ) or self.literal(kind)
        return getattr(self, "value_" + kind)(depth - 1)

    def value_int(self, depth):
        v = lambda k="int": self.value(k, depth)
        n = self.rng.randrange(19)
        if n == 17:
            return self.value_of_document(depth)
        if n == 18:
            form = self.rng.randrange(4)
            if form == 0:
                return Expression(self.pick("unicode(", "soundex("), v("text"), ")")
            if form == 1:
                return Expression("(~ ", v(), ")")
            if form == 2:
                return Expression("(VALUES (", v(), "))")
            return Expression("(", v(), self.pick(" | ", " >> ", " IS DISTINCT FROM "), v(), ")")
        if n == 0:
            return Expression("(", v(), self.pick(" + ", " - ", " % ", " / ", " & ", " << "), v(), ")")
        if n == 1:
            return Expression("length(", v("text"), ")")
        if n == 2:
            return Expression("coalesce(", v(), ", ", v(), ")")
        if n == 3:
            return Expression("CASE WHEN ", self.truth(depth), " THEN ", v(), Optional(" ELSE ", v()), " END")
        if n == 4:
            return Expression("CASE ", v(), " WHEN ", v(), " THEN ", v(), " ELSE ", v(), " END")
        if n == 5:
            return Expression("abs(", v(), ")")
        if n == 6:
            return Expression("CAST(", v("text"), " AS INTEGER)")
        if n == 7:
            return Expression("(- ", v(), ")")
        if n == 8:
            return Expression("iif(", self.truth(depth), ", ", v(), ", ", v(), ")")
        if n in (9, 10, 11):
            return self.scalar(depth, "int")
        if n == 12:
            return Expression("(", v("json"), self.pick(" ->> '$.n'", " -> 'n'", " ->> 'a'", " ->> 0"), ")")
        if n == 13:
            return Expression(self.pick("json_array_length(", "json_valid(", "json_type("), v("json"), ")")
        if n == 14:
            return Expression(self.pick("min(", "max(", "nullif("), v(), ", ", v(), ")")
        if n == 15:
            return Expression("(", self.truth(depth), ")")
        return Expression("instr(", v("text"), ", ", v("text"), ")")

    def value_text(self, depth):
        v = lambda k="text": self.value(k, depth)
        n = self.rng.randrange(12)
        if n == 11:
            return Expression(self.pick("printf('%s-%d', ", "format('%.3s|%d', "), v(), ", ", v("int"), ")")
        if n == 0:
            return Expression("(", v(), " || ", v(), ")")
        if n == 1:
            return Expression(self.pick("lower(", "upper(", "trim(", "typeof(", "quote(", "hex("), v(), ")")
        if n == 2:
            return Expression("substr(", v(), ", ", self.value("int", 0), ", 2)")
        if n == 3:
            return Expression("ifnull(", v(), ", ", v(), ")")
        if n == 4:
            return Expression("CASE WHEN ", self.truth(depth), " THEN ", v(), " ELSE ", v(), " END")
        if n == 5:
            return Expression("replace(", v(), ", 'a', ", v(), ")")
        if n == 6:
            return Expression("CAST(", v("int"), " AS TEXT)")
        if n in (7, 8):
            return self.scalar(depth, "text")
        if n == 9:
            return Expression("typeof(", v(self.pick("int", "real", "text")), ")")
        return Expression("(", v(), self.pick(" COLLATE NOCASE", " COLLATE binary", " COLLATE \"rtrim\""), ")")

    def value_real(self, depth):
        n = self.rng.randrange(4)
        if n == 0:
            return Expression("(", self.value("int", depth), " / 2.0)")
        if n == 1:
            return Expression("round(", self.value("real", depth), ", 1)")
        if n == 2:
            return Expression(
                "(", self.value("real", depth), self.pick(" * ", " + ", " - "), self.value("int", depth), ")"
            )
        return self.scalar(depth, "real")

    def value_json(self, depth):
        if self.chance(0.02):
            return Expression(self.pick("json('{broken')", "json_array(abs(-9223372036854775807 - 1))"))
        if self.chance(0.7):
            return Expression(self.pick("json(", "json_quote(", "json_remove("), self.value("json", depth), ")")
        return Expression("json_array(", self.literal("int"), ", ", self.value("json", depth), ")")

    def value_of_document(self, depth):
        """What json_each or json_extract find in a column."""
        document = self.value("json", 0)
        if self.budget < 4 or self.chance(0.4):
            return Expression("json_extract(", document, self.pick(", '$.n')", ", '$[1]')", ", '$.a[0]')"))
        self.budget -= 4
        function, alias = self.pick("json_each(", "json_tree("), self.fresh("e")
        self.frames.append([Source(alias, [Name("type", "text"), Name("fullkey", "text"), Name("key", "int")])])
        where = Optional(" WHERE ", self.truth(depth - 1))
        self.frames.pop()
        return Expression("(SELECT count(*) FROM ", function, document, f") AS {alias}", where, ")")

    def scalar(self, depth, kind):
        """A sub-select for one value."""
        if self.budget < 4 or len(self.frames) > 3:
            return self.literal(kind)
        self.budget -= 4
        n = self.rng.randrange(4)
        if n == 0:
            return Expression("(", self.select([kind], depth, one_row=True)[0], ")")
        from_node, frame = self.sources(depth, most=2)
        self.frames.append(frame)
        inner = self.column(kind, self.frames[-1:]) or self.literal(kind)
        function = self.pick("count", "min", "max", "count") if kind == "int" else self.pick("min", "max")
        where = Optional(" WHERE ", self.truth(depth))
        self.frames.pop()
        distinct = "DISTINCT " if function == "count" and self.chance(0.3) else ""
        body = "*" if function == "count" and not distinct and self.chance(0.5) else inner
        return Expression(f"(SELECT {function}({distinct}", body, ") FROM ", from_node, where, ")")

    def truth(self, depth=3):
        """A condition."""
        self.budget -= 1
        if depth <= 0 or self.budget < 0:
            kind = self.pick("int", "text")
            return Expression(
                self.column(kind) or self.literal(kind),
                self.pick(" = ", " < ", " IS NOT ", " >= "),
                self.column() or self.literal(kind),
            )
        depth -= 1
        kind = self.pick("int", "int", "text", "real")
        other = kind if self.chance(0.8) else self.pick("int", "text", "real")
        v = lambda k=kind: self.value(k, depth)
        n = self.rng.randrange(26)
        if n == 24:
            return self.in_document(v)
        if n == 25:
            return self.in_pairs(v)
        if n < 5:
            return Expression(
                v(),
                " " + self.pick(
                    "=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "IS NOT DISTINCT FROM"
                ) + " ",
                v(other),
            )
        if n < 8:
            return Expression("(", self.truth(depth), self.pick(" AND ", " OR "), self.truth(depth), ")")
        if n == 8:
            return Expression("NOT (", self.truth(depth), ")")
        if n == 9:
            return Expression(
                v(), self.pick(" ISNULL", " IS NULL", " NOTNULL", " NOT NULL", " IS TRUE", " IS NOT FALSE")
            )
        if n == 10:
            return Expression(v(), self.pick(" BETWEEN ", " NOT BETWEEN "), v(), " AND ", v(other))
        if n == 11:
            pattern = self.pick("'a%'", "'%B%'", "'_'", "'1_'", "'%5%'")
            return Expression(
                v("text"),
                self.pick(" LIKE ", " NOT LIKE "),
                Choice(v("text") if self.chance(0.2) else pattern, simpler=["'a%'"]),
                Optional(" ESCAPE '!'"),
            )
        if n == 12:
            return Expression(v("text"), self.pick(" GLOB ", " NOT GLOB "), self.pick("'*a*'", "'?'", "'[ABx]*'"))
        if n == 13:
            return Expression(
                v(),
                self.pick(" IN (", " NOT IN ("),
                Items(", ", [v(other) for _ in range(self.rng.randint(1, 3))]),
                ")",
            )
        if n in (14, 15):
            if self.budget < 4:
                return Expression(v(), " IN ()")
            self.budget -= 4
            return Expression(v(), self.pick(" IN (", " NOT IN ("), self.select([kind], depth)[0], ")")
        if n == 16:
            single = [self.spell(name) for name, columns in self.ctes if len(columns) == 1]
            for table in self.singles:
                single.append("main." + self.spell(table.name))
                if table.name not in self.shadowed and all(table.name != name for name, _ in self.ctes):
                    single += [self.spell(table.name, True) for _ in range(3)]
            if not single:
                return Expression(v("int"), " IN (VALUES (1), (2))")
            return Expression(v("int"), self.pick(" IN ", " NOT IN "), self.rng.choice(single))
        if n in (17, 18):
            if self.budget < 4:
                return Expression("1")
            self.budget -= 4
            return Expression(
                self.pick("EXISTS (", "NOT EXISTS ("), self.select([self.pick("int", "text")], depth)[0], ")"
            )
        if n == 19:
            return Expression(
                "(",
                v(),
                ", ",
                v("int"),
                ")",
                self.pick(" = ", " < ", " IS NOT ", " >= "),
                "(",
                v(),
                ", ",
                v("int"),
                ")",
            )
        if n == 20:
            if self.budget < 4:
                return Expression("0")
            self.budget -= 4
            return Expression(
                "(", v(), ", ", v("int"), self.pick(") IN (", ") NOT IN ("), self.select([kind, "int"], depth)[0], ")"
            )
        if n == 21:
            return Expression(
                "(",
                v(),
                ", ",
                v("int"),
                ") IN (VALUES ",
                Items(", ", [Node("(", self.literal(kind), ", ", self.literal("int"), ")") for _ in range(2)]),
                ")",
            )
        if n == 22 and self.budget >= 4:
            self.budget -= 4
            return Expression(
                "(",
                v(),
                ", ",
                v("int"),
                self.pick(") = (", ") < (", ") IS NOT ("),
                self.select([kind, "int"], depth, one_row=True)[0],
                ")",
            )
        return Expression(v("int"))

    def in_document(self, value):
        """A value looked for in a column's JSON."""
        function, alias = self.pick("json_each(", "json_tree("), self.fresh("e")
        document = self.value("json", 0)
        if self.chance(0.5):
            return Expression(value("int"), self.pick(" IN (", " NOT IN ("), "SELECT ", self.pick("value", "atom", f"{alias}.key"),
                              " FROM ", function, document, f") AS {alias})")
        self.frames.append([Source(alias, [Name("key", "int")])])  # a bare rowid would be its
        sought = value("int")
        self.frames.pop()
        return Expression("EXISTS (SELECT 1 FROM ", function, document, f") AS {alias} WHERE {alias}.atom ",
                          self.pick("= ", "> ", "IS NOT "), sought, ")")

    def in_pairs(self, value):
        """A row looked for in a table or common table expression of two columns."""
        found = [self.spell(name) for name, columns in self.ctes if len(columns) == 2]
        found += ["main." + self.spell(t.name) for t in self.readable if len(visible_columns(t)) == 2]
        if not found:
            return Expression("(", value("int"), ", ", value("int"), ") IN (VALUES (1, 2), (3, 1))")
        return Expression("(", value("int"), ", ", value("int"), ")", self.pick(" IN ", " NOT IN "), self.rng.choice(found))
