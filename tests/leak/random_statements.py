"""Random statements over the tables of test_twins_random.py, made of what fails on values, in many kinds of place."""

COLUMNS = {
    "a": ["id", "own", "open", "pub", "sec", "num", "gen"], "b": ["k", "n", "own", "pub", "num"],
    "d": ["id", "own", "open", "pub", "sec", "num", "u"], "f": ["id", "own", "pub", "sec", "num"],
    "v": ["id", "own", "pub", "sec", "num", "raw"], "w": ["own", "pub", "num", "sec", "id"], "x": ["id", "own", "pub", "sec", "num"],
    "y": ["id", "own", "pub", "sec", "num"],
}
WRITTEN = {
    "a": ["pub", "sec", "num", "open", "non"], "b": ["pub", "sec", "num", "own"], "d": ["pub", "sec", "num", "open", "u", "own"],
    "f": ["pub", "sec", "num", "own"],
}
KEYS = {"a": "(id)", "b": "(k, n)", "d": "(u)", "f": "(id)"}
INSERTED = {"a": "id, own, open, pub, sec, num", "b": "k, n, own, pub, sec, num", "d": "id, own, open, pub, sec, num, u", "f": "id, own, pub, sec, num"}
SMALLEST = "(-9223372036854775807 - 1)"
LITERALS = ["0", "1", "2", "5", "9", "-6", "'p1'", "'{'", "'[1]'", "'hid'", "NULL", SMALLEST, "'long'", "x'ff'", "1.5"]

# @ is a value, ? a condition, $ a sub-select, # a column
VALUES = [
    "abs(@)", "json_extract(@, '$')", "json(@)", "(@ || @)", "(@ + @)", "(@ -> @)", "json_array(@)", "iif(?, @, @)", "coalesce(@, @)", "$",
    "CASE @ WHEN @ THEN @ ELSE @ END", "CAST(@ AS TEXT)", "CAST(@ AS INTEGER)", "CAST(@ AS BLOB)", "max(@, @)", "nullif(@, @)", "replace(@, @, @)",
    "length(@)", "zeroblob(iif(?, 3000000000, 1))", "json_array_length(@)", "(?)", "strftime(@, @)", "printf('%.*c', iif(?, 2000000000, 1), 'x')",
    "(-@)", "json_object(@, @)", "quote(@)",
]
SIMPLE = ["# = 1", "# > 0", "# IS NULL", "# IN (1, 'p1')", "@ IS NOT @", "abs(#) > 0"]
CONDITIONS = SIMPLE + [
    "@ < @", "@ >= @", "(? AND ?)", "(? OR ?)", "NOT (?)", "@ BETWEEN @ AND @", "@ LIKE @ ESCAPE @", "@ LIKE @ ESCAPE '!'", "@ GLOB @", "@ IN $",
    "@ NOT IN $", "EXISTS $", "(@, @) = (@, @)", "(@, @) < (@, @)", "json_extract(#, '$.k') IS NOT 5", "@",
]


