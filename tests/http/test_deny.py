"""--deny-functions and --deny-statements: what the operator takes from restricted principals, and from nobody else."""

import pytest

import client
from client import run
from expect import code, codes, values

TABLES = """
CREATE TABLE note (id INTEGER PRIMARY KEY, owner INTEGER, body TEXT UNIQUE);
CREATE VIEW shouted AS SELECT id, upper(body) AS body FROM note;
CREATE TABLE log (id INTEGER PRIMARY KEY, at TEXT);
CREATE TRIGGER logs AFTER INSERT ON note BEGIN INSERT INTO log (at) VALUES (upper(new.body)); END;
DEFINE TABLE note PERMISSIONS FOR select, create, update, delete WHERE upper('x') = 'X';
DEFINE TABLE shouted PERMISSIONS FULL;
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT);
DEFINE SCOPE s SIGNUP (INSERT INTO account (name) VALUES (upper($name)) RETURNING id);
INSERT INTO note VALUES (1, 1, 'one'), (2, 2, '{"a":1}');
"""


class Denying:
    def __init__(self, server):
        self.server = server
        server.make_database("d", "d", TABLES)
        self.token = server.new_token(NS="d", DB="d", SC="s", name="ann")

    def user(self, sql, **options):
        return self.server.sql(sql, token=self.token, **options)

    def owner(self, sql, **options):
        return self.server.root(sql, ns="d", db="d", **options)


@pytest.fixture(scope="module")
def functions():
    with client.running("--deny-functions", "Upper, substr, like, ->, current_time, json_each,count,row_number,printf", "--allow-guests") as server:
        yield Denying(server)


DENIED = [
    "SELECT upper(body) FROM note", "SELECT UPPER(body) FROM note", 'SELECT "upper"(body) FROM note', "SELECT [upper](body) FROM note",
    "SELECT substr('abc', 1)", "SELECT substring('abc', 1)", "SELECT printf('%d', 1)", "SELECT format('%d', 1)",
    "SELECT body LIKE 'a%' FROM note", "SELECT body NOT LIKE 'a%' FROM note", "SELECT like('a%', body) FROM note",
    "SELECT body -> 'a' FROM note WHERE id = 2", 'SELECT "->"(body, \'a\') FROM note WHERE id = 2', "SELECT current_time",
    "SELECT value FROM json_each('[1]')", "SELECT 1 IN json_each('[1]')", "SELECT count(*) FROM note", "SELECT count(id) FILTER (WHERE id > 0) FROM note",
    "SELECT row_number() OVER (ORDER BY id) FROM note", "SELECT 1 WHERE EXISTS (SELECT 1 FROM note WHERE upper(body) = 'ONE')",
    "WITH c AS (SELECT upper(body) AS b FROM note) SELECT b FROM c", "SELECT id FROM note ORDER BY upper(body)",
    "SELECT id FROM note GROUP BY id HAVING upper(body) = 'ONE'", "SELECT id FROM note LIMIT (SELECT count(*) FROM note)",
    "INSERT INTO note (owner, body) VALUES (1, upper('x'))", "INSERT INTO note (owner, body) VALUES (1, 'x') RETURNING upper(body)",
    "INSERT INTO note (id, body) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET body = upper(excluded.body)",
    "UPDATE note SET body = upper(body)", "UPDATE note SET body = body WHERE upper(body) = 'ONE'", "DELETE FROM note WHERE upper(body) = 'ONE'",
    "SELECT id FROM note a JOIN note b ON upper(a.body) = upper(b.body)", "VALUES (upper('x'))", "SELECT CASE WHEN 1 THEN 1 ELSE upper('x') END",
]


@pytest.mark.parametrize("sql", DENIED)
def test_a_denied_function(sql, functions):
    """In whatever place and spelling, also where it would never run."""
    assert code(functions.user(sql)) == "permission_denied"
    assert code(functions.server.sql(sql, ns="d", db="d")) in ("permission_denied", "not_found"), "a guest"
    assert "denied" in functions.user(sql)[-1]["result"]


@pytest.mark.parametrize("sql", [sql for sql in DENIED if sql.startswith(("SELECT", "WITH", "VALUES")) and not any(word in sql for word in ("JOIN", "LIMIT", "IN json_each"))])
def test_logins_call_it(sql, functions):
    assert code(functions.owner(sql)) == "OK"


