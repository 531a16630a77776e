"""INDEXED BY and NOT INDEXED: an index that is there changes nothing, one that is not is an error, and one of hidden columns is not."""

import pytest
from expect import code, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, k TEXT UNIQUE, n INTEGER, secret TEXT, other TEXT);
CREATE INDEX t_own ON t (own); CREATE INDEX t_part ON t (n) WHERE n > 3; CREATE INDEX t_secret ON t (secret); CREATE INDEX t_both ON t (own, secret);
CREATE INDEX t_expression ON t (lower(secret)); CREATE INDEX t_where ON t (own) WHERE secret = 'CANARY'; CREATE INDEX "t other" ON t (other);
INSERT INTO t VALUES (1, 1, 'a', 1, 'x', 'z'), (2, 2, 'b', 2, 'CANARY', 'CANARY'), (3, 1, 'c', 5, 'y', 'y');
CREATE TABLE u (a TEXT PRIMARY KEY, b) WITHOUT ROWID; CREATE INDEX u_b ON u (b); CREATE INDEX u_e ON u (lower(b)); INSERT INTO u VALUES ('1', 1), ('2', 2);
CREATE TABLE nobody (x); CREATE INDEX nobody_x ON nobody (x);
CREATE VIEW v AS SELECT * FROM t;
DEFINE TABLE t PERMISSIONS WHERE own = $auth.id; DEFINE FIELD secret ON t PERMISSIONS FOR create, update FULL;
DEFINE FIELD other ON t PERMISSIONS FOR select WHERE id > 1;
DEFINE TABLE u PERMISSIONS FULL; DEFINE TABLE v PERMISSIONS FULL;
"""


@pytest.fixture
def me(place):
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql: place.server.sql(sql, token=token)


def test_one_that_is_there(me):
    for hint in ("INDEXED BY t_own", "INDEXED BY sqlite_autoindex_t_1", 'INDEXED BY "T Other"', "NOT INDEXED"):
        assert sorted(values(me(f"SELECT id FROM t {hint}"))) == [(1,), (3,)], hint
        assert values(me(f"SELECT id FROM t AS q {hint} WHERE own = 1 AND k > 'a'")) == [(3,)], hint
        assert values(me(f"SELECT count(*) FROM t {hint} JOIN main.t AS q {hint} ON q.id = t.id WHERE q.id IN (SELECT id FROM t {hint})")) == [(2,)], hint
        assert values(me(f"UPDATE t {hint} SET n = 7 WHERE own = 1 RETURNING id")) == [(1,), (3,)], hint
        assert me(f"DELETE FROM t {hint} WHERE own = 2")[-1]["changes"] == 0, hint
    for hint in ("INDEXED BY u_b", "INDEXED BY u_e", "INDEXED BY sqlite_autoindex_u_1"):
        assert sorted(values(me(f"SELECT a FROM u {hint}"))) == [("1",), ("2",)], hint


def test_one_that_sqlite_could_not_use(me):
    """Nothing is refused for that here: the hint is not handed on."""
    assert values(me("SELECT id FROM u, t INDEXED BY t_own WHERE b = 1 AND n = 5")) == [(3,)]


@pytest.mark.parametrize("index", [
    "nowhere", "u_b", "nobody_x", "t", "sqlite_autoindex_t_2",
    "t_secret", "t_both", "t_expression", "t_where", "t_part",  # of hidden columns, or what may be: t_part is partial
])
def test_one_that_is_not(me, index):
    for statement in ("SELECT 1 FROM t INDEXED BY {0}", "SELECT * FROM u, t AS q INDEXED BY {0}", "SELECT 1 WHERE 1 IN (SELECT 1 FROM t INDEXED BY {0})",
                      "WITH c AS (SELECT 1 FROM main.t INDEXED BY {0}) SELECT 1", "UPDATE t INDEXED BY {0} SET n = 1", "DELETE FROM t INDEXED BY {0}",
                      "UPDATE u SET b = 1 FROM t INDEXED BY {0}", "INSERT INTO u SELECT 1, 1 FROM t INDEXED BY {0}"):
        objects = me(statement.format(index))
        assert code(objects) == "not_found" and objects[-1]["result"] == f"no such index: {index}", objects
    assert values(me("SELECT id, n FROM t")) == [(1, 1), (3, 5)]


def test_where_there_can_be_none(me):
    for source in ("v INDEXED BY t_own", "(WITH c AS (SELECT 1) SELECT 1 FROM c INDEXED BY t_own)"):
        assert code(me(f"SELECT 1 FROM {source}")) == "not_found"
    assert code(me("SELECT 1 FROM nobody INDEXED BY nobody_x")) == "not_found"


def test_one_that_comes_and_goes(place, me):
    assert code(me("SELECT id FROM t INDEXED BY t_n")) == "not_found"
    place.ok("CREATE INDEX t_n ON t (n)")
    assert sorted(values(me("SELECT id FROM t INDEXED BY t_n"))) == [(1,), (3,)]
    place.ok("DROP INDEX t_n")
    assert code(me("SELECT id FROM t INDEXED BY t_n")) == "not_found"
    place.ok("REMOVE FIELD secret ON t; DEFINE FIELD secret ON t PERMISSIONS FULL")
    assert sorted(values(me("SELECT id FROM t INDEXED BY t_part"))) == [(1,), (3,)]
