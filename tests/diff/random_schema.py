"""Random schemas with permissions, the same for the same seed, and rows for them.

All have a table `user`, whose first PEOPLE rows sign in. The texts of the rows are in no two spellings of one value
(NOCASE, RTRIM), and whole numbers are not also there as reals: either could stand for a group.
"""

import random
import sqlite3

from full_text import random_search_table
from random_rules import Rules
from schema import MIN64, MINE, NOBODY, Column, Schema, Table, literal, quote
from twin import full_copy, mentions, predicate, seen

PEOPLE = 3
TEXTS = ["ann", "Bob", "7", "05", "x%", "", "b_c", "zz ", "note", "1.5x"]
JSON = ['{"n":1,"a":[1,2]}', '{"n":2}', "[1,2,3]", '"s"']
BROKEN = "{broken"
NAMES = ["title", "score", "kind", "odd name", "order", "weight", "body", "label", "state", "place", "extra", "Note"]
TYPES = {
    "int": ["INTEGER", "INTEGER", "INT", "NUMERIC", ""],
    "real": ["REAL", "REAL", "NUMERIC", "DOUBLE"],
    "text": ["TEXT", "TEXT", "VARCHAR(20)", "", "BLOB"],
    "json": ["TEXT", "TEXT", ""],
}
STRICT_TYPES = {"int": ["INTEGER", "INT", "ANY"], "real": ["REAL", "ANY"], "text": ["TEXT", "ANY"], "json": ["TEXT"]}