def test_what_definers_wrote_calls_it(functions):
    """Predicates, views, triggers and clauses of a scope."""
    assert code(functions.user("SELECT id FROM note")) == "OK"
    assert values(functions.user("SELECT body FROM shouted WHERE id = 1")) == [("ONE",)]
    assert code(functions.user("INSERT INTO note (owner, body) VALUES (1, 'shout')")) == "OK"
    assert ("SHOUT",) in values(functions.owner("SELECT at FROM log"))
    assert values(functions.owner("SELECT name FROM account")) == [("ANN",)]


@pytest.mark.parametrize("sql", ["SELECT lower('X')", "SELECT body GLOB 'a*' FROM note", "SELECT body ->> 'a' FROM note WHERE id = 2", "SELECT current_date",
                                 "SELECT 'upper'", 'SELECT body AS "upper" FROM note', "SELECT max(id) FROM note", "SELECT * FROM json_tree('[1]')"])
def test_others_are_as_they_were(sql, functions):
    assert code(functions.user(sql)) == "OK"


def test_explain_permissions_says_the_same(functions):
    assert code(functions.owner("EXPLAIN PERMISSIONS FOR SCOPE s SELECT upper(body) FROM note")) == "permission_denied"


@pytest.fixture
def denying(start_server):
    return lambda *names: Denying(start_server("--deny-statements", ",".join(names)))


ALL = {
    "select": ["SELECT 1", "VALUES (1)", "WITH c AS (SELECT 1) SELECT * FROM c"],
    "insert": ["INSERT INTO note (body) VALUES ('n')", "REPLACE INTO note (id, body) VALUES (1, 'r')", "INSERT INTO note (body) SELECT 'q'",
               "WITH c AS (SELECT 1) INSERT INTO note (body) SELECT 'w'"],
    "replace": ["REPLACE INTO note (id, body) VALUES (1, 'r')", "INSERT OR REPLACE INTO note (id, body) VALUES (1, 'r')",
                "UPDATE OR REPLACE note SET body = 'u' WHERE id = 1"],
    "update": ["UPDATE note SET body = 'u' WHERE id = 1", "UPDATE OR REPLACE note SET body = 'u' WHERE id = 1",
               "INSERT INTO note (id, body) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET owner = 3"],
    "delete": ["DELETE FROM note WHERE id = 1", "REPLACE INTO note (id, body) VALUES (1, 'r')", "INSERT OR REPLACE INTO note (id, body) VALUES (1, 'r')"],
    "begin": ["BEGIN", "BEGIN TRANSACTION"],
    "use": ["USE NS d DB d"],
}


@pytest.mark.parametrize("name", ALL)
def test_a_denied_statement(name, denying):
    d = denying(name.upper())
    for sql in ALL[name] * 2:  # what was met before is denied too
        assert code(d.user(sql)) == "permission_denied", sql
        assert d.user(sql)[-1]["result"] == f"{name} is denied to restricted principals here"
    others = [sql for other in ALL for sql in ALL[other] if sql.split()[0] not in {one.split()[0] for one in ALL[name]} and other != "begin"]
    assert [sql for sql in others if code(d.user(sql)) not in ("OK", "constraint_violation") and name != "delete"] == []
    assert values(d.owner("SELECT 1")) == [(1,)]
    assert code(d.owner("BEGIN; UPDATE note SET body = body; DELETE FROM note WHERE id = 1; REPLACE INTO note (id, body) VALUES (9, 'o'); COMMIT")) == "OK"


def test_several_and_a_block(denying):
    d = denying("delete", "begin")
    assert codes(d.user("BEGIN; DELETE FROM note; COMMIT; SELECT 1"))[0] == "permission_denied"
    assert code(d.user("DELETE FROM note")) == "permission_denied"
    assert code(d.user("SELECT id FROM note")) == "OK"


@pytest.mark.parametrize("option, value, complaint", [
    ("--deny-functions", "uper", "restricted principals have no function uper"),
    ("--deny-functions", "upper,", "restricted principals have no function "),
    ("--deny-statements", ",", "restricted principals have no statement "),
    ("--deny-functions", "upper,,lower", "restricted principals have no function "),
    ("--deny-functions", "load_extension", "restricted principals have no function load_extension"),
    ("--deny-statements", "inserts", "restricted principals have no statement inserts"),
    ("--deny-statements", "create", "restricted principals have no statement create"),
    ("--deny-statements", "insert update", "restricted principals have no statement insert update"),
])
def test_unknown_names_are_an_error_at_start(option, value, complaint, tmp_path):
    done = run("start", "--data", str(tmp_path / "data"), "--bind", "127.0.0.1:0", option, value)
    assert done.returncode == 2
    assert done.stderr == f"bailiwick: {option}: {complaint}\n"
    assert not (tmp_path / "data").exists()
