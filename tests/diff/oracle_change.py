"""The oracle's UPDATE and DELETE: the rows are picked on the twin and changed one by one on the full copy."""

import sqlite3

from evaluation import PERMISSION, Evaluation, Outcome, Refused, Unclear, itself, spelled
from schema import quote

IGNORED = "ignored"


class Changes(Evaluation):
    def update(self, write):
        table = write.table
        self.may(table, "update")
        names = write.set_columns()
        self.fields(table, names, "update")
        if write.conflict == "replace" and "NONE" in (table.select, table.delete):
            raise Refused(PERMISSION, "REPLACE where select or delete is NONE")
        reached = self.reached(write, "".join(f", {v}" for v in write.set_values()))
        allowed = [(k, v) for k, v in reached if self.holds(table, table.update, k)]
        if write.has_returning():
            self.query(f"SELECT {write.returning_text()} FROM {quote(table.name)} WHERE 0")
        fields = [table.column(n).update for n in names]
        for key, _ in allowed:
            for rule in fields:
                self.check(table, rule, key, "a field's update predicate before the change")
        rules = [table.update] + fields
        outcomes = self.in_any_order(lambda key, values: self.change(write, names, rules, key, values), allowed)
        changed = [key for key, _ in outcomes if key != IGNORED]
        if write.conflict == "replace" and any(not self.holds(table, "FULL", key) for key in changed):
            raise Unclear  # the statement has replaced a row of its own
        self.overlooked(write)
        for key in changed:
            for rule in rules:
                self.check(table, rule, key, "an update predicate after the change")
        if not all(held for _, held in outcomes):
            raise Unclear  # a predicate over the table itself did not hold while the statement ran
        self.steady(write, changed)
        columns, rows = self.shown(write, changed)
        return Outcome(columns=columns, rows=rows, changes=len(changed), denied=len(reached) - len(allowed))

    def change(self, write, names, rules, key, values):
        """Changes one row: (its key as it is then or IGNORED, whether the rules hold for it)."""
        table, new = write.table, dict(zip(names, values))
        sets = ", ".join(f"{quote(n)} = ?" for n in names)
        if write.conflict == "replace":
            stored = self.full.execute(
                f"SELECT {', '.join(quote(c.name) for c in table.columns)} FROM {quote(table.name)}"
                f" WHERE {itself(table)}", key
            ).fetchone()
            if stored is None:
                raise Unclear  # the statement has replaced a row of its own
            self.replaced(table, dict(zip([c.name for c in table.columns], stored)) | new, key)
        verb = {"replace": "UPDATE OR REPLACE", "ignore": "UPDATE OR IGNORE"}.get(write.conflict, "UPDATE")

        def run(words):
            statement = f"{words} {quote(table.name)} SET {sets} WHERE {itself(table)}"
            return self.full.execute(statement, tuple(values) + tuple(key)).rowcount

        if run(verb) == 0:
            if write.conflict != "ignore" or not self.holds(table, "FULL", key):
                raise Unclear
            if any(rule != "FULL" for rule in rules):
                self.would_change(table, new, rules, key, run)
            return IGNORED, True
        key = self.key_then(table, key, new)
        return key, all(self.holds(table, rule, key) for rule in rules)

    def would_change(self, table, new, rules, key, run):
        """Unclear where rules do not hold for the row as it would be if nothing were in the way."""
        if any(value is None and table.column(name).not_null for name, value in new.items()):
            raise Unclear
        self.full.execute("SAVEPOINT proposed")
        try:
            run("UPDATE OR REPLACE")
            key = self.key_then(table, key, new)
            if not all(self.holds(table, rule, key) for rule in rules):
                raise Unclear
        except sqlite3.IntegrityError as error:
            raise Unclear from error
        finally:
            self.full.execute("ROLLBACK TO proposed")
            self.full.execute("RELEASE proposed")

    def key_then(self, table, key, new):
        """A row's key after a change that may have changed it."""
        names = [c.name for c in table.columns if table.is_key(c)]
        if not any(name in new for name in names):
            return tuple(key)
        if table.key == "rowid":
            where, values = f"{quote(names[0])} = ?", [new[names[0]]]
        else:
            where = " AND ".join(f"{quote(k)} = ?" for k in table.key)
            values = [new.get(k, old) for k, old in zip(table.key, key)]
        keys = ", ".join(map(spelled, table.key_columns()))
        found = self.full.execute(f"SELECT {keys} FROM {quote(table.name)} WHERE {where}", values).fetchone()
        if found is None:
            raise Unclear
        return tuple(found)

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

        def remove(*key):
            count = self.full.execute(f"DELETE FROM {quote(table.name)} WHERE {itself(table)}", key).rowcount
            return key, count == 1

        if not all(there for _, there in self.in_any_order(remove, allowed)):
            raise Unclear  # another one of them took it along
        return Outcome(columns=columns, rows=rows, changes=len(allowed), denied=len(reached) - len(allowed))
