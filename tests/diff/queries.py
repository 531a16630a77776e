"""Random SELECTs over a described schema, the same ones for the same seed.

They are mostly valid, and mostly have one answer whatever the plan: a row picked out of several comes with an order, LIMIT comes
with an order over all columns. What still depends on the plan is noticed by running it on two differently built twins.
"""

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


class Generator:
    def __init__(self, rng, schema):
        self.rng = rng
        self.schema = schema
        self.readable = [t for t in schema.tables if t.select != "NONE"]
        self.frames = []  # what is in scope, innermost last
        self.ctes = []  # [(name, columns)], innermost last
        self.serial = 0
        self.budget = 0
        self.shadowed = set()  # tables that a WITH at work is about to hide
        self.orderable = None  # the tables of the last SELECT, where ORDER BY may name their columns
        self.named_window = None
        self.unused = 0  # inside CTEs: SQLite never looks at one that nothing reads
        self.qualify = False  # in ON, which is resolved over tables still to come

    # --- names

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

    # --- columns

    def column(self, kind=None, frames=None):
        """A reference to a column in scope, or None."""
        frames = self.frames if frames is None else frames
        if not frames:
            return None
        depth = len(frames) - 1
        while depth > 0 and self.chance(0.25):
            depth -= 1
        frame = frames[depth]
        found = [(s, c) for s in frame for c in s.columns if kind is None or c.kind == kind or (kind == "text" and c.kind == "json")]
        if kind in (None, "int"):
            found += [(s, None) for s in frame if s.rowid and self.chance(0.3)]
        if not found:
            return None
        source, column = self.rng.choice(found)
        shadowed = any(s.name == source.name for f in frames[depth + 1:] for s in f) or sum(s.name == source.name for s in frame) > 1
        if self.chance(0.004) and source.hidden and not self.unused:
            return Expression(self.pick(f"{source.name}.", "") + self.pick("[%s]", "%s") % self.rng.choice(source.hidden))
        if column is None:
            alone = depth == len(frames) - 1 and len(frame) == 1 and not self.qualify
            word = self.rng.choice(ROWIDS)
            return Expression(word if alone and self.chance(0.5) else f"{self.spell(source.name, True)}.{word}") if not shadowed else None
        single = sum(column.name == c.name for f in frames[depth:] for s in f for c in s.columns) == 1
        if self.qualify and (shadowed or (depth < len(frames) - 1 and any(t.name == source.name for t in self.schema.tables))):
            return None  # a table still to come may bear the name
        if shadowed or (single and not self.qualify and self.chance(0.5)):
            return Expression(self.spell(column.name)) if single else None
        prefix = "main." if source.table and self.chance(0.12) else ""
        return Expression(f"{prefix}{self.spell(source.name, True)}.{self.spell(column.name, True)}")

    # --- expressions

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
            return (self.chance(0.85) and (self.column(kind) or (kind != "json" and self.column()))) or self.literal(kind)
        return getattr(self, "value_" + kind)(depth - 1)

    def value_int(self, depth):
        v = lambda k="int": self.value(k, depth)
        n = self.rng.randrange(17)
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
        n = self.rng.randrange(11)
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
            return Expression("(", self.value("real", depth), self.pick(" * ", " + ", " - "), self.value("int", depth), ")")
        return self.scalar(depth, "real")

    def value_json(self, depth):
        if self.chance(0.02):
            return Expression(self.pick("json('{broken')", "json_array(abs(-9223372036854775807 - 1))"))
        if self.chance(0.7):
            return Expression(self.pick("json(", "json_quote(", "json_remove("), self.value("json", depth), ")")
        return Expression("json_array(", self.literal("int"), ", ", self.value("json", depth), ")")

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
            return Expression(self.column(kind) or self.literal(kind), self.pick(" = ", " < ", " IS NOT ", " >= "), self.column() or self.literal(kind))
        depth -= 1
        kind = self.pick("int", "int", "text", "real")
        other = kind if self.chance(0.8) else self.pick("int", "text", "real")
        v = lambda k=kind: self.value(k, depth)
        n = self.rng.randrange(24)
        if n < 5:
            return Expression(v(), " " + self.pick("=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "IS NOT DISTINCT FROM") + " ", v(other))
        if n < 8:
            return Expression("(", self.truth(depth), self.pick(" AND ", " OR "), self.truth(depth), ")")
        if n == 8:
            return Expression("NOT (", self.truth(depth), ")")
        if n == 9:
            return Expression(v(), self.pick(" ISNULL", " IS NULL", " NOTNULL", " NOT NULL", " IS TRUE", " IS NOT FALSE"))
        if n == 10:
            return Expression(v(), self.pick(" BETWEEN ", " NOT BETWEEN "), v(), " AND ", v(other))
        if n == 11:
            pattern = self.pick("'a%'", "'%B%'", "'_'", "'1_'", "'%5%'")
            return Expression(v("text"), self.pick(" LIKE ", " NOT LIKE "), Choice(v("text") if self.chance(0.2) else pattern, simpler=["'a%'"]), Optional(" ESCAPE '!'"))
        if n == 12:
            return Expression(v("text"), self.pick(" GLOB ", " NOT GLOB "), self.pick("'*a*'", "'?'", "'[ABx]*'"))
        if n == 13:
            return Expression(v(), self.pick(" IN (", " NOT IN ("), Items(", ", [v(other) for _ in range(self.rng.randint(1, 3))]), ")")
        if n in (14, 15):
            if self.budget < 4:
                return Expression(v(), " IN ()")
            self.budget -= 4
            return Expression(v(), self.pick(" IN (", " NOT IN ("), self.select([kind], depth)[0], ")")
        if n == 16:
            plain = [] if "pick" in self.shadowed or any(n == "pick" for n, _ in self.ctes) else ["pick", "'pick'", "[PICK]"]
            single = ["main.pick"] + plain + [self.spell(name) for name, columns in self.ctes if len(columns) == 1]
            return Expression(v("int"), self.pick(" IN ", " NOT IN "), self.rng.choice(single))
        if n in (17, 18):
            if self.budget < 4:
                return Expression("1")
            self.budget -= 4
            return Expression(self.pick("EXISTS (", "NOT EXISTS ("), self.select([self.pick("int", "text")], depth)[0], ")")
        if n == 19:
            return Expression("(", v(), ", ", v("int"), ")", self.pick(" = ", " < ", " IS NOT ", " >= "), "(", v(), ", ", v("int"), ")")
        if n == 20:
            if self.budget < 4:
                return Expression("0")
            self.budget -= 4
            return Expression("(", v(), ", ", v("int"), self.pick(") IN (", ") NOT IN ("), self.select([kind, "int"], depth)[0], ")")
        if n == 21:
            return Expression("(", v(), ", ", v("int"), ") IN (VALUES ", Items(", ", [Node("(", self.literal(kind), ", ", self.literal("int"), ")") for _ in range(2)]), ")")
        if n == 22 and self.budget >= 4:
            self.budget -= 4
            return Expression("(", v(), ", ", v("int"), self.pick(") = (", ") < (", ") IS NOT ("), self.select([kind, "int"], depth, one_row=True)[0], ")")
        return Expression(v("int"))

    # --- FROM

    def source(self, depth):
        """One item of FROM: (node, Source)."""
        n = self.rng.random()
        if n < 0.12 and self.budget > 6 and depth > 0:
            self.budget -= 6
            kinds = [self.pick("int", "text", "int") for _ in range(self.rng.randint(1, 3))]
            node, names = self.select(kinds, depth - 1, names=True, isolated=True)
            alias = self.fresh("d")
            return Node("(", node, ")", self.pick(" AS ", " "), self.spell(alias, True)), Source(alias, names)
        if n < 0.15:
            alias = self.fresh("v")
            rows = Items(", ", [Node("(", self.literal("int"), ", ", self.literal("text"), ")") for _ in range(self.rng.randint(1, 3))])
            return Node("(VALUES ", rows, ") AS " + alias), Source(alias, [Name("column1", "int"), Name("column2", "text")])
        if n < 0.17:
            alias = self.fresh("j")
            return Node("json_each('[1,2,\"a\"]') AS " + alias), Source(alias, [Name("value", "int"), Name("key", "int"), Name("type", "text")])
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
            rowid = t.has_rowid() and not shadowed
            hidden = [] if shadowed else [c.name for c in t.columns if c.select == "NONE"]
            table = not shadowed
            node = (self.pick("main.", "MAIN.", '"main".') if qualified else "") + self.spell(name, True)
        if self.chance(0.45):
            alias = self.fresh("t") if self.chance(0.9) else self.rng.choice(self.readable).name
            return Node(node, self.pick(" AS ", " ") if alias.isidentifier() else " AS ", self.spell(alias, True)), Source(alias, columns, rowid, False, hidden)
        unindexed = Optional(" NOT INDEXED") if table and not t.view and self.chance(0.04) else ""
        return Node(node, unindexed), Source(name, columns, rowid, table, hidden)

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
                parts.append(Optional(self.pick(", ", " JOIN ", " CROSS JOIN "), self.pick("json_each(", "json_tree("), f"{self.spell(held.name, True)}.{self.spell(c.name)}) AS {alias}"))
                frame.append(Source(alias, [Name("type", "text"), Name("fullkey", "text"), Name("key", "int")]))
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
                parts.append(Optional(self.pick(" NATURAL JOIN ", " NATURAL LEFT JOIN ", " NATURAL INNER JOIN ", " NATURAL FULL JOIN "), item))
            elif n < 0.3 and common and not nested:
                using = self.rng.sample(common, 1)
                parts.append(Optional(self.pick(" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "), item, " USING (" + self.spell(using[0], True) + ")"))
            else:
                kind = self.pick(" JOIN ", " INNER JOIN ", " LEFT JOIN ", " LEFT OUTER JOIN ", " RIGHT JOIN ", " FULL JOIN ", " FULL OUTER JOIN ", " CROSS JOIN ", ", ")
                self.frames.append(frame)
                held, self.qualify = self.qualify, True
                on = Optional(" ON ", self.truth(2) if self.chance(0.4) else self.equal(frame))
                self.frames.pop()
                self.qualify = held
                parts.append(Optional(kind, item, on))
        return Node(*parts), frame

    def equal(self, frame):
        left = self.column("int", [frame[:-1]]) or self.literal("int")
        right = self.column("int", [frame[-1:]]) or self.literal("int")
        return Expression(left, self.pick(" = ", " = ", " IS "), right)

    # --- SELECT

    def window(self, depth):
        order = [self.value(None, 0) for _ in range(self.rng.randint(1, 2))]
        functions = ["rank()", "dense_rank()", "count(*)", "sum", "min", "max", "count"]
        sources = self.frames[-1]
        total = len(sources) == 1 and sources[0].rowid
        if total:  # what looks at single rows needs an order without ties
            order.append(f"{self.spell(sources[0].name, True)}.rowid")
            functions += ["row_number()", "first_value", "lag", "ntile(3)"]
        order = Items(", ", order) if not total else Node(Items(", ", order[:-1]), ", ", order[-1])
        partition = Optional("PARTITION BY ", self.value(None, 0), " ")
        function = self.rng.choice(functions)
        if function in ("sum", "min", "max", "count", "first_value", "lag"):
            function = Node(function + "(", self.value("int", 1), ")")
        filtered = Optional(" FILTER (WHERE ", self.truth(1), ")") if str(function).startswith(("count", "sum", "min", "max")) else ""
        frame = ""
        if self.chance(0.3):
            frame = Optional(self.pick(" ROWS BETWEEN 1 PRECEDING AND CURRENT ROW" if total else "", " RANGE UNBOUNDED PRECEDING", " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES"))
        over = Node("(", partition, "ORDER BY ", order, frame, ")")
        if self.named_window is None and self.chance(0.3):
            self.named_window = over
            return Expression(function, filtered, " OVER win")
        return Expression(function, filtered, " OVER ", over)

    def aggregate(self, kind):
        if kind == "real":
            body = Node(self.pick("avg(", "total(", "min("), self.value("real", 1), ")")
        elif kind == "int":
            body = Node("count(*)") if self.chance(0.3) else Node(self.pick("sum(", "count(", "max(", "min(", "count(DISTINCT ", "sum(DISTINCT "), self.value("int", 2), ")")
        else:
            body = Node(self.pick("min(", "max("), self.value("text", 2), ")")
        return Expression(body, Optional(" FILTER (WHERE ", self.truth(2), ")") if self.chance(0.2) else "")

    def group_key(self):
        key = self.value(None, 1)  # a bare number would be the position of a result column
        return Expression("typeof(", key, ")") if str(key).lstrip("-").isdigit() else key

    def core(self, kinds, depth, names):
        """SELECT … without ORDER BY: (node, names). A star in `kinds` stands for itself."""
        from_node, frame = self.sources(depth)
        self.orderable = None
        if self.chance(0.04):
            from_node, frame = None, []
        self.frames.append(frame)
        result, result_names = [], []
        grouped = from_node is not None and "*" not in kinds and self.chance(0.2)
        keys = []
        if grouped:
            keys = [self.group_key() for _ in range(self.rng.randint(0, 2))]
        held_window, self.named_window = self.named_window, None
        windowed = from_node is not None and not grouped and self.chance(0.08)
        for kind in kinds:
            if kind == "*":
                source = self.rng.choice(frame) if frame else None
                if source is None:
                    item = Node("1")
                elif len(frame) == 1 and self.chance(0.6):
                    item = Node("*")
                else:
                    item = Node(self.pick("*", self.spell(source.name, True) + ".*"))
                result.append(item)
                continue
            if grouped:
                item = self.rng.choice(keys) if keys and self.chance(0.5) else self.aggregate(kind if kind != "json" else "text")
            elif windowed and self.chance(0.6):
                item = self.window(depth)
            else:
                item = self.value(kind, min(depth, 2) + 1)
            if names:
                name = self.fresh("c") if self.chance(0.9) or not self.readable else self.pick("id", "author", "post", "room")
                if any(n.name == name for n in result_names):
                    name = self.fresh("c")
                result_names.append(Name(name, kind))
                result.append(Node(item, " AS ", self.spell(name, True)))
            elif self.chance(0.3):
                result.append(Node(item, self.pick(" AS ", " AS "), self.spell(self.fresh("r"), True)))
            else:
                result.append(item)
        window, self.named_window = self.named_window, held_window
        distinct = Optional("DISTINCT ") if self.chance(0.12) else ""
        parts = ["SELECT ", distinct, Items(", ", result)]
        if from_node is not None:
            parts += [" FROM ", from_node]
            if self.chance(0.5):
                parts.append(Optional(" WHERE ", self.truth(self.pick(1, 2, depth + 1))))
            if windowed and window:
                parts += [" WINDOW win AS ", window]
            if keys:
                parts.append(Optional(" GROUP BY ", Items(", ", keys)))
            if not distinct and not grouped and not windowed and self.chance(0.5):
                self.orderable = frame
            if grouped and keys and self.chance(0.4):
                having = Expression(self.aggregate("int"), self.pick(" > ", " <> ", " <= "), "1") if self.chance(0.6) else self.pick(*keys)
                parts.append(Optional(" HAVING ", having))
        self.frames.pop()
        return Node(*parts), result_names

    def select(self, kinds, depth, names=False, isolated=False, one_row=False, top=False):
        """A SELECT for an expression, a derived table or the top: (node, names)."""
        held = self.frames
        if isolated:
            self.frames = []
        before = len(self.ctes)
        with_node = ""
        if self.chance(0.25 if top else 0.06) and self.budget > 8:
            with_node = self.with_clause(depth)
        star = "*" in kinds
        first, result_names = self.core(kinds, depth, names)
        parts = [with_node, first]
        arms = [first]
        if not star and self.chance(0.1) and self.budget > 4:
            for _ in range(self.rng.randint(1, 2)):
                if self.chance(0.15):
                    arm = Node("VALUES (", Items(", ", [self.literal(k) for k in kinds]), ")")
                else:
                    arm, _ = self.core(kinds, depth - 1, False)
                parts.append(Optional(self.pick(" UNION ALL ", " UNION ", " EXCEPT ", " INTERSECT "), arm))
                arms.append(arm)
        self.ordered = False
        count = len(kinds)
        if one_row or (not star and self.chance(0.3 if top else 0.08)):
            positions = list(range(1, count + 1))
            self.rng.shuffle(positions)
            words = []
            for p in positions:
                word = self.spell(result_names[p - 1].name) if result_names and self.chance(0.5) else str(p)
                words.append(Node(word, self.pick("", " ASC", " DESC", " DESC NULLS LAST", " ASC NULLS LAST", " NULLS FIRST")))
            parts.append(Node(" ORDER BY ", Items(", ", words)))
            if one_row:
                parts.append(" LIMIT 1")
            elif self.chance(0.5):
                parts.append(Optional(" LIMIT " + self.pick("1", "3", "5", "0", "-1"), Optional(self.pick(" OFFSET 1", " OFFSET 0", " OFFSET 2"))))
            ordered = True
        elif top and len(arms) == 1 and self.orderable and self.chance(0.3):
            self.frames.append(self.orderable)
            parts.append(Optional(" ORDER BY ", Expression("+", self.value(None, 2)), self.pick("", " DESC", " COLLATE NOCASE")))
            self.frames.pop()
            ordered = False
        elif top and self.chance(0.15) and len(arms) == 1:
            parts.append(Optional(" ORDER BY 1", self.pick("", " DESC")))
            ordered = False
        else:
            ordered = False
        del self.ctes[before:]
        self.frames = held
        self.ordered = ordered
        if isolated or not top:
            self.ordered = False
        return Choice(*parts, simpler=arms if not top else []), result_names

    def with_clause(self, depth):
        items = []
        recursive = False
        self.unused += 1
        held_shadowed = self.shadowed
        chosen = []
        for _ in range(self.rng.randint(1, 2)):
            name = self.rng.choice(self.readable).name if self.chance(0.4) else self.fresh("w")
            if name in chosen or any(name == n for n, _ in self.ctes):
                name = self.fresh("w")
            chosen.append(name)
        self.shadowed = held_shadowed | set(chosen)  # they see each other, also forwards
        for name in chosen:
            hint = self.pick("", "", " MATERIALIZED", " NOT MATERIALIZED")
            if self.chance(0.15):
                recursive = True
                source = self.pick("main.pick WHERE n < 4", "main.member WHERE room = 1", "(SELECT 1)")
                start = {"main.p": "n", "main.m": "room", "(SELEC": "1"}[source[:6]]
                name = self.fresh("w")
                items.append(Node(f"{name}(n) AS (SELECT {start} FROM {source} UNION SELECT n + 1 FROM {self.spell(name)} WHERE n < 6)"))
                self.ctes.append((name, [Name("n", "int")]))
                continue
            kinds = [self.pick("int", "text") for _ in range(self.rng.randint(1, 3))]
            # Inside its own text a CTE's name would be the CTE again: a shadowing one reads main.NAME or other tables.
            shadowing = [t for t in self.readable if t.name == name]
            named = self.chance(0.5)
            node, names = self.select(kinds, depth - 1, names=True, isolated=True)
            if shadowing and self.chance(0.6):
                t = shadowing[0]
                names = [Name(c.name, c.kind) for c in visible_columns(t)]
                self.frames.append([Source(name, names)])
                node = Node(f"SELECT * FROM main.{self.spell(name)}", Optional(" WHERE ", self.truth(1)))
                self.frames.pop()
                named = False
            columns = ""
            if named:
                names = [Name(self.fresh("k"), n.kind) for n in names]
                columns = "(" + ", ".join(self.spell(n.name, True) for n in names) + ")"
            items.append(Node(self.spell(name, True) + columns + " AS" + hint + " (", node, ")"))
            self.ctes.append((name, names))
        self.unused -= 1
        self.shadowed = held_shadowed
        return Optional("WITH " + ("RECURSIVE " if recursive or self.chance(0.1) else ""), Items(", ", items), " ")

    def statement(self):
        """(node, whether its rows have a total order)."""
        self.serial = 0
        self.frames, self.ctes = [], []
        self.budget = self.rng.choice([10, 20, 30, 45])
        if self.chance(0.02):
            rows = [Node("(", Items(", ", [self.literal("int"), self.scalar(2, "int")]), ")") for _ in range(2)]
            return Node("VALUES ", Items(", ", rows)), False
        kinds = ["*"] if self.chance(0.2) else [self.pick("int", "text", "int", "real", "json", "text") for _ in range(self.rng.randint(1, 4))]
        if self.chance(0.03):
            kinds = ["*", self.pick("int", "text")]
        node, _ = self.select(kinds, 2, top=True, names=self.chance(0.3))
        return node, self.ordered
