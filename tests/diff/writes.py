"""Random writes, and an oracle that says what each must do.

The oracle knows the rules of doc/permissions only: which rows a user reaches is asked of the user's twin, predicates are evaluated by plain
SQLite on the full copy, and the change is made there row by row. It shares no code and no method with the server.
"""

import sqlite3
from dataclasses import dataclass, field

from place import comparable
from queries import Generator, Name, Source
from schema import quote
from tree import Expression, Items, Node, Optional
from twin import predicate, visible_columns


@dataclass
class Write:
    """A statement and its parts. The parts are nodes of the statement's tree, so they shrink with it."""

    kind: str  # create, update, delete
    table: object
    node: object  # the whole statement
    columns: list = None  # of INSERT, None without a list
    rows: object = None  # INSERT: the VALUES or SELECT
    sets: object = None  # UPDATE and DO UPDATE: Items of assignments
    where: object = None
    returning: object = None
    conflict: str = ""  # INSERT: "", "replace" or "update"
    target: list = None  # DO UPDATE: the columns of ON CONFLICT
    source: str = ""  # UPDATE: what stands in FROM
    limit: object = None  # UPDATE and DELETE: ORDER BY … LIMIT

    def set_columns(self):
        return [part.column for part in self.sets.parts]

    def set_values(self):
        return [part.value for part in self.sets.parts]

    def where_text(self):
        return "" if self.where is None else str(self.where)

    def has_returning(self):
        return self.returning is not None and self.returning.gone is None

    def returning_text(self):
        return str(self.returning.parts[1])


class Assignment(Node):
    def __init__(self, column, name, value):
        super().__init__(name, " = ", value)
        self.column, self.value = column, value


class Where(Optional):
    """ WHERE condition"""


