"""Random rights as two roles, and what they come to: a schema whose rules are their sums, for the twin and the oracle.

A login has no auth record, so each has roles of its own in which $auth and $scope are values already.
"""

import copy
import random
import re

from place import Place
from random_rules import OPERATIONS, Rules
from random_schema import BROKEN, PEOPLE, random_schema
from schema import MIN64, literal, quote
from twin import VARIABLES, full_copy, seen

PASSWORD = "a long one"
ABSENT = 0.2  # of the tables are not in the second role


def said(rule):
    return rule if rule in ("NONE", "FULL") else f"WHERE {rule}"


def clause(table):
    """TABLE … of a role; None where it gives nothing."""
    given = [o for o in table.operations() if getattr(table, o) != "NONE"]
    if not given:
        return None
    text = f"TABLE {quote(table.name)} " + ", ".join(f"FOR {o} {said(getattr(table, o))}" for o in given)
    of_fields = [o for o in given if o != "delete"]
    if all(getattr(c, o) == "FULL" for c in table.columns for o in of_fields):
        return text
    fields = []
    for column in table.columns:
        rules = [f"FOR {o} {said(getattr(column, o))}" for o in of_fields]
        whole = all(getattr(column, o) == "FULL" for o in of_fields)
        fields.append(quote(column.name) + ("" if whole else " " + (", ".join(rules) or "NONE")))
    return f"{text}, FIELDS ({', '.join(fields)})"


def role(name, schema, values):
    """DEFINE ROLE of a schema's rules, with these variables' values in their places."""
    text = ", ".join(part for part in map(clause, schema.tables) if part) or "NONE"
    text = re.sub(r"\$[\w.]+", lambda m: literal(values[m.group()]) if m.group() in values else m.group(), text)
    return f"DEFINE ROLE {name} ON DATABASE PERMISSIONS {text}"


def either(rules):
    """The rule that holds where one of them does."""
    rules = [rule for rule in rules if rule != "NONE"]
    if not rules or "FULL" in rules:
        return "FULL" if rules else "NONE"
    return " OR ".join(f"({rule})" for rule in rules)


def both(row, field):
    if "NONE" in (row, field):
        return "NONE"
    if "FULL" in (row, field):
        return field if row == "FULL" else row
    return f"({row}) AND ({field})"


def add_up(first, second):
    """A schema with what two of the same tables give together."""
    schema = copy.deepcopy(first)
    for table, one, other in zip(schema.tables, first.tables, second.tables):
        for operation in table.operations():
            rows = [getattr(source, operation) for source in (one, other)]
            setattr(table, operation, either(rows))
            if operation == "delete":
                continue
            for number, column in enumerate(table.columns):
                fields = [getattr(source.columns[number], operation) for source in (one, other)]
                follows = all(field == "FULL" for row, field in zip(rows, fields) if row != "NONE")
                setattr(column, operation, "FULL" if follows else either(map(both, rows, fields)))
    return schema


def second_rules(seed, schema):
    rng = random.Random(f"second {seed}")
    other = copy.deepcopy(schema)
    for table in other.tables:
        for operation in OPERATIONS:
            setattr(table, operation, "NONE")
        for column in table.columns:
            column.select = column.create = column.update = "FULL"
    rules = Rules(rng, other)
    for table in other.tables:
        if rng.random() >= ABSENT:
            rules.give(table)
    return other


def heal(schema, rows):
    """Takes the values that make functions fail out of tables where two roles together show them."""
    full = full_copy(schema, {
        t.name: numbered(t, rows[t.name]) for t in schema.stored()
    })
    names = [c.name for c in schema.table("user").columns]
    for record in full.execute("SELECT * FROM user ORDER BY id LIMIT ?", (PEOPLE,)).fetchall():
        for table in schema.tables:
            if any(MIN64 in row or BROKEN in row for row in full.execute(seen(table, dict(zip(names, record))))):
                for source in table.bases or (table.name,):
                    wholesome = {MIN64: 1, BROKEN: "[1,2,3]"}
                    rows[source] = [tuple(wholesome.get(v, v) for v in row) for row in rows[source]]


def numbered(table, rows):
    """Rows as a full copy takes them: the rowid first, and something where values are generated."""
    result = []
    for number, row in enumerate(rows, 1):
        values = iter(row)
        whole = tuple(None if c.generated else next(values) for c in table.columns)
        result.append((number,) + whole if table.has_rowid() else whole)
    return result


class RolePlace(Place):
    """Its users have two roles: logins, whose values stand in their roles, and one user of a scope with ROLES."""

    def __init__(self, server, seed):
        first, rows = random_schema(seed)
        second = second_rules(seed, first)
        super().__init__(server, add_up(first, second), f"roles{seed}")
        self.parts = (first, second)
        heal(self.schema, rows)
        self.fixed = {}
        tables = [s for s in self.schema.definition() if not s.startswith("DEFINE ")]
        scope = "DEFINE SCOPE person SIGNIN AS (SELECT id FROM user WHERE email = $email) ROLES first, second"
        server.make_database("twin", self.name, ";\n".join(tables + self.roles("", {}) + [scope]))
        self.write_rows(rows)
        for number in range(1, PEOPLE):
            self.add_login(number)
        email = f"p{PEOPLE}@x.org"
        self.add_user(server.token(NS="twin", DB=self.name, SC="person", email=email), email)

    def roles(self, suffix, values):
        return [role(name + suffix, schema, values) for name, schema in zip(("first", "second"), self.parts)]

    def add_login(self, number):
        self.add_user(None, f"p{number}@x.org")
        _, record = self.users.pop()
        values = VARIABLES | {f"$auth.{name}": value for name, value in record.items()} | {"$auth": record["id"]}
        self.run_as_root(self.roles(str(number), values) + [
            f"DEFINE LOGIN p{number} ON DATABASE PASSWORD '{PASSWORD}' ROLES second{number}, first{number}"])
        token = self.server.token(NS="twin", DB=self.name, user=f"p{number}", **{"pass": PASSWORD})
        self.fixed[record["id"]] = record
        self.users.append((token, record))

    def auth_record(self, rows, identity):
        """What stands in a login's roles stays, whatever becomes of the row."""
        return self.fixed.get(identity) or super().auth_record(rows, identity)
