"""The oracle's writes to views: rules are asked before the first INSTEAD OF trigger runs, and SQLite runs those."""

from evaluation import ANY_FAILURE, CONSTRAINT, PERMISSION, Evaluation, Outcome, Refused, Unclear, everything
from schema import quote
from twin import predicate, visible_columns


class Views(Evaluation):
    def has_trigger(self, write):
        self.may(write.table, write.kind)
        if write.kind not in write.table.writes:
            raise Refused(PERMISSION | {"invalid_value"}, "no INSTEAD OF trigger")

    def would_pass(self, view, rules, row):
        """Refuses where a rule does not hold for a row as a trigger would get it. Unclear where it matters whether the
        affinities of its columns have been applied."""
        names = [c.name for c in view.columns]
        marks = ", ".join("?" * len(names))
        listed = ", ".join(map(quote, names))
        tests = ", ".join(predicate(rule, self.auth) for rule in rules)
        as_given = self.full.execute(
            f"SELECT {tests} FROM (SELECT {listed} FROM {quote(view.name)} WHERE 0 UNION ALL SELECT {marks})"
            f" AS {quote(view.name)}", row
        ).fetchone()
        declared = ", ".join(c.declaration() for c in view.columns)
        self.full.execute(f"CREATE TEMP TABLE proposed ({declared})")
        self.full.execute(f"INSERT INTO temp.proposed VALUES ({marks})", row)
        as_stored = self.full.execute(f"SELECT {tests} FROM temp.proposed AS {quote(view.name)}").fetchone()
        self.full.execute("DROP TABLE temp.proposed")
        if as_given != as_stored:
            raise Unclear
        if not all(as_given):
            raise Refused(PERMISSION, "a rule of the view does not hold for the new row")

    def view_create(self, write):
        self.has_trigger(write)
        view = write.table
        names = write.columns if write.columns is not None else [c.name for c in visible_columns(view)]
        self.fields(view, names, "create")
        new = self.raw(f"{write.before}{write.rows}") if write.rows else [()]
        rules = [view.create] + [view.column(n).create for n in names]
        rows = []
        for row in new:
            if len(row) != len(names):
                raise Refused(ANY_FAILURE, "number of values")
            given = dict(zip(names, row))
            rows.append([given.get(c.name) for c in view.columns])
            self.would_pass(view, rules, rows[-1])
        shown = self.shown_of(write, rows)
        marks = ", ".join("?" * len(names))
        for row in new:
            values = f"({', '.join(map(quote, names))}) VALUES ({marks})" if names else "DEFAULT VALUES"
            self.full.execute(f"INSERT INTO {quote(view.name)} {values}", row)
        self.references()
        return Outcome(columns=shown[0], rows=shown[1])

    def shown_of(self, write, rows):
        """(columns, rows) of RETURNING for rows as the triggers get them."""
        if not write.has_returning():
            return None, None
        view, columns, found = write.table, None, []
        shown = visible_columns(view)
        for row in rows:
            self.would_pass(view, [view.select], row)
        for row in rows or [None]:
            twins = self.make_twins()
            for copy in twins.copies:
                copy.execute(f"DELETE FROM {quote(view.name)}")
                if row is not None:
                    values = self.masked(view, shown, row)
                    names, marks = ", ".join(quote(c.name) for c in shown), ", ".join("?" * len(shown))
                    copy.execute(f"INSERT INTO {quote(view.name)} ({names}) VALUES ({marks})", values)
                    if repr(copy.execute(f"SELECT {names} FROM {quote(view.name)}").fetchone()) != repr(values):
                        raise Unclear  # the affinities of columns have changed a value
            answer = self.query(f"SELECT {write.returning_text()} FROM {quote(view.name)}", twins)
            columns = answer.columns
            found += answer.rows
        return columns, found

    def masked(self, view, shown, row):
        """What the user sees of a row that is proposed."""
        names = [c.name for c in view.columns]
        parts = [quote(c.name) if c.select == "FULL" else f"CASE WHEN {predicate(c.select, self.auth)} THEN"
                 f" {quote(c.name)} END" for c in shown]
        return self.full.execute(
            f"SELECT {', '.join(parts)} FROM (SELECT {', '.join(map(quote, names))} FROM {quote(view.name)} WHERE 0"
            f" UNION ALL SELECT {', '.join('?' * len(names))}) AS {quote(view.name)}", row
        ).fetchone()

    def references(self):
        """Foreign keys are immediate on the server, whose statement is one."""
        if self.full.execute("PRAGMA foreign_key_check").fetchone():
            raise Refused(CONSTRAINT, "foreign key")

    def view_update(self, write):
        self.has_trigger(write)
        view, names = write.table, write.set_columns()
        self.fields(view, names, "update")
        reached = self.reached(write, "".join(f", {v}" for v in write.set_values()))
        allowed = [(key, values) for key, values in reached if self.holds(view, view.update, key)]
        fields = [view.column(n).update for n in names]
        rows = []
        for key, values in allowed:
            for rule in fields:
                self.check(view, rule, key, "a field's update predicate before the change")
            row = dict(zip(view.key_columns(), key)) | dict(zip(names, values))
            rows.append([row[c.name] for c in view.columns])
            self.would_pass(view, [view.update] + fields, rows[-1])
        shown = self.shown_of(write, rows)
        sets = ", ".join(f"{quote(n)} = p.n{i}" for i, n in enumerate(names))
        self.at_once(view, f"UPDATE {quote(view.name)} SET {sets} FROM temp.picked AS p WHERE", allowed)
        return Outcome(columns=shown[0], rows=shown[1], denied=len(reached) - len(allowed))

    def view_delete(self, write):
        self.has_trigger(write)
        view = write.table
        reached = self.reached(write)
        allowed = [(key, ()) for key, _ in reached if self.holds(view, view.delete, key)]
        shown = self.returned(write, [key for key, _ in allowed]) if write.has_returning() else (None, None)
        self.at_once(view, f"DELETE FROM {quote(view.name)} WHERE EXISTS (SELECT 1 FROM temp.picked AS p WHERE", allowed)
        return Outcome(columns=shown[0], rows=shown[1], denied=len(reached) - len(allowed))

    def at_once(self, view, statement, picked):
        """Changes the picked rows of a view in one statement. Unclear where the order of the rows matters."""
        if not picked:
            return
        names = [f"k{i}" for i in range(len(view.columns))] + [f"n{i}" for i in range(len(picked[0][1]))]
        same = " AND ".join(f"{quote(view.name)}.{quote(c.name)} IS p.k{i}" for i, c in enumerate(view.columns))
        left = []
        for backwards in (1, 0):
            self.full.execute("SAVEPOINT ordered")
            self.full.execute(f"CREATE TEMP TABLE picked ({', '.join(names)})")
            for key, values in picked[::-1] if backwards else picked:
                self.full.execute(f"INSERT INTO temp.picked VALUES ({', '.join('?' * len(names))})", key + tuple(values))
            self.full.execute(f"PRAGMA reverse_unordered_selects = {backwards}")
            try:
                self.full.execute(f"{statement} {same}{')' if statement.startswith('DELETE') else ''}")
                self.references()
                self.full.execute("DROP TABLE temp.picked")
                left.append(everything(self.full))
            finally:
                self.full.execute("PRAGMA reverse_unordered_selects = 0")
            if backwards:
                self.full.execute("ROLLBACK TO ordered")
            self.full.execute("RELEASE ordered")
        if len(set(left)) > 1:
            raise Unclear