class WriteGenerator:
    def __init__(self, rng, schema, auth):
        self.rng = rng
        self.schema = schema
        self.auth = auth
        self.queries = Generator(rng, schema)
        self.readable = self.queries.readable

    def chance(self, share):
        return self.rng.random() < share

    def likely(self, column):
        """A value that a sensible client would write, so that not every write is refused."""
        name, kind, mine = column.name, column.kind, str(self.auth["id"])
        if name in ("author", "user"):
            return self.rng.choice([mine] * 12 + ["99"])
        if name in ("room", "post", "id", "n"):
            return str(self.rng.choice({"room": [1, 2, 3, 4, 5], "post": [1, 2, 3, 4, 5, 6], "id": [30, 31, 32, 33, 34, 35], "n": [1, 2, 4, 9, 60]}[name]))
        if name in ("draft", "open"):
            return self.rng.choice("01")
        if name == "role":
            return self.rng.choice(["'guest'", "'guest'", "'owner'"])
        return str(self.queries.literal(kind))

    def value(self, column, share):
        if self.chance(share):
            return Expression(self.likely(column))
        self.queries.budget = 8
        return self.queries.value(column.kind, 2)

    def frame(self, table):
        names = [Name(c.name, c.kind) for c in visible_columns(table)]
        return Source(table.name, names, table.has_rowid(), True, [c.name for c in table.columns if c.select == "NONE"])

    def returning(self, table):
        if self.chance(0.6):
            return None
        if self.chance(0.4):
            return Node("*")
        self.queries.frames = [[self.frame(table)]]
        items = []
        for _ in range(self.rng.randint(1, 3)):
            self.queries.budget = 3  # too little for a sub-select, which would see the change half made
            items.append(self.queries.value(None, 1))
        return Items(", ", items)

    def write(self):
        self.queries.frames, self.queries.ctes, self.queries.serial = [], [], 0
        kind = self.rng.choice(["create", "create", "update", "update", "delete"])
        tables = [t for t in self.schema.stored()]
        fitting = [t for t in tables if getattr(t, kind) != "NONE"]
        table = self.rng.choice(fitting if self.chance(0.95) else tables)
        write = getattr(self, kind)(table)
        self.queries.readable = self.readable
        self.queries.frames = []
        items = self.returning(table)
        if items is not None and write.limit is None:
            write.returning = Optional(" RETURNING ", items)
            write.node.parts.append(write.returning)
        return write

    def create(self, table):
        columns = None
        if self.chance(0.2):
            # Without a list: the columns that `*` shows.
            targets = visible_columns(table)
        else:
            targets = [c for c in table.columns if self.chance(0.75) and (c.create != "NONE" or self.chance(0.05))] or table.columns[:1]
            for column in table.columns:
                if column not in targets and (column.not_null or column.name in ("author", "user")) and self.chance(0.9):
                    targets.append(column)
            self.rng.shuffle(targets)
            columns = [c.name for c in targets]
        if self.chance(0.6):
            rows = []
            for _ in range(self.rng.choice([1, 1, 1, 2, 3])):
                rows.append(Node("(", *separated([self.value(c, 0.85) for c in targets]), ")"))
            source = Node("VALUES ", Items(", ", rows))
        else:
            other = self.rng.choice(self.readable)
            self.queries.frames = [[self.frame(other)]]
            items = Node(*separated([self.value(c, 0.7) for c in targets]))
            self.queries.budget = 8
            source = Node("SELECT ", items, " FROM ", quote(other.name), " WHERE ", self.queries.truth(2), " ORDER BY " + ", ".join(str(i + 1) for i in range(len(targets))))
            self.queries.frames = []
        names = "" if columns is None else " (" + ", ".join(self.queries.spell(c, True) for c in columns) + ")"
        conflict = "replace" if self.chance(0.12) else ""
        if not conflict and columns and self.chance(0.3):
            upsert = self.upsert(table, columns, source)
            if upsert:
                return upsert
        verb = self.rng.choice(["INSERT OR REPLACE INTO ", "REPLACE INTO "]) if conflict else self.rng.choice(["INSERT INTO ", "INSERT INTO ", "INSERT OR ABORT INTO "])
        node = Node(verb, self.queries.spell(table.name, True), names, " ", source)
        return Write("create", table, node, columns, source, conflict=conflict)

    def upsert(self, table, columns, source):
        """INSERT … ON CONFLICT DO UPDATE where the table has something to conflict on."""
        targets = [u for u in UNIQUE.get(table.name, []) if all(c in columns for c in u)]
        free = [c for c in table.columns if c.select == "FULL" and c.name in columns and not any(c.name in u for u in UNIQUE.get(table.name, []))]
        if not targets or not free:
            return None
        target = self.rng.choice(targets)
        sets = []
        for column in self.rng.sample(free, min(len(free), self.rng.randint(1, 2))):
            value = f"excluded.{self.queries.spell(column.name)}" if self.chance(0.6) else self.likely(column)
            sets.append(Assignment(column.name, self.queries.spell(column.name), Expression(value)))
        sets = Items(", ", sets)
        where = None
        if self.chance(0.3):
            column = self.rng.choice(free)
            where = Where(" WHERE ", Expression(f"{self.queries.spell(table.name)}.{self.queries.spell(column.name)} IS NOT {self.likely(column)}"))
        names = ", ".join(self.queries.spell(c) for c in columns)
        parts = ["INSERT INTO ", self.queries.spell(table.name), " (", names, ") ", source, " ON CONFLICT (", ", ".join(target), ") DO UPDATE SET ", sets]
        node = Node(*parts, where or "")
        return Write("create", table, node, columns, source, sets, where, conflict="update", target=target)

    def update(self, table):
        candidates = [c for c in table.columns if "PRIMARY KEY" not in c.more and not (table.key != "rowid" and c.name in table.key)]
        may = [c for c in candidates if c.update != "NONE" or self.chance(0.05)] or candidates
        targets = self.rng.sample(may, min(len(may), self.rng.randint(1, 2)))
        # A sub-select over the table itself would see the change half made.
        self.queries.readable = [t for t in self.readable if t is not table and not (t.view and table.name == "post") and t.name != "pick"]
        frame = [self.frame(table)]
        source = ""
        if self.chance(0.25):
            self.queries.budget = 0
            source, other = self.queries.source(0)
            if other.name != table.name:
                frame.append(other)
            else:
                source = ""
        self.queries.frames = [frame]
        self.queries.qualify = bool(source)
        values = [self.value(c, 0.6) for c in targets]
        self.queries.readable = self.readable
        self.queries.budget = 10
        where = self.queries.truth(2)
        if source:
            where = Expression(self.queries.equal(frame), " AND ", where)
        self.queries.qualify = False
        sets = Items(", ", [Assignment(c.name, self.queries.spell(c.name, True), v) for c, v in zip(targets, values)])
        where = Where(" WHERE ", where)
        node = Node("UPDATE ", self.queries.spell(table.name, True), " SET ", sets, f" FROM {source}" if source else "", where)
        write = Write("update", table, node, sets=sets, where=where, source=str(source))
        if not source:
            self.limited(write)
        return write

    def delete(self, table):
        self.queries.frames = [[self.frame(table)]]
        self.queries.budget = 10
        where = Where(" WHERE ", self.queries.truth(2))
        node = Node("DELETE FROM ", self.queries.spell(table.name, True), where)
        write = Write("delete", table, node, where=where)
        self.limited(write)
        return write

    def limited(self, write):
        if write.table.has_rowid() and self.chance(0.15):
            order = self.rng.choice([" ORDER BY rowid", " ORDER BY rowid DESC", f" ORDER BY {quote(write.table.name)}.rowid"])
            write.limit = Optional(order, " LIMIT ", self.rng.choice("123"), self.rng.choice(["", " OFFSET 1"]))
            write.node.parts.append(write.limit)


