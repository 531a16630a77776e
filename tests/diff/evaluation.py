"""What an oracle is made of: outcomes, and questions to the full copy and to a user's twins."""

import sqlite3
from dataclasses import dataclass, field

from place import comparable, without_hints
from schema import literal, quote
from twin import predicate, visible_columns


@dataclass
class Outcome:
    """What a write must do: fail with one of `codes`, or change and show this."""

    codes: set = field(default_factory=set)
    why: str = ""
    rows: list = None
    sqlite_rows: list = None  # the same with SQLite's RETURNING
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


PERMISSION = {"permission_denied"}
ANY_FAILURE = {
    "sqlite_error",
    "not_found",
    "invalid_value",
    "parse_error",
    "permission_denied",
    "constraint_violation",
    "limit_exceeded",
}
CONSTRAINT = {"constraint_violation", "permission_denied"}


def codes_of(error):
    """For an error of SQLite's about a value or a key."""
    return CONSTRAINT | {"invalid_value"} if "datatype mismatch" in str(error) else CONSTRAINT


def spelled(key):
    return key if key == "rowid" else quote(key)


def itself(table):
    """A condition that is true of the row with the key that is bound."""
    return " AND ".join(f"{spelled(k)} IS ?" for k in table.key_columns())


class Evaluation:
    """What plain SQLite says on the full copy and the user's twins.

    `make_twins` gives the twins of what the full copy holds now."""

    def __init__(self, full, auth, make_twins):
        self.full, self.auth, self.make_twins = full, auth, make_twins
        self.sqlite_rows = []
        self.unchanged = full.total_changes, make_twins()

    def twins_now(self):
        """Twins that are not changed by who asks."""
        changes, twins = self.unchanged
        return twins if self.full.total_changes == changes else self.make_twins()

    def query(self, sql, twins=None):
        answer = (twins or self.twins_now()).answer(sql, False)
        if answer is None:
            raise Unclear
        if answer.failed:
            raise Refused(ANY_FAILURE, answer.message)
        return answer

    def raw(self, sql, twins=None):
        """Rows on a twin as SQLite has them, after query() has shown that they are clear."""
        twins = twins or self.twins_now()
        self.query(sql, twins)
        copy = twins.copies[1]
        sql = without_hints(sql)
        held, copy.text_factory = copy.text_factory, str
        try:
            return copy.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise Unclear from error
        finally:
            copy.text_factory = held

    def holds(self, table, rule, key):
        found = self.full.execute(
            f"SELECT {predicate(rule, self.auth)} FROM {quote(table.name)} WHERE {itself(table)}", key
        ).fetchone()
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

    def sqlite_returning(self, write, where, twins):
        """What SQLite's own RETURNING makes of a row: it forgets the affinity and the collation of columns."""
        name = quote(write.table.name)
        column = quote(visible_columns(write.table)[0].name)
        try:
            found = twins.copies[0].execute(
                f"UPDATE {name} SET {column} = {column} WHERE {where} RETURNING {without_hints(write.returning_text())}"
            )
            return [tuple(comparable(v) for v in row) for row in found.fetchall()]
        except sqlite3.Error:
            return []

    def on_twin(self, table, key, twins, name=None):
        """A row on the user's twins: (a condition with the key in it, the key there)."""
        names = table.key_columns()
        if table.key_is_hidden():
            numbers = {key: number for number, key in twins.copies[0].keys[table.name].items()}
            names, key = ["rowid"], (numbers.get(tuple(key), -1),)
        name = quote(name or table.name)
        return " AND ".join(f"{name}.{spelled(n)} IS {literal(k)}" for n, k in zip(names, key)), key

    def returned(self, write, keys):
        twins = self.make_twins()
        columns, rows = None, []
        for key in keys or [None]:
            where = self.on_twin(write.table, key, twins)[0] if key else "0"
            sql = f"SELECT {write.returning_text()} FROM {quote(write.table.name)} WHERE {where}"
            answer = self.query(sql, twins)
            columns = answer.columns
            rows += answer.rows
            self.sqlite_rows += self.sqlite_returning(write, where, twins)
        return columns, rows

    def in_the_way(self, table, row, key=None):
        """[(columns of a unique key, the key of the row that has the same there)], but for the row with `key`."""
        found = []
        keys = ", ".join(map(spelled, table.key_columns()))
        for unique in table.unique:
            if not all(n in row for n in unique):
                if any("DEFAULT" in table.column(n).more for n in unique if n not in row):
                    raise Unclear
                continue
            where = " AND ".join(f"{quote(n)} = ?" for n in unique) + (f" AND NOT ({itself(table)})" if key else "")
            statement = f"SELECT {keys} FROM {quote(table.name)} WHERE {where}"
            found += [(unique, other) for other in self.full.execute(
                statement, [row[n] for n in unique] + list(key or ())).fetchall()]
        return found

    def replaced(self, table, row, key=None):
        """Refuses where REPLACE would delete a row that the user may not."""
        for _, other in self.in_the_way(table, row, key):
            if table.delete == "NONE" or not self.holds(table, table.select, other) or not self.holds(
                table, table.delete, other
            ):
                raise Refused(CONSTRAINT, "REPLACE of a row that may not be deleted")

    def reached(self, write, extra=""):
        twins = self.twins_now()
        columns = ["rowid"] if write.table.key_is_hidden() else write.table.key_columns()
        names = ", ".join(f"{quote(write.name())}.{spelled(k)}" for k in columns)
        source = f", {write.source}" if write.source else ""
        limit = "" if write.limit is None else str(write.limit)
        sql = f"{write.before}SELECT {names}{extra} FROM {write.target()}{source}{write.where_text()}{limit}"
        rows = self.raw(sql, twins)
        size = len(columns)
        pairs = [(row[:size], row[size:]) for row in rows]
        if write.table.key_is_hidden():
            keys = twins.copies[0].keys[write.table.name]
            pairs = [(keys[number], values) for (number,), values in pairs]
        if len({key for key, _ in pairs}) < len(pairs):
            raise Unclear  # several rows of FROM for one of the table: any of them may be taken
        return pairs

    def overlooked(self, write):
        """Unclear where REPLACE has broken a foreign key of a table that refers to itself: SQLite 3.40 overlooks it."""
        broken = self.full.execute("PRAGMA foreign_key_check").fetchall() if write.conflict == "replace" else []
        if any(child == parent for child, _, parent, _ in broken):
            raise Unclear

    def in_any_order(self, change, items):
        """What change() gives of each item. Unclear where the order matters."""
        outcomes, left = [], []
        for order in (items[::-1], items) if len(items) > 1 else (items,):
            self.full.execute("SAVEPOINT ordered")
            try:
                outcomes.append([change(*item) for item in order])
                left.append(everything(self.full))
            except sqlite3.IntegrityError as error:
                outcomes.append(Refused(codes_of(error), str(error)))
            except Refused as refusal:
                outcomes.append(refusal)
            if order is not items:
                self.full.execute("ROLLBACK TO ordered")
            self.full.execute("RELEASE ordered")
        if len({"fails" if isinstance(o, Refused) else repr(sorted(map(repr, o))) for o in outcomes}) > 1 or len(
            set(left)
        ) > 1:
            raise Unclear
        if isinstance(outcomes[-1], Refused):
            raise Refused(set().union(*(o.codes for o in outcomes)), outcomes[-1].why)
        return outcomes[-1]

    def steady(self, write, keys):
        """Unclear where what RETURNING shows depends on when it looks."""
        if write.has_returning() and len(keys) > 1 and (write.table.is_unsteady() or len(set(keys)) < len(keys)):
            raise Unclear


def everything(full):
    """What is in all tables: in a form that can be compared."""
    names = [name for (name,) in full.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()]
    own = [name for name in names if not name.startswith("search_")]  # the module's tables hold the order of changes
    return repr([sorted(map(repr, full.execute(f"SELECT * FROM {quote(name)}").fetchall())) for name in own])
