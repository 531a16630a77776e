"""Random permissions: predicates of every kind over the tables of a random schema."""

from schema import NOBODY, quote

OPERATIONS = ("select", "create", "update", "delete")


class Rules:
    def __init__(self, rng, schema):
        self.rng, self.schema = rng, schema
        self.changing = False  # whether the rule is for create or update: those may not ask their own table, or a view

    def chance(self, share):
        return self.rng.random() < share

    def a_column(self, table, kind=None, source=None):
        """A column's name as it is written in a predicate; None where there is none of the kind."""
        found = [c for c in table.columns if kind in (None, c.kind) and c.kind != "json"]
        if not found:
            return None
        name = quote(self.rng.choice(found).name)
        return f"{quote(source)}.{name}" if source else name

    def a_literal(self, kind):
        if kind == "text":
            return self.rng.choice(["'ann'", "'5'", "''", "'BOB'", "'7'", "'x%'", "'zz'"])
        if kind == "real":
            return self.rng.choice(["0.5", "1.5", "3", "2.25"])
        return self.rng.choice(["0", "1", "2", "3", "4", "'3'"])

    def a_variable(self):
        columns = ["$auth.id", "$auth.id", "$auth"] + [
            f"$auth.{c.name}" for c in self.schema.table("user").columns if c.name.isidentifier()
        ]
        return self.rng.choice(columns)

    def predicate(self, table, depth=2, source=None, inside=False):
        """`source`: how the table's columns are qualified; `inside`: whether this is in a sub-select already."""
        if depth > 0 and self.chance(0.35):
            left = self.predicate(table, depth - 1, source, inside)
            right = self.predicate(table, depth - 1, source, inside)
            return f"({left}) {self.rng.choice(['OR', 'OR', 'AND'])} ({right})"
        kind = self.rng.choice(["int", "int", "text", "real"])
        column = self.a_column(table, kind, source) or self.a_column(table, None, source)
        value = lambda: self.a_literal(kind)
        owners = [c.name for c in table.columns if c.name == "owner"]
        forms = [
            lambda: f"{column} {self.rng.choice(['=', '<', '>=', '<>', 'IS', 'IS NOT'])} {value()}",
            lambda: f"{column} {self.rng.choice(['IN', 'NOT IN'])} ({value()}, {value()}, {self.a_variable()})",
            lambda: f"{column} {self.rng.choice(['BETWEEN', 'NOT BETWEEN'])} {value()} AND {value()}",
            lambda: f"{column} {self.rng.choice(['IS NULL', 'IS NOT NULL', 'NOTNULL'])}",
            lambda: f"{column} = {self.a_variable()}",
            lambda: f"$scope = 'person' AND {column} IS NOT {value()}",
            lambda: f"$session.ns IS NOT NULL AND NOT ({column} = {value()})",
            lambda: f"$session.ns = 'twin' AND {column} <> {self.a_variable()}",
            lambda: f"length({column}) {self.rng.choice(['> 1', '= 1', '< 3'])}",
            lambda: f"coalesce({column}, {value()}) <= {value()}",
            lambda: f"CASE WHEN {column} IS NULL THEN 1 ELSE {column} > {value()} END",
            lambda: f"{column} {self.rng.choice(['LIKE', 'NOT LIKE'])} '%{self.rng.choice('ab57')}%'",
            lambda: f"{column} GLOB '*{self.rng.choice('ab57')}*'",
            lambda: f"{column} COLLATE {self.rng.choice(['NOCASE', 'BINARY', 'RTRIM'])} = {value()}",
        ]
        if owners:
            mine = (f"{quote(source)}." if source else "") + '"owner"'
            forms += [lambda: f"{mine} = $auth.id"] * 6 + [lambda: f"{mine} IN ($auth.id, {NOBODY})"]
        if table.has_rowid() and not inside:
            forms.append(lambda: f"{quote(source) + '.' if source else ''}rowid % 3 <> {self.rng.choice('012')}")
        if not inside and self.others(table):
            forms += [lambda: self.sub_select(table, column, source)] * 5
        return self.rng.choice(forms)()

    def others(self, table):
        """What a sub-select may read."""
        return [t for t in self.schema.tables if not t.is_log() and not t.virtual and not (self.changing and (t.view or t is table))]

    def sub_select(self, table, column, source):
        other = self.rng.choice(self.others(table))
        inner = self.rng.choice([None, "o"])
        if other is table:
            inner = "o"
        name = quote(other.name) + (f" AS {inner}" if inner else "")
        outer = self.a_column(table, None, source or table.name)
        its = self.a_column(other, None, inner or other.name)
        condition = self.predicate(other, 0, inner or other.name, inside=True)
        form = self.rng.randrange(5)
        if form == 0:
            return f"{column} IN (SELECT {its} FROM {name} WHERE {condition})"
        if form == 1:
            return f"EXISTS (SELECT 1 FROM {name} WHERE {its} = {outer} AND {condition})"
        if form == 2:
            return f"NOT EXISTS (SELECT 1 FROM {name} WHERE {its} = {outer} AND NOT ({condition}))"
        if form == 3:
            return f"(SELECT count(*) FROM {name} WHERE {its} = {outer}) {self.rng.choice(['> 0', '< 2'])}"
        return f"{column} IN (SELECT {its} FROM {name} WHERE {its} IS NOT NULL AND {condition} UNION SELECT $auth.id)"

    def give(self, table):
        """Permissions for a table and its fields."""
        rng = self.rng
        if table.is_log():
            table.select = rng.choice(["NONE", "NONE", "FULL"])
            return
        if table.virtual:
            self.give_search(table)
            return
        for operation in table.operations():
            rule = rng.choice(["FULL", "WHERE", "WHERE", "WHERE", "WHERE", "NONE" if operation != "select" else "FULL"])
            self.changing = operation in ("create", "update")
            setattr(table, operation, self.predicate(table) if rule == "WHERE" else rule)
        if table.name == "user":
            table.delete = "NONE"
        elif self.chance(0.1):
            table.select, table.delete = "FULL", "FULL"
        columns = [c for c in table.columns if c.name not in ("owner",) or self.chance(0.4)]
        for column in columns:
            if not self.chance(0.4):
                continue
            self.changing = False
            column.select = self.field_rule(table, 0.25)
            self.changing = True
            if len(table.operations()) > 1 and not column.generated:
                column.create, column.update = self.field_rule(table, 0.1), self.field_rule(table, 0.1)
        if all(c.select == "NONE" for c in table.columns):
            table.columns[-1].select = "FULL"

    def give_search(self, table):
        """For a full-text table: create and update cannot have predicates, and fields no rules."""
        table.select = self.rng.choice(["FULL", "WHERE"])
        self.changing = False
        if table.select == "WHERE" and table.bases and self.chance(0.7):
            base = self.schema.table(table.bases[0])
            condition = self.predicate(base, 1, "b", inside=True)
            table.select = f"EXISTS (SELECT 1 FROM {quote(base.name)} AS b WHERE b.rowid = search.rowid AND ({condition}))"
        elif table.select == "WHERE":
            table.select = self.predicate(table)
        if not table.bases:
            table.create, table.update = self.rng.choice(["FULL", "NONE"]), self.rng.choice(["FULL", "FULL", "NONE"])
            table.delete = self.rng.choice(["FULL", "NONE", self.predicate(table)])

    def field_rule(self, table, none):
        if self.chance(none):
            return "NONE"
        return "FULL" if self.chance(0.35) else self.predicate(table, 1)