def separated(nodes):
    parts = []
    for node in nodes:
        parts += [", ", node] if parts else [node]
    return parts


@dataclass
class Outcome:
    """What a write must do: fail with one of `codes`, or change and show this."""

    codes: set = field(default_factory=set)
    why: str = ""
    rows: list = None
    columns: list = None
    changes: int = 0
    denied: int = 0

    def __str__(self):
        if self.codes:
            return f"fails with {' or '.join(sorted(self.codes))}: {self.why}"
        return f"{self.columns} {self.rows} changes={self.changes} denied={self.denied}"


class Refused(Exception):
    def __init__(self, codes, why):
        super().__init__(why)
        self.codes, self.why = codes, why


class Unclear(Exception):
    """A statement that has no one outcome."""


UNIQUE = {"post": [["id"]], "room": [["id"]], "member": [["user", "room"]], "tag": [["name", "post"]], "user": [["id"], ["email"]]}
PERMISSION = {"permission_denied"}
ANY_FAILURE = {"sqlite_error", "not_found", "invalid_value", "parse_error", "permission_denied", "constraint_violation", "limit_exceeded"}
CONSTRAINT = {"constraint_violation", "permission_denied"}


class Oracle:
    """Applies writes to the full copy. `make_twins` gives a user's twins of what the full copy holds now."""

    def __init__(self, full, auth, make_twins):
        self.full, self.auth, self.make_twins = full, auth, make_twins

    def apply(self, write):
        """The outcome; the full copy has changed only if that is no failure."""
        self.full.execute("BEGIN")
        try:
            outcome = getattr(self, write.kind)(write)
            self.full.execute("COMMIT")
            return outcome
        except Refused as refusal:
            self.full.execute("ROLLBACK")
            return Outcome(refusal.codes | self.also(write), refusal.why)
        except sqlite3.IntegrityError as error:
            if self.full.in_transaction:
                self.full.execute("ROLLBACK")
            codes = CONSTRAINT | {"invalid_value"} if "datatype mismatch" in str(error) else CONSTRAINT
            return Outcome(codes | self.also(write), str(error))
        except Unclear:
            self.full.execute("ROLLBACK")
            return None

    @staticmethod
    def also(write):
        """A RETURNING that fails on whatever row may be what fails first."""
        fails = write.has_returning() and ("broken" in write.returning_text() or "9223372036854775807" in write.returning_text())
        return {"sqlite_error"} if fails else set()

    def query(self, sql):
        answer = self.make_twins().answer(sql, False)
        if answer is None:
            raise Unclear
        if answer.failed:
            raise Refused(ANY_FAILURE, answer.message)
        return answer

    def raw(self, sql):
        """Rows on the first twin as SQLite has them, after query() has shown that they are clear."""
        self.query(sql)
        copy = self.make_twins().copies[1]
        copy.text_factory = str
        try:
            return copy.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise Unclear from error

    def holds(self, table, rule, key):
        where = " AND ".join(f"{quote(k) if k != 'rowid' else k} IS ?" for k in table.key_columns())
        found = self.full.execute(f"SELECT {predicate(rule, self.auth)} FROM {quote(table.name)} WHERE {where}", key).fetchone()
        return found is not None and bool(found[0])

    def check(self, table, rule, key, why):
        if not self.holds(table, rule, key):
            raise Refused(PERMISSION, why)

    def may(self, table, operation):
        if all(getattr(table, o) == "NONE" for o in ("select", "create", "update", "delete")):
            raise Refused({"not_found"}, "no such table")
        if getattr(table, operation) == "NONE":
            raise Refused(PERMISSION, f"{operation} is NONE")

    def fields(self, table, names, operation):
        for name in names:
            if getattr(table.column(name), operation) == "NONE":
                raise Refused(PERMISSION, f"{operation} of {name} is NONE")

    def shown(self, write, keys):
        """The RETURNING rows for changed rows that are there now."""
        if not write.has_returning():
            return None, None
        for key in keys:
            self.check(write.table, write.table.select, key, "RETURNING of a row that select hides")
        return self.returned(write, keys)

    def returned(self, write, keys):
        names = write.table.key_columns()
        columns, rows = None, []
        for key in keys or [(None,) * len(names)]:
            where = " AND ".join(f"{quote(n) if n != 'rowid' else n} IS {literal_of(k)}" for n, k in zip(names, key))
            answer = self.query(f"SELECT {write.returning_text()} FROM {quote(write.table.name)} WHERE {where}")
            columns = answer.columns
            rows += answer.rows
        return columns, rows

    def create(self, write):
        table = write.table
        self.may(table, "create")
        names = write.columns if write.columns is not None else [c.name for c in visible_columns(table)]
        self.fields(table, names, "create")
        if write.conflict == "replace" and (table.select, table.delete) != ("FULL", "FULL"):
            raise Refused(PERMISSION, "REPLACE where select and delete are not FULL")
        if write.conflict == "update":
            self.may(table, "update")
            self.fields(table, write.set_columns(), "update")
        new = self.raw(str(write.rows))
        keys, refusal = [], None
        for row in new:
            if len(row) != len(names):
                raise Refused(ANY_FAILURE, "number of values")
            if write.conflict == "replace":
                self.replaced(table, names, row)
            if write.conflict == "update":
                key = self.in_the_way(write, names, row)
                if key is not None:
                    if self.update_instead(write, names, row, key):
                        keys.append(key)
                    continue
            verb = "INSERT OR REPLACE" if write.conflict == "replace" else "INSERT"
            sql = f"{verb} INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({', '.join('?' * len(names))})"
            cursor = self.full.execute(sql, row)
            key = (cursor.lastrowid,) if table.key == "rowid" else tuple(row[names.index(k)] if k in names else None for k in table.key)
            if table.key != "rowid":
                key = self.stored_key(table, key)
            keys.append(key)
            rules = [table.create] + [table.column(n).create for n in names]
            if not all(self.holds(table, rule, key) for rule in rules):
                refusal = "create's predicate does not hold"
        if refusal:
            raise Refused(PERMISSION, refusal)
        self.foreign_keys(table)
        columns, rows = self.shown(write, keys)
        return Outcome(columns=columns, rows=rows, changes=len(keys))

    def replaced(self, table, names, row):
        """Refuses where REPLACE would delete a row that the user may not."""
        for unique in UNIQUE.get(table.name, []):
            if not all(n in names for n in unique):
                continue
            where = " AND ".join(f"{quote(n)} = ?" for n in unique)
            keys = ", ".join(quote(k) if k != "rowid" else k for k in table.key_columns())
            found = self.full.execute(f"SELECT {keys} FROM {quote(table.name)} WHERE {where}", [row[names.index(n)] for n in unique]).fetchall()
            for key in found:
                if table.delete == "NONE" or not self.holds(table, table.select, key) or not self.holds(table, table.delete, key):
                    raise Refused(CONSTRAINT, "REPLACE of a row that may not be deleted")

    def in_the_way(self, write, names, row):
        """The key of the row that a new one conflicts with on the columns of ON CONFLICT."""
        where = " AND ".join(f"{quote(n)} = ?" for n in write.target)
        keys = ", ".join(quote(k) if k != "rowid" else k for k in write.table.key_columns())
        values = [row[names.index(n)] for n in write.target]
        return self.full.execute(f"SELECT {keys} FROM {quote(write.table.name)} WHERE {where}", values).fetchone()

    def update_instead(self, write, names, row, key):
        """DO UPDATE on one row; whether it was changed."""
        table = write.table
        itself = " AND ".join(f"{quote(k) if k != 'rowid' else k} IS ?" for k in table.key_columns())
        self.full.execute("SAVEPOINT proposed")
        try:
            self.full.execute(f"DELETE FROM {quote(table.name)} WHERE {itself}", key)
            marks = ", ".join("?" * len(names))
            self.full.execute(f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({marks})", row)
            proposed = self.full.execute(f"SELECT {', '.join(quote(c.name) for c in table.columns)} FROM {quote(table.name)} WHERE {itself}", key).fetchone()
            wanted = all(self.holds(table, rule, key) for rule in [table.create] + [table.column(n).create for n in names])
        except sqlite3.IntegrityError as error:
            raise Unclear from error
        finally:
            self.full.execute("ROLLBACK TO proposed")
            self.full.execute("RELEASE proposed")
        if proposed is None or not wanted:
            raise Unclear  # whether create must hold for a row that is never made is not said
        fields = [table.column(n).update for n in write.set_columns()]
        rules = [table.select, table.update] + fields
        if not all(self.holds(table, rule, key) for rule in rules):
            raise Refused(CONSTRAINT, "DO UPDATE of a row that may not be updated")
        excluded = ", ".join(f"? AS {quote(c.name)}" for c in table.columns)
        values = ", ".join(str(v) for v in write.set_values())
        condition = write.where_text().replace(" WHERE ", "", 1) or "1"
        new = self.full.execute(
            f"SELECT {values} FROM {quote(table.name)}, (SELECT {excluded}) AS excluded WHERE {qualified(table)} AND ({condition})",
            proposed + key,
        ).fetchone()
        if new is None:
            return False
        sets = ", ".join(f"{quote(n)} = ?" for n in write.set_columns())
        self.full.execute(f"UPDATE {quote(table.name)} SET {sets} WHERE {itself}", new + tuple(key))
        for rule in [table.update] + fields:
            self.check(table, rule, key, "an update predicate after DO UPDATE")
        return True

    def stored_key(self, table, key):
        marks = " AND ".join(f"{quote(k)} IS CAST(? AS INTEGER)" for k in table.key)
        found = self.full.execute(f"SELECT {', '.join(map(quote, table.key))} FROM {quote(table.name)} WHERE {marks}", key).fetchone()
        if found is None:
            raise Unclear
        return found

    def foreign_keys(self, table):
        """Foreign keys are immediate on the server, whose statement is one; here they are checked as it ends."""
        if self.full.execute("PRAGMA foreign_key_check").fetchone():
            raise Refused(CONSTRAINT, "foreign key")

    def reached(self, write, extra=""):
        names = ", ".join(f"{quote(write.table.name)}.{quote(k) if k != 'rowid' else k}" for k in write.table.key_columns())
        source = f", {write.source}" if write.source else ""
        limit = "" if write.limit is None else str(write.limit)
        rows = self.raw(f"SELECT {names}{extra} FROM {quote(write.table.name)}{source}{write.where_text()}{limit}")
        size = len(write.table.key_columns())
        pairs = [(row[:size], row[size:]) for row in rows]
        if len({key for key, _ in pairs}) < len(pairs):
            raise Unclear  # several rows of FROM for one of the table: any of them may be taken
        return pairs

    def update(self, write):
        table = write.table
        self.may(table, "update")
        names = write.set_columns()
        self.fields(table, names, "update")
        reached = self.reached(write, "".join(f", {v}" for v in write.set_values()))
        allowed = [(k, v) for k, v in reached if self.holds(table, table.update, k)]
        if write.has_returning():
            self.query(f"SELECT {write.returning_text()} FROM {quote(table.name)} WHERE 0")
        fields = [table.column(n).update for n in names]
        for key, _ in allowed:
            for rule in fields:
                self.check(table, rule, key, "a field's update predicate before the change")
        where = " AND ".join(f"{quote(k) if k != 'rowid' else k} IS ?" for k in table.key_columns())
        sets = ", ".join(f"{quote(n)} = ?" for n in names)
        for key, values in allowed:
            self.full.execute(f"UPDATE {quote(table.name)} SET {sets} WHERE {where}", values + key)
        for key, _ in allowed:
            for rule in [table.update] + fields:
                self.check(table, rule, key, "an update predicate after the change")
        columns, rows = self.shown(write, [k for k, _ in allowed])
        return Outcome(columns=columns, rows=rows, changes=len(allowed), denied=len(reached) - len(allowed))

    def delete(self, write):
        table = write.table
        self.may(table, "delete")
        reached = [k for k, _ in self.reached(write)]
        allowed = [k for k in reached if self.holds(table, table.delete, k)]
        columns = rows = None
        if write.has_returning():
            columns, rows = self.returned(write, allowed)
        where = " AND ".join(f"{quote(k) if k != 'rowid' else k} IS ?" for k in table.key_columns())
        for key in allowed:
            self.full.execute(f"DELETE FROM {quote(table.name)} WHERE {where}", key)
        return Outcome(columns=columns, rows=rows, changes=len(allowed), denied=len(reached) - len(allowed))


def qualified(table):
    return " AND ".join(f"{quote(table.name)}.{k if k == 'rowid' else quote(k)} IS ?" for k in table.key_columns())


def literal_of(value):
    return "NULL" if value is None else repr(value)


def contents(schema, full):
    """Table name → sorted rows of the full copy, to compare with what root reads on the server."""
    result = {}
    for table in schema.stored():
        names = "rowid, *" if table.has_rowid() else "*"
        result[table.name] = sorted(repr(tuple(comparable(v) for v in row)) for row in full.execute(f"SELECT {names} FROM {quote(table.name)}"))
    return result

