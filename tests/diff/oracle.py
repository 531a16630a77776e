"""An oracle that says what each write must do.

It knows the rules of doc/permissions.md only: which rows a user reaches is asked of the user's twin, predicates are
evaluated by plain SQLite on the full copy, and the change is made there row by row. It shares no code and no method
with the server.
"""

import re
import sqlite3
from dataclasses import dataclass, field

from place import comparable
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


class Oracle:
    """Applies writes to the full copy. `make_twins` gives a user's twins of what the full copy holds now."""

    def __init__(self, full, auth, make_twins):
        self.full, self.auth, self.make_twins = full, auth, make_twins
        self.sqlite_rows = []

    def apply(self, write):
        """The outcome; the full copy has changed only if that is no failure."""
        self.full.execute("BEGIN")
        self.full.execute("PRAGMA defer_foreign_keys = 1")  # one statement there is many here
        try:
            outcome = getattr(self, write.kind)(write)
            outcome.sqlite_rows = self.sqlite_rows
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

    def also(self, write):
        """What else may be the first to fail: a RETURNING that fails on whatever row, or names that are not there."""
        codes = set()
        if write.has_returning() and re.search("broken|9223372036854775807", write.returning_text()):
            codes.add("sqlite_error")
        try:
            if write.has_returning():
                self.query(f"SELECT {write.returning_text()} FROM {quote(write.table.name)} WHERE 0")
            if write.kind == "create":
                if write.rows:
                    self.query(str(write.rows))
            else:
                self.reached(write, "".join(f", {v}" for v in write.set_values()) if write.sets else "")
        except (Refused, Unclear):
            codes |= ANY_FAILURE
        return codes

    def query(self, sql, twins=None):
        answer = (twins or self.make_twins()).answer(sql, False)
        if answer is None:
            raise Unclear
        if answer.failed:
            raise Refused(ANY_FAILURE, answer.message)
        return answer

    def raw(self, sql, twins=None):
        """Rows on a twin as SQLite has them, after query() has shown that they are clear."""
        twins = twins or self.make_twins()
        self.query(sql, twins)
        copy = twins.copies[1]
        copy.text_factory = str
        try:
            return copy.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise Unclear from error

    def holds(self, table, rule, key):
        where = " AND ".join(f"{quote(k) if k != 'rowid' else k} IS ?" for k in table.key_columns())
        found = self.full.execute(
            f"SELECT {predicate(rule, self.auth)} FROM {quote(table.name)} WHERE {where}", key
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
                f"UPDATE {name} SET {column} = {column} WHERE {where} RETURNING {write.returning_text()}"
            )
            return [tuple(comparable(v) for v in row) for row in found.fetchall()]
        except sqlite3.Error:
            return []

    def returned(self, write, keys):
        twins = self.make_twins()
        names = write.table.key_columns()
        if write.table.key_is_hidden():
            numbers = {key: number for number, key in twins.copies[0].keys[write.table.name].items()}
            names, keys = ["rowid"], [(numbers.get(tuple(key), -1),) for key in keys]
        columns, rows = None, []
        for key in keys or [(None,) * len(names)]:
            where = " AND ".join(f"{quote(n) if n != 'rowid' else n} IS {literal(k)}" for n, k in zip(names, key))
            sql = f"SELECT {write.returning_text()} FROM {quote(write.table.name)} WHERE {where}"
            answer = self.query(sql, twins)
            columns = answer.columns
            rows += answer.rows
            self.sqlite_rows += self.sqlite_returning(write, where, twins)
        return columns, rows

    def create(self, write):
        table = write.table
        self.may(table, "create")
        names = write.columns if write.columns is not None else [
            c.name for c in visible_columns(table) if not c.generated
        ]
        if not names and write.rows:
            raise Refused(PERMISSION, "no column can be filled without being named")
        self.fields(table, names, "create")
        if write.conflict == "replace" and "NONE" in (table.select, table.delete):
            raise Refused(PERMISSION, "REPLACE where select or delete is NONE")
        if write.conflict == "update":
            self.may(table, "update")
            self.fields(table, write.set_columns(), "update")
        new = self.raw(str(write.rows)) if write.rows else [()]
        rules, made = [table.create] + [table.column(n).create for n in names], []
        keys, refusals = [], set()
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
            verb = {"replace": "INSERT OR REPLACE", "ignore": "INSERT OR IGNORE"}.get(write.conflict, "INSERT")
            marks = ", ".join("?" * len(names))
            values = f"({', '.join(map(quote, names))}) VALUES ({marks})" if names else "DEFAULT VALUES"
            cursor = self.full.execute(f"{verb} INTO {quote(table.name)} {values}", row)
            if write.conflict == "ignore" and cursor.rowcount == 0:
                if any(rule != "FULL" for rule in rules):
                    raise Unclear  # whether create held for a row that was never made is not known here
                continue
            key = (cursor.lastrowid,) if table.key == "rowid" else tuple(
                row[names.index(k)] if k in names else None for k in table.key
            )
            if table.key != "rowid":
                key = self.stored_key(table, key)
            keys.append(key)
            made.append(key)
            if not all(self.holds(table, rule, key) for rule in rules):
                refusals.add(key)
        if table.is_unsteady() and any(
            (key in refusals) == all(self.holds(table, rule, key) for rule in rules) for key in made
        ):
            raise Unclear  # the rows of the statement decide about each other
        if write.conflict == "replace" and any(not self.holds(table, "FULL", key) for key in made):
            raise Unclear  # the statement has replaced a row of its own
        if refusals:
            raise Refused(PERMISSION, "create's predicate does not hold")
        self.foreign_keys(table)
        self.steady(write, keys)
        columns, rows = self.shown(write, keys)
        return Outcome(columns=columns, rows=rows, changes=len(keys))

    def replaced(self, table, names, row):
        """Refuses where REPLACE would delete a row that the user may not."""
        for unique in table.unique:
            if not all(n in names for n in unique):
                continue
            where = " AND ".join(f"{quote(n)} = ?" for n in unique)
            keys = ", ".join(quote(k) if k != "rowid" else k for k in table.key_columns())
            found = self.full.execute(
                f"SELECT {keys} FROM {quote(table.name)} WHERE {where}", [row[names.index(n)] for n in unique]
            ).fetchall()
            for key in found:
                if table.delete == "NONE" or not self.holds(
                    table, table.select, key
                ) or not self.holds(table, table.delete, key):
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
            proposed = self.full.execute(
                f"SELECT {', '.join(quote(c.name) for c in table.columns)} FROM {quote(table.name)} WHERE {itself}", key
            ).fetchone()
            wanted = all(
                self.holds(table, rule, key) for rule in [table.create] + [table.column(n).create for n in names]
            )
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
            f"SELECT {values} FROM {quote(table.name)}, (SELECT {excluded}) AS excluded"
            f" WHERE {qualified(table)} AND ({condition})",
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
        marks = " AND ".join(f"{quote(k)} IS ?" for k in table.key)
        found = self.full.execute(
            f"SELECT {', '.join(map(quote, table.key))} FROM {quote(table.name)} WHERE {marks}", key
        ).fetchone()
        if found is None:
            raise Unclear
        return found

    def foreign_keys(self, table):
        """Foreign keys are immediate on the server, whose statement is one; here they are checked as it ends."""
        if self.full.execute("PRAGMA foreign_key_check").fetchone():
            raise Refused(CONSTRAINT, "foreign key")

    def reached(self, write, extra=""):
        twins = self.make_twins()
        columns = ["rowid"] if write.table.key_is_hidden() else write.table.key_columns()
        names = ", ".join(f"{quote(write.table.name)}.{quote(k) if k != 'rowid' else k}" for k in columns)
        source = f", {write.source}" if write.source else ""
        limit = "" if write.limit is None else str(write.limit)
        sql = f"SELECT {names}{extra} FROM {quote(write.table.name)}{source}{write.where_text()}{limit}"
        rows = self.raw(sql, twins)
        size = len(columns)
        pairs = [(row[:size], row[size:]) for row in rows]
        if write.table.key_is_hidden():
            keys = twins.copies[0].keys[write.table.name]
            pairs = [(keys[number], values) for (number,), values in pairs]
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

        def change(key, values):
            self.full.execute(f"UPDATE {quote(table.name)} SET {sets} WHERE {where}", values + key)
            return all(self.holds(table, rule, key) for rule in [table.update] + fields)

        at_once = self.in_any_order(change, allowed)
        for key, _ in allowed:
            for rule in [table.update] + fields:
                self.check(table, rule, key, "an update predicate after the change")
        if not at_once:
            raise Unclear  # a predicate over the table itself did not hold while the statement ran
        self.steady(write, [key for key, _ in allowed])
        columns, rows = self.shown(write, [k for k, _ in allowed])
        return Outcome(columns=columns, rows=rows, changes=len(allowed), denied=len(reached) - len(allowed))

    def in_any_order(self, change, items):
        """change() of each item; whether all were allowed as they were made. Unclear where the order matters."""
        outcomes, left = [], []
        for order in (items[::-1], items) if len(items) > 1 else (items,):
            self.full.execute("SAVEPOINT ordered")
            try:
                outcomes.append(all([change(*item) for item in order]))
                left.append(everything(self.full))
            except sqlite3.IntegrityError as error:
                outcomes.append(str(error))
            if order is not items:
                self.full.execute("ROLLBACK TO ordered")
            self.full.execute("RELEASE ordered")
        if len({"fails" if isinstance(o, str) else o for o in outcomes}) > 1 or len(set(left)) > 1:
            raise Unclear
        if isinstance(outcomes[-1], str):
            raise Refused(CONSTRAINT, outcomes[-1])
        return outcomes[-1]

    def steady(self, write, keys):
        """Unclear where what RETURNING shows depends on when it looks."""
        if write.has_returning() and len(keys) > 1 and (write.table.is_unsteady() or len(set(keys)) < len(keys)):
            raise Unclear

    def delete(self, write):
        table = write.table
        self.may(table, "delete")
        reached = [k for k, _ in self.reached(write)]
        allowed = [k for k in reached if self.holds(table, table.delete, k)]
        columns = rows = None
        if write.has_returning():
            if table.is_unsteady():
                raise Unclear
            columns, rows = self.returned(write, allowed)
        where = " AND ".join(f"{quote(k) if k != 'rowid' else k} IS ?" for k in table.key_columns())

        def remove(*key):
            return self.full.execute(f"DELETE FROM {quote(table.name)} WHERE {where}", key).rowcount == 1

        if not self.in_any_order(remove, allowed):
            raise Unclear  # another one of them took it along
        return Outcome(columns=columns, rows=rows, changes=len(allowed), denied=len(reached) - len(allowed))


def everything(full):
    """What is in all tables: in a form that can be compared."""
    names = [name for (name,) in full.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()]
    return repr([sorted(map(repr, full.execute(f"SELECT * FROM {quote(name)}").fetchall())) for name in names])


def qualified(table):
    return " AND ".join(f"{quote(table.name)}.{k if k == 'rowid' else quote(k)} IS ?" for k in table.key_columns())


def contents(schema, full):
    """Table name → sorted rows of the full copy, to compare with what root reads on the server."""
    result = {}
    for table in schema.stored():
        names = "rowid, *" if table.has_rowid() else "*"
        result[table.name] = sorted(
            repr(tuple(comparable(v) for v in row)) for row in full.execute(f"SELECT {names} FROM {quote(table.name)}")
        )
    return result
