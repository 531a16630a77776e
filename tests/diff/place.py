"""The schema of schema.py on a real server with users signed up, and answers in a form that can be compared."""

import base64
import random
import re

import client
from full_text import WORDS
from kinds import another, groups
from schema import fill, house, literal, quote
from twin import full_copy

ARRAYS = {"Prefer": "rows=array"}
PEOPLE = [("ann@x.org", "Ann", 1, 31), ("bob@x.org", "bob", 1, 42), ("cy@x.org", "Cy", 2, 5)]

SCOPE = """
DEFINE SCOPE person
    SIGNUP AS (INSERT INTO user (email, name, pass, team, age)
               VALUES ($email, $name, 'secret of ' || $email, CAST($team AS INTEGER), CAST($age AS INTEGER))
               RETURNING id)
    SIGNIN AS (SELECT id FROM user WHERE email = $email);
"""


class Answer:
    """What one statement gave: columns and rows, or an error's code and message; of a write the counts too."""

    def __init__(self, columns=None, rows=None, code=None, message=None, changes=None, denied=0):
        self.columns, self.rows, self.code, self.message = columns, rows, code, message
        self.changes, self.denied = changes, denied

    @property
    def failed(self):
        return self.code is not None

    def same_rows(self, other, ordered):
        mine, others = [repr(r) for r in self.rows], [repr(r) for r in other.rows]
        if sorted(mine) != sorted(others):
            return False
        return not ordered or numbers_alike(self).rows == numbers_alike(other).rows

    def __str__(self):
        if self.failed:
            return f"ERR {self.code}: {self.message}"
        rows = ", ".join(map(str, self.rows[:8])) + (f", … ({len(self.rows)} rows)" if len(self.rows) > 8 else "")
        counts = "" if self.changes is None else f" changes={self.changes} denied={self.denied}"
        return f"{self.columns} {rows or 'no rows'}{counts}"


def comparable(value):
    """A value of SQLite or of a JSON answer, so that equal ones are equal."""
    if isinstance(value, bytes):
        return ("blob", value)
    if isinstance(value, dict):
        return ("blob", base64.b64decode(value["$base64"]))
    if isinstance(value, float):  # sums depend on the order of rows, and -0.0 is equal to 0.0
        return float(f"{value:.13g}") + 0.0
    if isinstance(value, str):
        return re.sub("\ufffd+", "\ufffd", value)
    return value


def numbers_alike(answer):
    """An answer in which 1 and 1.0 are the same, as they are to ORDER BY and DISTINCT."""
    rows = [tuple(int(v) if isinstance(v, float) and v.is_integer() else v for v in row) for row in answer.rows]
    return Answer(answer.columns, rows)


def texts_alike(answer):
    """An answer in which a number and its text are the same."""
    rows = [tuple(v if v is None or isinstance(v, tuple) else str(v) for v in row) for row in answer.rows]
    return Answer(answer.columns, rows)


def plain(value):
    """A value of a JSON answer as Python's SQLite has it."""
    return base64.b64decode(value["$base64"]) if isinstance(value, dict) else value


def plain_name(name):
    """A column's name without the number that tells repeated ones apart, and without hints."""
    return re.sub(r":\d+$", "", without_hints(name))


def without_hints(sql):
    """INDEXED BY changes nothing that the server answers; a twin need not have the index."""
    return re.sub(r" INDEXED BY \w+", "", sql)


def decode(text):
    return text.decode("utf-8", "replace")


def every_word(table):
    """A SELECT that tells what a full-text table finds."""
    return " UNION ALL ".join(f"SELECT '{word}', rowid FROM {quote(table.name)}('{word}')" for word in WORDS)


def answer_of(one):
    if one["status"] != "OK":
        return Answer(code=one["code"], message=one["result"])
    result = one["result"] or {"columns": [], "rows": []}
    if isinstance(result, list):  # a write without RETURNING
        result = {"columns": [], "rows": result}
    rows = [tuple(comparable(v) for v in row) for row in result["rows"]]
    columns = [plain_name(name) for name in result["columns"]]
    return Answer(columns, rows, changes=one.get("changes"), denied=one.get("denied", 0))