class Statements:
    def __init__(self, random):
        self.random = random
        self.aliases = 0

    def pick(self, *choices):
        return self.random.choice(choices)

    def fill(self, template, scope, depth):
        parts = {"@": self.value, "?": self.condition, "$": self.subselect, "#": self.column}
        text, quoted = "", False
        for character in template:
            quoted = quoted != (character == "'")
            text += parts[character](scope, depth - 1) if character in parts and not quoted else character
        return text

    def column(self, scope, depth=0):
        alias, table = self.random.choice(scope)
        return f"{alias}.{self.random.choice(COLUMNS[table])}"

    def value(self, scope, depth):
        if depth <= 0 or self.random.random() < 0.25:
            return self.column(scope) if self.random.random() < 0.75 else self.random.choice(LITERALS)
        return self.fill(self.random.choice(VALUES), scope, depth)

    def condition(self, scope, depth):
        return self.fill(self.random.choice(CONDITIONS if depth > 0 else SIMPLE), scope, depth)

    def subselect(self, scope, depth):
        text, own = self.sources(min(depth, 1))
        function = self.pick("", "max", "count", "min", "sum", "group_concat")
        value = self.value(own if self.random.random() < 0.7 else scope + own, depth - 1)
        return f"(SELECT {function}({value}) FROM {text} WHERE {self.condition(scope + own, depth - 1)} {self.pick('', 'LIMIT 1')})"

    def source(self, depth):
        table = self.pick(*"aaabbddfvvwxyy")
        self.aliases += 1
        alias = f"t{self.aliases}"
        kind = self.random.random()
        if kind < 0.7:
            return f"{table} {alias}", (alias, table)
        if kind < 0.85:
            where = self.condition([(alias, table)], depth - 1)
            return f"(SELECT * FROM {table} {alias} WHERE {where} {self.pick('', 'LIMIT 9', 'ORDER BY 1, 2, 3')}) {alias}", (alias, table)
        return f"(SELECT {self.pick('DISTINCT', 'ALL')} * FROM {table} {self.pick('', 'UNION ALL SELECT * FROM ' + table)}) {alias}", (alias, table)

    def sources(self, depth):
        text, first = self.source(depth)
        own = [first]
        for _ in range(self.pick(0, 0, 0, 0, 1, 1)):
            other, more = self.source(depth)
            join = self.pick("CROSS JOIN", "NATURAL JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
            shared = [name for name in COLUMNS[first[1]] if name in COLUMNS[more[1]]]
            text += f" {join} {other}"
            if join not in ("CROSS JOIN", "NATURAL JOIN"):
                text += f" USING ({self.random.choice(shared)})" if self.random.random() < 0.2 else f" ON {self.condition(own + [more], depth - 1)}"
            own.append(more)
        return text, own

    def order(self, count):
        return self.pick("", "ORDER BY " + ", ".join(str(i + 1) for i in range(count)))

    def select(self):
        text, own = self.sources(3)
        where = f"WHERE {self.condition(own, 3)}" if self.random.random() < 0.85 else ""
        if where and self.random.random() < 0.3:
            where += f" AND {self.condition(own, 0)} AND {self.condition(own, 2)}"
        one, kind = lambda: self.value(own, 1), self.random.random()
        if kind < 0.5:
            results = [self.value(own, self.pick(0, 0, 1, 2)) for _ in range(self.pick(1, 2, 3))]
            return f"SELECT {self.pick('', 'DISTINCT ')}{', '.join(results)} FROM {text} {where} {self.order(len(results))} {self.pick('', '', 'LIMIT 2')}"
        if kind < 0.7:
            function = self.pick("sum", "max", "group_concat", "total", "count", "json_group_array")
            group = self.pick("", f"GROUP BY {one()}", f"GROUP BY {self.column(own)} HAVING {self.condition(own, 1)}")
            return f"SELECT count(*), {function}({one()}) {self.pick('', f'FILTER (WHERE {self.condition(own, 1)})')} FROM {text} {where} {group} {self.order(2)}"
        if kind < 0.8:
            function = self.pick("sum", "max", "count", "lag", "first_value")
            frame = self.pick("", "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", "RANGE BETWEEN 1 PRECEDING AND CURRENT ROW")
            over = f"PARTITION BY {self.column(own)} ORDER BY {one()} {frame if function != 'lag' else ''}"
            return f"SELECT {self.column(own)}, {function}({one()}) OVER ({over}) FROM {text} {where} {self.order(2)}"
        if kind < 0.9:
            outer = self.pick("abs(y) > 0", "y IS NOT NULL", "json(z) IS NOT 3", "y IN (SELECT z FROM q)", "1")
            return f"WITH q (y, z) AS {self.pick('', 'MATERIALIZED', 'NOT MATERIALIZED')} (SELECT {one()}, {one()} FROM {text} {where}) SELECT y, z FROM q WHERE {outer} {self.order(2)}"
        return f"SELECT {one()} FROM {text} {where} {self.pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT')} SELECT {self.value(own, 0)} FROM {text} {self.order(1)}"

    def row(self, table, number):
        values = {
            "id": str(number), "own": self.pick("1", "1", "1", "2"), "open": self.pick("0", "1"), "pub": self.pick("'p1'", "'new'", "'{'", "NULL"),
            "sec": self.pick("'s'", "NULL"), "num": self.pick("5", SMALLEST, "NULL"), "k": self.pick("'ka'", "'KB'", "'q'"), "n": self.pick("1", "2"),
            "u": self.pick("10", "12", "500", "NULL"),
        }
        return [values[name] for name in INSERTED[table].split(", ")]

    def write(self):
        table = self.pick(*"aabddf")
        scope, kind, field = [(table, table)], self.random.random(), self.random.choice(WRITTEN[table])
        returning = f" RETURNING {self.value(scope, 1)}, {self.value(scope, 2)}" if self.random.random() < 0.5 else ""
        other = self.pick("", "", "", "OR IGNORE ", "OR REPLACE ", "OR FAIL ")
        if kind < 0.3:
            return f"UPDATE {other}{table} SET {field} = {self.value(scope, 2)} WHERE {self.condition(scope, 2)}{returning}"
        if kind < 0.5:
            text, own = self.sources(1)
            return f"UPDATE {other}{table} SET {field} = {self.value(scope + own, 2)} FROM {text} WHERE {self.condition(scope + own, 2)}{returning}"
        if kind < 0.6:
            return f"DELETE FROM {table} WHERE {self.condition(scope, 2)}{returning}"
        numbers = self.random.sample(range(1, 12), 2)
        body = "VALUES " + ", ".join(f"({', '.join(self.row(table, number))})" for number in numbers)
        if self.random.random() < 0.3:
            text, own = self.sources(1)
            body = f"SELECT {', '.join(self.row(table, numbers[0])[:-1])}, {self.value(own, 1)} FROM {text} WHERE {self.condition(own, 2)}"
        upsert = ""
        if not other and self.random.random() < 0.5:
            where = self.pick("", f" WHERE {self.condition(scope, 2)}")
            upsert = f" ON CONFLICT {self.pick('', KEYS[table])} DO UPDATE SET {field} = {self.value(scope, 2)}{where}"
        return f"INSERT {other}INTO {table} ({INSERTED[table]}) {body}{upsert}{returning}"
