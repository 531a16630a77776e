"""Random SELECTs over a described schema, the same ones for the same seed.

They are mostly valid, and mostly have one answer whatever the plan: a row picked out of several comes with an order,
LIMIT comes with an order over all columns. What still depends on the plan is noticed by running it on two differently
built twins.
"""

import re

from expressions import Name, Source
from full_text import Searches
from tree import Choice, Expression, Having, Items, Node, Optional
from twin import visible_columns


class Generator(Searches):
    """Adds SELECT: statement() is the way in."""

    def window(self, depth):
        if self.chance(0.1):  # a distance takes one number to count from
            frame = self.pick("BETWEEN 1 PRECEDING AND 1 FOLLOWING", "2 PRECEDING", "BETWEEN 1 FOLLOWING AND 3 FOLLOWING")
            filtered = Optional(" FILTER (WHERE ", self.truth(1), ")")
            return Expression(self.pick("count(*)", "max(1)"), filtered, " OVER (ORDER BY ", self.value("int", 0), f" RANGE {frame})")
        order = [self.value(None, 0) for _ in range(self.rng.randint(1, 2))]
        functions = ["rank()", "dense_rank()", "count(*)", "sum", "min", "max", "count"]
        sources = self.frames[-1]
        total = len(sources) == 1 and sources[0].rowid
        if total:  # what looks at single rows needs an order without ties
            order.append(f"{self.spell(sources[0].name, True)}.rowid")
            functions += ["row_number()", "first_value", "last_value", "lag", "lead", "ntile(3)", "group_concat"]
            functions += ["cume_dist()", "percent_rank()", "nth_value"]
        order = Items(", ", order) if not total else Node(Items(", ", order[:-1]), ", ", order[-1])
        partition = Optional("PARTITION BY ", self.value(None, 0), " ")
        function = self.rng.choice(functions)
        if function in ("sum", "min", "max", "count", "first_value", "last_value", "lag", "lead"):
            function = Node(function + "(", self.value("int", 1), ")")
        elif function in ("nth_value", "group_concat"):
            function = Node(function + "(", self.value("int", 1), ", 2)")
        filtered = Optional(
            " FILTER (WHERE ", self.truth(1), ")"
        ) if str(function).startswith(("count", "sum", "min", "max")) else ""
        frame = ""
        if self.chance(0.3):
            frame = Optional(
                self.pick(
                    " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW" if total else "",
                    " ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING EXCLUDE NO OTHERS" if total else "",
                    " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW" if total else "",
                    " RANGE UNBOUNDED PRECEDING",
                    " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE GROUP",
                    " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES",
                    " GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
                )
            )
        over = Node("(", partition, "ORDER BY ", order, frame, ")")
        if self.named_window is None and self.chance(0.3):
            self.named_window = over
            return Expression(function, filtered, " OVER win")
        return Expression(function, filtered, " OVER ", over)

    def aggregate(self, kind):
        # With a column of an outer query in it, it would be that query's aggregate.
        held, self.innermost = self.innermost, len(self.frames) - 1
        node = self.aggregate_of(kind)
        self.innermost = held
        return node

    def aggregate_of(self, kind):
        if self.chance(0.08):
            function = self.pick("json_array_length(json_group_array(", "length(group_concat(")
            body = Node(function, self.value(kind, 1), "))")
            return Expression(body)
        if kind == "real":
            body = Node(self.pick("avg(", "total(", "min("), self.value("real", 1), ")")
        elif kind == "int":
            body = Node("count(*)") if self.chance(0.3) else Node(
                self.pick("sum(", "count(", "max(", "min(", "count(DISTINCT ", "sum(DISTINCT "),
                self.value("int", 2),
                ")",
            )
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
        keys, places = [], {}
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
                item = self.rng.choice(keys) if keys and self.chance(0.5) else self.aggregate(
                    kind if kind != "json" else "text"
                )
                if "*" not in kinds:
                    places.setdefault(id(item), len(result) + 1)
            elif windowed and self.chance(0.6):
                item = self.window(depth)
            else:
                item = self.value(kind, min(depth, 2) + 1)
            if names:
                name = self.fresh("c") if self.chance(0.9) or not self.readable else self.pick(
                    "id", "author", "post", "room"
                )
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
                spelled = [str(places[id(k)]) if id(k) in places and self.chance(0.4) else k for k in keys]
                parts.append(Optional(" GROUP BY ", Items(", ", spelled)))
            orderable = not distinct and not grouped and not windowed and self.chance(0.5)
            self.orderable = frame if orderable else None  # whatever sub-selects have left there
            if grouped and self.chance(0.4):
                having = Expression(
                    self.aggregate("int"), self.pick(" > ", " <> ", " <= "), "1"
                ) if self.chance(0.6) or not keys else self.pick(*keys)
                parts.append(Having(" HAVING ", having))
        self.frames.pop()
        return Node(*parts), result_names

    def select(self, kinds, depth, names=False, isolated=False, one_row=False, top=False, derived=False):
        """A SELECT for an expression, a derived table or the top: (node, names)."""
        held = self.frames
        held_innermost = self.innermost
        if isolated:
            self.frames, self.innermost = [], 0
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
                words.append(
                    Node(word, self.pick("", " ASC", " DESC", " DESC NULLS LAST", " ASC NULLS LAST", " NULLS FIRST"))
                )
            parts.append(Node(" ORDER BY ", Items(", ", words)))
            # SQLite 3.40 takes GROUP BY of a compound's last arm, and LIMIT, out of it where ORDER BY has a COLLATE
            misread = len(arms) > 1 and re.search("GROUP BY|HAVING", str(arms[-1]))
            collated = not one_row and not misread and self.chance(0.15)
            if collated:
                words[0].parts.insert(1, self.pick(" COLLATE NOCASE", " COLLATE rtrim"))
            if one_row:
                parts.append(" LIMIT 1")
            elif not collated and self.chance(0.5):
                # SQLite 3.40 forgets DISTINCT behind an OFFSET, where a sub-select is asked for one row.
                skipped = self.pick(" OFFSET 1", " OFFSET 0", " OFFSET 2")
                forgets = not top and not isolated and not derived and len(arms) == 1 and str(first).startswith("SELECT DISTINCT ")
                parts.append(
                    Optional(" LIMIT ", self.limit(), "" if forgets else Optional(skipped))
                )
            ordered = not collated
        elif top and len(arms) == 1 and self.orderable and self.chance(0.3):
            self.frames.append(self.orderable)
            parts.append(
                Optional(" ORDER BY ", Expression("+", self.value(None, 2)), self.pick("", " DESC", " COLLATE NOCASE"))
            )
            self.frames.pop()
            ordered = False
        elif top and self.chance(0.15) and len(arms) == 1:
            parts.append(Optional(" ORDER BY 1", self.pick("", " DESC")))
            ordered = False
        else:
            ordered = False
        del self.ctes[before:]
        self.frames, self.innermost = held, held_innermost
        self.ordered = ordered
        if not top:
            self.ordered = False
        return Choice(*parts, simpler=arms if not top else []), result_names

    def limit(self):
        """A LIMIT, which may be computed from what is seen."""
        if self.budget < 4 or self.chance(0.85):
            return self.pick("1", "3", "5", "0", "-1")
        self.budget -= 4
        table = self.rng.choice(self.readable)
        return f"(SELECT count(*) FROM main.{self.spell(table.name)})"

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
                table = self.rng.choice(self.readable)
                numbers = [c for c in visible_columns(table) if c.kind == "int"]
                start, source = "1", "(SELECT 1)"
                if numbers and self.chance(0.7):
                    start = self.spell(self.rng.choice(numbers).name)
                    source = f"main.{self.spell(table.name)} WHERE {start} BETWEEN 0 AND 3"
                name = self.fresh("w")
                steps = f"n + 1 FROM {self.spell(name)} WHERE n < 6"
                other = self.rng.choice(self.readable)
                its = [c for c in visible_columns(other) if c.kind == "int"]
                if its and self.chance(0.5):  # from row to row of a table
                    to, by = (f"main.{self.spell(other.name)}.{self.spell(self.rng.choice(its).name)}" for _ in range(2))
                    sides = [f"main.{self.spell(other.name)}", self.spell(name)]
                    self.rng.shuffle(sides)
                    steps = f"{to} FROM {sides[0]} JOIN {sides[1]} ON {by} {self.pick('=', '=', '>')} {name}.n"
                items.append(Node(f"{name}(n) AS (SELECT {start} FROM {source}", f" UNION SELECT {steps})"))
                self.ctes.append((name, [Name("n", "int")]))
                continue
            kinds = [self.pick("int", "text") for _ in range(self.rng.randint(1, 3))]
            # Inside its own text a CTE's name would be the CTE again: a shadowing one reads main.NAME or other tables.
            shadowing = [t for t in self.readable if t.name == name]
            named = self.chance(0.5)
            # one in a sub-select may read what is around that
            node, names = self.select(kinds, depth - 1, names=True, isolated=self.chance(0.7), derived=True)
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
        self.frames, self.ctes, self.innermost = [], [], 0
        if self.searched() and self.chance(0.12):
            return self.search()
        self.budget = self.rng.choice([10, 20, 30, 45])
        if self.chance(0.02):
            rows = [Node("(", Items(", ", [self.literal("int"), self.scalar(2, "int")]), ")") for _ in range(2)]
            return Node("VALUES ", Items(", ", rows)), False
        kinds = ["*"] if self.chance(0.2) else [
            self.pick("int", "text", "int", "real", "json", "text") for _ in range(self.rng.randint(1, 4))
        ]
        if self.chance(0.03):
            kinds = ["*", self.pick("int", "text")]
        node, _ = self.select(kinds, 2, top=True, names=self.chance(0.3))
        return node, self.ordered