class Maker:
    def __init__(self, seed):
        self.seed = seed
        self.rng = random.Random(f"schema {seed}")
        self.schema = Schema([])
        self.rows = {}
        self.parents = {}  # (table, column) → table

    def chance(self, share):
        return self.rng.random() < share

    # --- tables ---

    def make(self):
        self.schema.tables.append(self.user())
        for number in range(1, self.rng.randint(2, 5)):
            self.schema.tables.append(self.table(f"t{number}"))
        for number in range(self.rng.choice([0, 1, 1, 2])):
            self.schema.tables.append(self.view(f"v{number + 1}"))
        self.writable_view()
        for view in self.schema.tables:
            for table in self.schema.stored():
                if any(name in view.bases for name in (table.name,) + table.changed_with):
                    table.changed_with += (view.name,)
        for table in self.schema.stored():
            self.rows[table.name] = self.make_rows(table)
        self.mend_references()
        self.add_log()
        search = random_search_table(random.Random(f"full text {self.seed}"), self.schema)
        if search:
            self.schema.tables.append(search)
            self.rows["search"] = [] if search.is_kept() else [
                tuple(self.rng.choice(TEXTS + ["ann note", "7 x ann", None]) for _ in search.columns) for _ in range(12)
            ]
        self.add_instead_of()
        rules = Rules(self.rng, self.schema)
        for table in self.schema.tables:
            rules.give(table)
        self.poison()
        self.add_meddlers()
        return self.schema, self.rows

    def user(self):
        columns = [
            Column("id", "INTEGER", "int", "PRIMARY KEY"),
            Column("email", "TEXT", "text", "UNIQUE", not_null=True),
            Column("owner", "INTEGER", "int", likely=(MINE,)),
        ]
        columns += self.plain_columns(self.rng.randint(1, 3), False, ["a", "b", "label", "score"])
        return Table("user", columns, unique=(["id"], ["email"]))

    def table(self, name):
        rng, columns, constraints, unique = self.rng, [], [], []
        strict = self.chance(0.2)
        key = rng.choice(["id", "id", "none", "text", "pair", "without", "without pair"])
        table = Table(name, columns, options=" STRICT" if strict else "")
        if key == "id":
            columns.append(Column("id", "INTEGER", "int", "PRIMARY KEY", likely=literals(range(30, 37))))
            unique.append(["id"])
        elif key in ("text", "without"):
            collation = rng.choice(["", "COLLATE NOCASE", "COLLATE RTRIM"])
            columns.append(Column("code", "TEXT", "text", collation, not_null=key == "text"))
            constraints.append('PRIMARY KEY ("code")')
            unique.append(["code"])
        elif key in ("pair", "without pair"):
            columns.append(Column("x", "INTEGER", "int", likely=literals(range(6))))
            columns.append(Column("y", rng.choice(["INTEGER", "TEXT"]), "int", likely=literals(range(3))))
            constraints.append(rng.choice(['PRIMARY KEY ("x", "y")', 'PRIMARY KEY ("y", "x")']))
            unique.append(["x", "y"])
        if key.startswith("without"):
            table.key = unique[0]
            table.options = " WITHOUT ROWID, STRICT" if strict else " WITHOUT ROWID"
        if self.chance(0.8):
            columns.append(Column("owner", "INTEGER", "int", likely=(MINE,) * 8 + (str(NOBODY), "1")))
        parents = [t for t in self.schema.tables if any(c.is_rowid() for c in t.columns)]
        parents += [table] if key == "id" else []
        for number in range(rng.choice([0, 1, 1, 2])):
            self.reference(table, f"ref{number + 1}", rng.choice(parents), constraints)
        columns += self.plain_columns(rng.randint(1, 4), strict, NAMES)
        if self.chance(0.35):
            columns.append(self.generated(columns))
        given = [
            c for c in table.given_columns()
            if c.kind != "json" and not c.name.startswith("ref") and not c.is_rowid()  # ON CONFLICT does not find those
        ]
        if self.chance(0.25) and given:
            found = rng.choice(given)
            if [found.name] not in unique:
                unique.append([found.name])
                constraints.append(f"UNIQUE ({quote(found.name)})")
        if self.chance(0.25) and len(given) > 2:
            pair = [c.name for c in rng.sample(given, 2)]
            if sorted(pair) not in [sorted(u) for u in unique]:
                unique.append(pair)
                constraints.append(f"UNIQUE ({', '.join(map(quote, pair))})")
        if self.chance(0.2) and given:
            found = rng.choice(given)
            constraints.append(f"CHECK ({quote(found.name)} IS NOT {literal(self.any_value(found, strict))})")
        table.constraints, table.unique = tuple(constraints), tuple(unique)
        table.indexes = tuple(self.index(table, number) for number in range(rng.choice([0, 1, 2, 3])))
        return table

    def reference(self, table, name, parent, constraints):
        """A foreign key. Nothing takes users along, nor is restricted before the statement ends."""
        table.columns.append(Column(name, "INTEGER", "int", likely=("1", "2", "3", "4", "NULL", "9")))
        self.parents[table.name, name] = parent.name
        action = self.rng.choice(["", "", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE"])
        constraints.append(f"FOREIGN KEY ({quote(name)}) REFERENCES {quote(parent.name)}{action}")
        if action:
            for other in self.schema.tables:
                if other is parent or parent.name in other.changed_with:
                    other.changed_with += (table.name,)
            if parent is table:
                table.changed_with += (table.name,)

    def plain_columns(self, count, strict, names):
        columns = []
        for name in self.rng.sample(names, count):
            kind = self.rng.choice(["int", "text", "text", "real", "json"])
            declared = self.rng.choice((STRICT_TYPES if strict else TYPES)[kind])
            more = self.rng.choice(["", "", "COLLATE NOCASE", "COLLATE RTRIM"]) if kind == "text" else ""
            column = Column(name, declared, kind, more, not_null=self.chance(0.12))
            if self.chance(0.25):
                column.more += f" DEFAULT {self.default(kind)}"
            column.likely = literals(self.any_value(column, strict) for _ in range(4))
            columns.append(column)
        return columns

    def default(self, kind):
        choices = {"int": ["3", "(1 + 1)", "-1"], "real": ["1.5", "(0.25 + 2)"], "json": ["'[1,2,3]'"]}
        return self.rng.choice(choices.get(kind, ["'note'", "''", "(lower('ANN'))"]))

    def generated(self, columns):
        base = quote(self.rng.choice(columns).name)
        expression, kind, declared = self.rng.choice(
            [
                (f"length({base})", "int", "INTEGER"),
                (f"typeof({base})", "text", "TEXT"),
                (f"{base} IS NULL", "int", "INTEGER"),
                (f"coalesce({base}, 'none') || '!'", "text", "TEXT"),
            ]
        )
        more = "COLLATE NOCASE" if kind == "text" and self.chance(0.3) else ""
        return Column("made", declared, kind, more, generated=f"{expression} {self.rng.choice(['STORED', 'VIRTUAL'])}")

    def index(self, table, number):
        names = [quote(c.name) for c in self.rng.sample(table.columns, min(len(table.columns), 2))]
        on = self.rng.choice(
            [
                names[0],
                f"{names[0]} DESC",
                ", ".join(names),
                f"{names[0]} COLLATE NOCASE, {names[-1]}",
                f"typeof({names[0]}), {names[-1]}",
                f"coalesce({names[0]}, {names[-1]})",
            ]
        )
        where = self.rng.choice(["", "", "", f" WHERE {names[-1]} IS NOT NULL", f" WHERE {names[0]} > 1"])
        return f"{table.name}_{number} ON {quote(table.name)} ({on}){where}"

    def view(self, name):
        """Over one table or two, its columns with an affinity of their own."""
        tables = [t for t in self.schema.stored()]
        base = self.rng.choice(tables)
        columns, parts = [], []
        for number, column in enumerate(self.rng.sample(base.columns, min(len(base.columns), 3))):
            if self.chance(0.7):
                more = " ".join(w for w in ("COLLATE NOCASE", "COLLATE RTRIM") if w in column.more)
                columns.append(Column(column.name, type_in_view(column), column.kind, more))
                parts.append(f"b.{quote(column.name)} AS {quote(column.name)}")
            else:
                columns.append(Column(f"g{number}", "TEXT", "text"))
                parts.append(f"CAST(typeof(b.{quote(column.name)}) AS TEXT) AS g{number}")
        first = quote(base.columns[0].name)
        text = f" FROM {quote(base.name)} AS b"
        bases = (base.name,)
        form = self.rng.randrange(4)
        if form == 1:
            text += f" WHERE b.{first} IS NOT NULL"
        elif form == 2:
            other = self.rng.choice(tables)
            bases += (other.name,)
            columns.append(Column("much", "INTEGER", "int"))
            parts.append(f"CAST((SELECT count(*) FROM {quote(other.name)}) AS INTEGER) AS much")
        elif form == 3:
            other = self.rng.choice(tables)
            bases += (other.name,)
            column = self.rng.choice([c for c in other.columns if c.kind != "json"])
            text += f" JOIN {quote(other.name)} AS o ON o.{quote(column.name)} = b.{first}"
        return Table(name, columns, view=f"SELECT {', '.join(parts)}{text}", bases=bases)

    def writable_view(self):
        """A view that shows the key of its table, so that triggers can do what is done to it."""
        bases = [t for t in self.schema.stored() if t.name != "user" and (t.key != "rowid" or t.unique)]
        if not bases or not self.chance(0.6):
            return
        base = self.rng.choice(bases)
        chosen = [
            c for c in base.columns if c.name in base.unique[0] or c.not_null or c.name == "owner" or self.chance(0.5)
        ]
        columns = [
            Column(
                c.name, type_in_view(c), c.kind,
                " ".join(w for w in ("COLLATE NOCASE", "COLLATE RTRIM") if w in c.more), likely=c.likely
            ) for c in chosen
        ]
        parts = [f"b.{quote(c.name)} AS {quote(c.name)}" for c in chosen]
        if self.chance(0.3):
            columns.append(Column("kinds", "TEXT", "text"))
            parts.append(f"CAST(typeof(b.{quote(chosen[-1].name)}) AS TEXT) AS kinds")
        where = f" WHERE b.{quote(chosen[-1].name)} IS NOT NULL" if self.chance(0.3) else ""
        operations = self.rng.choice([("create", "update", "delete")] * 3 + [("create",), ("update",), ("create", "delete")])
        self.schema.tables.append(
            Table(
                "w", columns, view=f"SELECT {', '.join(parts)} FROM {quote(base.name)} AS b{where}", bases=(base.name,),
                writes=operations
            )
        )

    def add_instead_of(self):
        for view in (t for t in self.schema.tables if t.writes):
            base = self.schema.table(view.bases[0])
            view.changed_with += (base.name, "log") + base.changed_with
            given = [c.name for c in view.columns if c.name != "kinds" and not base.column(c.name).generated]
            key = base.unique[0]
            itself = " AND ".join(f"{quote(k)} IS old.{quote(k)}" for k in key)
            new = ", ".join(f"new.{quote(n)}" for n in given)
            rest = [n for n in given if n not in key or self.chance(0.2)] or given
            sets = ", ".join(f"{quote(n)} = new.{quote(n)}" for n in rest)
            verb = self.rng.choice(["INSERT", "INSERT", "INSERT OR IGNORE", "REPLACE"])
            bodies = {
                "create": f"{verb} INTO {quote(base.name)} ({', '.join(map(quote, given))}) VALUES ({new})",
                "update": f"UPDATE {quote(base.name)} SET {sets} WHERE {itself}",
                "delete": f"DELETE FROM {quote(base.name)} WHERE {itself}",
            }
            for operation in view.writes:
                event = {"create": "INSERT"}.get(operation, operation.upper())
                body = bodies[operation]
                row = "old" if operation == "delete" else "new"
                column = f"{row}.{quote(self.rng.choice(view.columns).name)}"
                if self.chance(0.2):
                    body = f"SELECT RAISE(ABORT, 'not this') WHERE {column} IS NULL; {body}"
                if self.chance(0.3) and "log" in self.rows:
                    body += f"; INSERT INTO log VALUES ('w {operation}', NULL, {column})"
                view.triggers += (f"w_{operation} INSTEAD OF {event} ON w BEGIN {body}; END",)

    def add_log(self):
        """A table that the owner's triggers fill."""
        if not self.chance(0.7):
            return
        columns = [Column("what", "TEXT", "text"), Column("was", "", "text"), Column("now", "", "text")]
        log = Table("log", columns, key=[])
        for table in self.schema.stored():
            for event in ("INSERT", "UPDATE", "DELETE"):
                if self.chance(0.5):
                    column = quote(self.rng.choice(table.columns).name)
                    old = "NULL" if event == "INSERT" else f"old.{column}"
                    new = "NULL" if event == "DELETE" else f"new.{column}"
                    when = f" WHEN {new} IS NOT {old}" if event == "UPDATE" and self.chance(0.3) else ""
                    table.triggers += (
                        f"{table.name}_{event.lower()} AFTER {event} ON {quote(table.name)}{when} BEGIN"
                        f" INSERT INTO log VALUES ('{table.name} {event.lower()}', {old}, {new}); END",
                    )
        self.schema.tables.append(log)
        self.rows["log"] = []

    def add_meddlers(self):
        """Owner's triggers that change other tables, whatever those permit. No rows come to light by it: select's rules
        do not read what is set. A table comes after what changes it, so that loading rows changes none."""
        rng = random.Random(f"meddlers {self.seed}")
        tables = [t for t in self.schema.stored() if not t.is_log() and not t.virtual]
        for number, table in enumerate(tables):
            others = [t for t in tables[number + 1:] if t.name not in table.changed_with]
            if not others or rng.random() < 0.7:
                continue
            other = rng.choice(others)
            asked = " ".join([t.select for t in self.schema.tables] + [c.select for t in self.schema.tables for c in t.columns])
            set_free = [
                c for c in other.given_columns()
                if not mentions(asked, [c.name]) and not any(c.name in u for u in other.unique) and not mentions(
                    " ".join(other.constraints), [c.name]) and c.kind != "json" and c.likely
            ]
            event = rng.choice(["INSERT", "UPDATE", "DELETE"])
            row = "old" if event == "DELETE" else "new"
            condition = f"{quote(rng.choice(other.columns).name)} {rng.choice(['=', 'IS', '>'])} {row}.{quote(rng.choice(table.columns).name)}"
            body = f"DELETE FROM {quote(other.name)} WHERE {condition}"
            if set_free and rng.random() < 0.8:
                column = rng.choice(set_free)
                body = f"UPDATE {quote(other.name)} SET {quote(column.name)} = {rng.choice(column.likely)} WHERE {condition}"
            table.triggers += (f"{table.name}_meddles AFTER {event} ON {quote(table.name)} BEGIN {body}; END",)
            table.meddles = True
            reached = (other.name,) + other.changed_with
            reached += tuple(v.name for v in self.schema.tables if v.view and any(name in reached for name in v.bases))
            for one in self.schema.tables:
                if one is table or table.name in one.changed_with:
                    one.changed_with += reached
                    one.meddles = True

    # --- rows ---

    def any_value(self, column, strict):
        rng = self.rng
        if not column.not_null and self.chance(0.15):
            return None
        if not strict and column.kind != "json" and self.chance(0.08):
            return rng.choice(["x", b"\x01a", 2, 0.5])
        return {
            "int": lambda: rng.randint(0, 6),
            "real": lambda: rng.choice([0.5, 1.5, 2.25, -3.5]),
            "text": lambda: rng.choice(TEXTS),
            "json": lambda: rng.choice(JSON),
        }[column.kind]()

    def make_rows(self, table):
        """Rows without rowids, for the columns that are given; those that constraints refuse are left out."""
        scratch = sqlite3.connect(":memory:")
        scratch.execute(table.create_statement())
        names = [c.name for c in table.given_columns()]
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({marks})"
        rows = []
        for _ in range(self.rng.randint(8, 18)):
            row = tuple(self.cell(table, column, len(rows) + 1) for column in table.given_columns())
            try:
                scratch.execute(statement, row)
                rows.append(row)
            except sqlite3.Error:
                continue
        return rows

    def mend_references(self):
        for table in self.schema.stored():
            for number, column in enumerate(table.given_columns()):
                if column.name.startswith("ref"):
                    count = len(self.rows[self.parents[table.name, column.name]])
                    self.rows[table.name] = [
                        row[:number] + (None if (row[number] or 0) > count else row[number],) + row[number + 1:]
                        for row in self.rows[table.name]
                    ]

    def cell(self, table, column, number):
        if column.is_rowid():
            return number
        if column.name == "email":
            return f"p{number}@x.org"
        if column.name == "owner":
            return self.rng.choice([1, 2, 3, NOBODY, NOBODY])
        if column.name.startswith("ref"):
            return self.rng.choice([1, 2, 3, 4, 5, None])
        return self.any_value(column, "STRICT" in table.options)

    def poison(self):
        """Puts values that make functions fail where none of the people can see them."""
        self.wholesome = {name: list(rows) for name, rows in self.rows.items()}
        full = self.full()
        people = self.people(full)
        changed = []
        for table in self.schema.stored():
            if table.key != "rowid" or "STRICT" in table.options:
                continue
            for number, column in enumerate(table.columns):
                value = {"int": MIN64, "json": BROKEN}.get(column.kind)
                if value is None or column.name in ("id", "owner") or column.name.startswith("ref") or column.generated:
                    continue
                if any(column.name in u for u in table.unique):
                    continue
                shown = " OR ".join(
                    f"({predicate(table.select, p)} AND {predicate(column.select, p)})" for p in people
                )
                for (rowid,) in full.execute(f"SELECT rowid FROM {quote(table.name)} WHERE NOT ({shown})").fetchall():
                    if self.chance(0.4):
                        changed.append((table, table.given_columns().index(column), rowid - 1, value))
        for table, index, row, value in changed:
            rows = self.rows[table.name]
            rows[row] = rows[row][:index] + (value,) + rows[row][index + 1:]
        for table in self.schema.tables:  # what rules or views bring to light goes again
            for source in table.bases or (table.name,):
                self.heal(table, source)

    def heal(self, table, source):
        full = self.full()
        for auth in self.people(full):
            for row in full.execute(seen(table, auth)):
                if MIN64 in row or BROKEN in row:
                    self.rows[source] = self.wholesome[source]
                    return

    def full(self):
        rows = {}
        for table in self.schema.stored():
            rows[table.name] = []
            for number, row in enumerate(self.rows[table.name], 1):
                values = iter(row)  # what is generated is left out again
                whole = tuple(None if c.generated else next(values) for c in table.columns)
                rows[table.name].append((number,) + whole if table.has_rowid() else whole)
        return full_copy(self.schema, rows)

    def people(self, full):
        cursor = full.execute("SELECT * FROM user ORDER BY id LIMIT ?", (PEOPLE,))
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]


def type_in_view(column):
    """A type with the affinity that the column has in a view: ANY is one in STRICT tables alone."""
    return column.type if column.type not in ("", "ANY") else "BLOB"


def literals(values):
    return tuple(literal(v) for v in values)


def random_schema(seed):
    """(schema, rows)"""
    return Maker(seed).make()
