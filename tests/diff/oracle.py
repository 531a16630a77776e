"""An oracle that says what each write must do.

It knows the rules of doc/permissions.md only: which rows a user reaches is asked of the user's twin, predicates are
evaluated by plain SQLite on the full copy, and the change is made there row by row. It shares no code and no method
with the server.
"""

import re
import sqlite3

from evaluation import ANY_FAILURE, Outcome, Refused, Unclear, codes_of
from oracle_change import Changes
from oracle_create import Creates
from oracle_view import Views
from place import comparable, every_word
from schema import quote


class Oracle(Creates, Changes, Views):
    """Applies writes to the full copy."""

    def apply(self, write):
        """The outcome; the full copy has changed only if that is no failure."""
        self.full.execute("BEGIN")
        self.full.execute("PRAGMA defer_foreign_keys = 1")  # one statement there is many here
        try:
            if write.conflict and write.table.meddles:
                raise Unclear
            outcome = getattr(self, f"view_{write.kind}" if write.table.view else write.kind)(write)
            if outcome.denied and self.returns_failing_constant(write):
                raise Unclear  # the server may look at it for rows that are denied
            outcome.sqlite_rows = self.sqlite_rows
            self.full.execute("COMMIT")
            return outcome
        except Refused as refusal:
            self.full.execute("ROLLBACK")
            return Outcome(refusal.codes | self.also(write), refusal.why)
        except sqlite3.IntegrityError as error:
            if self.full.in_transaction:
                self.full.execute("ROLLBACK")
            return Outcome(codes_of(error) | self.also(write), str(error))
        except Unclear:
            self.full.execute("ROLLBACK")
            return None

    @staticmethod
    def returns_failing_constant(write):
        return write.has_returning() and re.search("broken|9223372036854775807", write.returning_text()) is not None

    def also(self, write):
        """What else may be the first to fail: a RETURNING that fails on whatever row, or names that are not there."""
        codes = set()
        if self.returns_failing_constant(write):
            codes.add("sqlite_error")
        try:
            if write.has_returning():
                self.query(f"SELECT {write.returning_text()} FROM {quote(write.table.name)} WHERE 0")
            if write.kind == "create":
                if write.rows:
                    self.query(f"{write.before}{write.rows}")
                for clause in write.conflict_clauses():
                    if clause.sets:
                        self.evaluated(write, clause)
            else:
                self.reached(write, "".join(f", {v}" for v in write.set_values()) if write.sets else "")
        except (Refused, Unclear):
            codes |= ANY_FAILURE
        return codes


def contents(schema, full):
    """Table name → sorted rows of the full copy, to compare with what root reads on the server."""
    result = {}
    for table in schema.stored():
        names = "rowid, *" if table.has_rowid() else "*"
        result[table.name] = sorted(
            repr(tuple(comparable(v) for v in row)) for row in full.execute(f"SELECT {names} FROM {quote(table.name)}")
        )
        if table.virtual:
            result[f"index of {table.name}"] = sorted(map(repr, full.execute(every_word(table)).fetchall()))
    return result