class Place:
    """A schema in a database of its own. `users`: pairs of token and auth record."""

    def __init__(self, server, schema, name="twin"):
        self.server, self.schema, self.name = server, schema, name
        self.where = {"ns": "twin", "db": name}
        self.users = []
        self.rng = random.Random(name)
        self.has_empty = False

    def define(self, *more):
        self.server.make_database("twin", self.name, ";\n".join(self.schema.definition() + list(more)))

    def add_user(self, token, email):
        record = self.server.root_ok(f"SELECT * FROM user WHERE email = {literal(email)}", **self.where)[0][0]
        self.users.append((token, {name: plain(value) for name, value in record.items()}))

    def put_back(self, tables):
        """Makes the tables hold exactly these rows, as read_all() gave them."""
        stored = [t for t in self.schema.stored() if not t.is_kept()]
        sql = [f"DELETE FROM {quote(table.name)}" for table in reversed(stored)]
        for table in stored:
            if table.is_log():
                sql.append(f"DELETE FROM {quote(table.name)}")  # of what triggers have written meanwhile
            names = (["rowid"] if table.has_rowid() else []) + [quote(c.name) for c in table.given_columns()]
            rows = [f"({', '.join(map(literal, row))})" for row in table.given(tables[table.name])]
            if rows:
                sql.append(f"INSERT INTO {quote(table.name)} ({', '.join(names)}) VALUES {', '.join(rows)}")
        self.run_as_root(["BEGIN"] + sql + ["COMMIT"])

    def write_rows(self, rows):
        """Adds rows, which have a value for each column that is not generated."""
        sql = []
        for name, some in rows.items():
            names = ", ".join(quote(c.name) for c in self.schema.table(name).given_columns())
            values = ", ".join(f"({', '.join(map(literal, row))})" for row in some)
            if values:
                sql.append(f"INSERT INTO {quote(name)} ({names}) VALUES {values}")
        self.run_as_root(["BEGIN"] + sql + ["COMMIT"])

    def run_as_root(self, statements):
        self.server.root_ok(";\n".join(statements), **self.where)

    def read_all(self):
        """Table name → rows, the rowid first where there is one, as they are in the server."""
        tables = self.schema.stored()
        sql = ";\n".join(f"SELECT {'rowid, ' if t.has_rowid() else ''}* FROM {quote(t.name)}" for t in tables)
        results = self.server.root_ok(sql, headers=ARRAYS, **self.where)
        rows = {}
        for table, result in zip(tables, results):
            rows[table.name] = [tuple(plain(v) for v in row) for row in result["rows"]]
        for table in (t for t in tables if t.virtual):
            found = self.server.root_ok(every_word(table), headers=ARRAYS, **self.where)[0]
            rows[f"index of {table.name}"] = [tuple(row) for row in found["rows"]]
        return rows

    def auth_record(self, rows, identity):
        """$auth of a user as it is in these rows: users change their own."""
        names = ["rowid"] + [c.name for c in self.schema.table("user").columns]
        record = next(row for row in rows["user"] if row[0] == identity)
        return dict(zip(names, record))

    def full_copy(self):
        return full_copy(self.schema, self.read_all())

    def ask_at_once(self, token, statements):
        """The answers to statements in one request; one answer where it is refused."""
        response = self.server.post_sql(";\n".join(statements), headers=ARRAYS, token=token)
        if response.status_code == 200:
            objects = response.json()
            assert len(objects) == len(statements), f"{len(statements)} statements, {len(objects)} answers"
            return [answer_of(o) for o in objects]
        code = "parse_error" if response.status_code == 400 else f"http {response.status_code}"
        return [Answer(code=code, message=response.json().get("information"))]

    def ask(self, token, statements):
        """The answers to SELECTs of one user. What is refused before anything runs is asked again one by one."""
        answers = []
        for group in groups(statements):
            some = self.ask_known(token, group) if self.rng.random() < 0.5 else self.ask_at_once(token, group)
            answers += some if len(some) == len(group) else [self.ask_at_once(token, [s])[0] for s in group]
        return answers

    def ask_known(self, token, statements):
        """The same by a plan that others have used before: those that differ in literals alone."""
        self.make_known(statements)
        if self.rng.random() < 0.7:
            self.ask_at_once(token, [another(self.rng, s) for s in statements])
        return self.ask_at_once(token, statements)

    def make_known(self, statements):
        """Has the server meet a text without running it here: in a database that is empty."""
        if not self.has_empty:
            self.server.make_database("twin", "empty")
            self.has_empty = True
        login = (client.ROOT_USER, client.ROOT_PASSWORD)
        self.server.post_sql(";\n".join(statements), ns="twin", db="empty", login=login)


def house_place(server, seed):
    place = Place(server, house())
    place.define(SCOPE)
    for email, name, team, age in PEOPLE:
        token = server.new_token(NS="twin", DB="twin", SC="person", email=email, name=name, team=team, age=age)
        place.add_user(token, email)
    place.write_rows(fill(seed, [record["id"] for _, record in place.users]))
    return place
