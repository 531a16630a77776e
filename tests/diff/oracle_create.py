"""The oracle's INSERT: row by row on the full copy, with what becomes of rows that are in the way."""

import sqlite3

from evaluation import ANY_FAILURE, CONSTRAINT, PERMISSION, Evaluation, Outcome, Refused, Unclear, itself
from schema import quote
from twin import visible_columns


class Creates(Evaluation):
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
        for clause in write.conflict_clauses():
            if clause.sets:
                self.may(table, "update")
                self.fields(table, write.set_columns(clause.sets), "update")
                self.evaluated(write, clause)
        new = self.raw(f"{write.before}{write.rows}") if write.rows else [()]
        rules, made = [table.create] + [table.column(n).create for n in names], []
        keys, refusals = [], set()
        for row in new:
            if len(row) != len(names):
                raise Refused(ANY_FAILURE, "number of values")
            if write.conflict == "replace":
                self.replaced(table, dict(zip(names, row)))
            if write.conflict_clauses():
                done, key = self.met(write, names, row, rules)
                if done:
                    keys += [key] if key else []
                    continue
            key = self.insert(write, names, row)
            if key is None:
                if table.is_checked() or any(
                    c.not_null and dict(zip(names, row)).get(c.name) is None for c in table.columns
                ):
                    raise Unclear  # OR IGNORE is ON CONFLICT DO NOTHING where triggers must not hear of it
                if any(rule != "FULL" for rule in rules):
                    self.would_hold(write.table, names, row, rules)
                continue
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
        self.overlooked(write)
        self.foreign_keys()
        self.steady(write, keys)
        columns, rows = self.shown(write, keys)
        return Outcome(columns=columns, rows=rows, changes=len(keys))

    def insert(self, write, names, row):
        """The new row's key; None where it was ignored."""
        table = write.table
        verb = {"replace": "INSERT OR REPLACE", "ignore": "INSERT OR IGNORE"}.get(write.conflict, "INSERT")
        marks = ", ".join("?" * len(names))
        values = f"({', '.join(map(quote, names))}) VALUES ({marks})" if names else "DEFAULT VALUES"
        cursor = self.full.execute(f"{verb} INTO {quote(table.name)} {values}", row)
        if write.conflict == "ignore" and cursor.rowcount == 0:
            return None
        if table.key == "rowid":
            return (cursor.lastrowid,)
        return self.stored_key(table, tuple(row[names.index(k)] if k in names else None for k in table.key))

    def foreign_keys(self):
        """Foreign keys are immediate on the server, whose statement is one; here they are checked as it ends."""
        if self.full.execute("PRAGMA foreign_key_check").fetchone():
            raise Refused(CONSTRAINT, "foreign key")

    def would_hold(self, table, names, row, rules, key=None):
        """The row as it would be if nothing were in the way. Unclear where rules do not hold for it: whether create
        must hold for a row that is never made is not said."""
        self.full.execute("SAVEPOINT proposed")
        try:
            marks = ", ".join("?" * len(names))
            if any(value is None and table.column(n).not_null for n, value in zip(names, row)):
                raise Unclear  # a default would be taken
            if key:
                self.full.execute(f"DELETE FROM {quote(table.name)} WHERE {itself(table)}", key)
            values = f"({', '.join(map(quote, names))}) VALUES ({marks})" if names else "DEFAULT VALUES"
            cursor = self.full.execute(f"INSERT OR REPLACE INTO {quote(table.name)} {values}", row)
            key = (cursor.lastrowid,) if table.key == "rowid" else self.stored_key(
                table, tuple(row[names.index(k)] if k in names else None for k in table.key)
            )
            if not all(self.holds(table, rule, key) for rule in rules):
                raise Unclear
            return self.full.execute(
                f"SELECT {', '.join(quote(c.name) for c in table.columns)} FROM {quote(table.name)}"
                f" WHERE {itself(table)}", key
            ).fetchone()
        except sqlite3.IntegrityError as error:
            raise Unclear from error
        finally:
            self.full.execute("ROLLBACK TO proposed")
            self.full.execute("RELEASE proposed")

    def met(self, write, names, row, rules):
        """What ON CONFLICT makes of a row: (whether it is dealt with, the key of the row that was updated)."""
        table, found = write.table, self.in_the_way(write.table, dict(zip(names, row)))
        if not found:
            return False, None
        clauses = [
            next((c for c in write.conflict_clauses() if c.target is None or set(c.target) == set(unique)), None)
            for unique, _ in found
        ]
        if len(found) > 1 and not all(c and not c.sets for c in clauses):
            raise Unclear  # which of them is met first is not said
        if clauses[0] is None:
            raise Refused(CONSTRAINT, "a conflict that no clause takes")
        key = found[0][1]
        others = [table.column(name).update for other in write.conflict_clauses() if other.sets and clauses[0].sets
                  for name in write.set_columns(other.sets)]
        self.may_be_asked(table, others, key)
        proposed = self.would_hold(table, names, row, rules, key)
        if not clauses[0].sets:
            return True, None
        is_updated = self.update_instead(write, clauses[0], proposed, key)
        self.may_be_asked(table, others, key)
        return True, key if is_updated else None

    def may_be_asked(self, table, rules, key):
        """The rules of what another clause would set may be asked too, before and after."""
        if not all(self.holds(table, rule, key) for rule in rules):
            raise Unclear

    def update_instead(self, write, clause, proposed, key):
        """DO UPDATE on one row; whether it was changed."""
        table, names = write.table, write.set_columns(clause.sets)
        fields = [table.column(n).update for n in names]
        for rule in [table.select, table.update] + fields:
            if not self.holds(table, rule, key):
                raise Refused(CONSTRAINT, "DO UPDATE of a row that may not be updated")
        new = self.evaluated(write, clause, proposed, key)
        if new is None:
            return False
        sets = ", ".join(f"{quote(n)} = ?" for n in names)
        self.full.execute(f"UPDATE {quote(table.name)} SET {sets} WHERE {itself(table)}", new + tuple(key))
        for rule in [table.update] + fields:
            self.check(table, rule, key, "an update predicate after DO UPDATE")
        return True

    def evaluated(self, write, clause, proposed=None, key=None):
        """The values that DO UPDATE sets; None where its WHERE does not hold. Without a row: whether it has a meaning."""
        table, twins = write.table, self.make_twins()
        columns = visible_columns(table)
        for copy in twins.copies:
            parts = ", ".join(c.copied_declaration() for c in columns)
            copy.execute(f"CREATE TABLE excluded ({parts}){' STRICT' if 'STRICT' in table.options else ''}")
            if proposed:
                values = [v for c, v in zip(table.columns, proposed) if c in columns]
                copy.execute(f"INSERT INTO excluded VALUES ({', '.join('?' * len(values))})", values)
        where = f"{self.on_twin(table, key, twins, write.name())[0]} AND " if key else ""
        found = self.raw(
            f"{write.before}SELECT {', '.join(write.set_values(clause.sets))} FROM {write.target()},"
            f" main.excluded WHERE {where}({clause.condition()})", twins
        )
        return found[0] if found else None

    def stored_key(self, table, key):
        found = self.full.execute(
            f"SELECT {', '.join(map(quote, table.key))} FROM {quote(table.name)} WHERE {itself(table)}", key
        ).fetchone()
        if found is None:
            raise Unclear
        return found
