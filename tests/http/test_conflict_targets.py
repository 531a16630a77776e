"""ON CONFLICT (…): the table's columns by the name that the statement gives the table."""

import pytest
from expect import code, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, k TEXT UNIQUE, n INTEGER);
INSERT INTO t VALUES (1, 1, 'a', 0), (2, 2, 'CANARY', 0);
CREATE TABLE w (a TEXT, own INTEGER, secret TEXT); CREATE UNIQUE INDEX w_a ON w (lower(a)) WHERE own > 0;
CREATE UNIQUE INDEX w_secret ON w (secret);
INSERT INTO w VALUES ('x', 1, 'one'), ('hidden', 2, 'CANARY');
DEFINE TABLE t PERMISSIONS WHERE own = $auth.id; DEFINE TABLE w PERMISSIONS WHERE own = $auth.id;
DEFINE FIELD secret ON w PERMISSIONS FOR create, update FULL;
"""


@pytest.fixture
def me(place):
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql: place.server.sql(sql, token=token)


@pytest.mark.parametrize("upsert", [
    "t AS q (id, own, k) VALUES (1, 1, 'z') ON CONFLICT (q.id) DO UPDATE SET n = q.n + 7 RETURNING id, n",
    "t AS q (id, own, k) VALUES (1, 1, 'z') ON CONFLICT (main.q.id) DO UPDATE SET n = 7 RETURNING id, n",
    "t (id, own, k) VALUES (1, 1, 'z') ON CONFLICT (t.id) DO UPDATE SET n = 7 RETURNING id, n",
    "t AS q (id, own, k) VALUES (1, 1, 'z') ON CONFLICT (q.rowid) DO UPDATE SET n = 7 RETURNING id, n",
    "t AS q (id, own, k) VALUES (9, 1, 'a') ON CONFLICT (q.id) DO NOTHING ON CONFLICT (q.k) DO UPDATE SET n = 7 RETURNING id, n",
    "w AS q (rowid, own, a) VALUES (1, 1, 'y') ON CONFLICT (q.rowid) DO UPDATE SET a = 7 RETURNING rowid, a + 0",
    "w AS q (rowid, own, a) VALUES (1, 1, 'y') ON CONFLICT (rowid) DO UPDATE SET a = 7 RETURNING rowid, a + 0",
    "w AS q (own, a) VALUES (1, 'X') ON CONFLICT (lower(q.a)) WHERE q.own > 0 DO UPDATE SET a = 7 RETURNING rowid, a + 0",
    # a sub-select that has a source of the table's name
    "w (own, a) VALUES (1, 'X') ON CONFLICT (lower(w.a)) WHERE w.own > 0 DO UPDATE SET a = 6 + (SELECT count(*) FROM w AS w WHERE w.a = 'x') RETURNING rowid, a + 0",
    "w AS q (own, a) VALUES (1, 'X') ON CONFLICT (lower(q.a)) WHERE q.own > 0 DO UPDATE SET a = 6 + (SELECT count(*) FROM w WHERE w.a = q.a) RETURNING rowid, a + 0",
])
def test_a_column_may_be_qualified(me, upsert):
    assert values(me("INSERT INTO " + upsert)) == [(1, 7)]


def test_one_that_does_not_conflict_is_no_help(me):
    assert code(me("INSERT INTO t AS q (id, own, k) VALUES (1, 1, 'z') ON CONFLICT (q.k) DO NOTHING")) == "constraint_violation"
    assert code(me("INSERT INTO t AS q (own, n) VALUES (1, 1) ON CONFLICT (q.n) DO NOTHING")) == "sqlite_error"  # no such constraint


@pytest.mark.parametrize("target", ["t.id", "main.t.id", "excluded.id", "nobody.id", "q.unknown"])
def test_what_sqlite_does_not_know(me, target):
    assert code(me(f"INSERT INTO t AS q (id, own, k) VALUES (1, 1, 'z') ON CONFLICT ({target}) DO NOTHING")) == "not_found"


@pytest.mark.parametrize("target", ["q.secret", "secret", "main.q.secret", "lower(q.a)) WHERE (q.secret", "(SELECT q.secret)"])
def test_what_is_hidden_is_no_target(me, target):
    objects = me(f"INSERT INTO w AS q (own, a, secret) VALUES (1, 'new', 'CANARY') ON CONFLICT ({target}) DO NOTHING")
    assert code(objects) == "not_found"


def test_a_hidden_row_in_the_way_is_not_changed(place, me):
    for change in ("a = 'mine'", "own = 1", "a = q.a"):
        upsert = f"INSERT INTO w AS q (own, a) VALUES (1, 'HIDDEN') ON CONFLICT (lower(q.a)) WHERE q.own > 0 DO UPDATE SET {change} RETURNING *"
        objects = me(upsert)
        assert code(objects) == "permission_denied" and "CANARY" not in str(objects)
    assert values(place.root("SELECT * FROM w")) == [("x", 1, "one"), ("hidden", 2, "CANARY")]
