"""The contract's table "Who may do what", cell by cell: each level, at home and abroad, on what is there and what is not."""

import itertools

import client
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, code, codes, one_value

LEVELS = ("root", "namespace", "database", "scope", "guest")
OTHER = "DEFINE LOGIN {} ON {} PASSWORD 'password-x'"
fresh_names = (f"n{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def world():
    with client.running("--allow-guests") as server:
        for ns, db in (("home", "one"), ("home", "two"), ("abroad", "one")):
            server.make_database(ns, db, """
                CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1); DEFINE TABLE t PERMISSIONS FULL;
                CREATE TABLE present (a); DEFINE TABLE present PERMISSIONS FULL;
                CREATE INDEX t_a ON t (a); CREATE VIEW v AS SELECT a FROM t; DEFINE SCOPE s SIGNIN (SELECT id FROM t)""")
        server.root_ok("DEFINE LOGIN n ON NAMESPACE PASSWORD 'password-nn'; DEFINE LOGIN d ON DATABASE PASSWORD 'password-dd'", "home", "one")
        server.tokens = {
            "root": server.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD}),
            "namespace": server.token(NS="home", user="n", **{"pass": "password-nn"}),
            "database": server.token(NS="home", DB="one", user="d", **{"pass": "password-dd"}),
            "scope": server.token(NS="home", DB="one", SC="s"),
            "guest": None,
        }
        yield server


def ask(world, level, sql, ns="home", db="one"):
    return world.sql(sql, token=world.tokens[level], ns=ns, db=db)


def fill(sql):
    return sql.replace("NEW", next(fresh_names)) if "NEW" in sql else sql


# What may be done at home, and by whom; each statement must succeed for those, and be permission_denied for the others.
# `prepare` is run by root before.
NAMESPACES = [
    ("DEFINE NAMESPACE NEW", ""), ("DEFINE NS IF NOT EXISTS home", ""), ("INFO FOR ROOT", ""),
    ("REMOVE NAMESPACE old", "DEFINE NAMESPACE IF NOT EXISTS old"), ("REMOVE NAMESPACE IF EXISTS nowhere", ""),
    (OTHER.format("NEW", "ROOT"), ""), ("REMOVE LOGIN IF EXISTS nobody ON ROOT", ""), (f"ALTER LOGIN {ROOT_USER} ON ROOT ENABLE", ""), (f"INFO FOR USER {ROOT_USER} ON ROOT", ""),
]
DATABASES = [
    ("DEFINE DATABASE NEW", ""), ("DEFINE DB IF NOT EXISTS one", ""), ("INFO FOR NS", ""),
    ("REMOVE DATABASE old", "DEFINE DATABASE IF NOT EXISTS old"), ("REMOVE DATABASE IF EXISTS nowhere", ""),
    (OTHER.format("NEW", "NAMESPACE"), ""), ("REMOVE LOGIN IF EXISTS nobody ON NAMESPACE", ""),
    ("INFO FOR USER n ON NAMESPACE", ""), ("REMOVE USER old ON NAMESPACE", OTHER.format("IF NOT EXISTS old", "NAMESPACE")),
]
SCHEMA = [
    (OTHER.format("NEW", "DATABASE"), ""), ("REMOVE LOGIN IF EXISTS nobody ON DATABASE", ""), ("INFO FOR USER d ON DATABASE", ""),
    ("REMOVE LOGIN old ON DATABASE", OTHER.format("IF NOT EXISTS old", "DATABASE")),
    ("DEFINE SCOPE NEW SIGNIN (SELECT id FROM t)", ""), ("REMOVE SCOPE IF EXISTS nowhere", ""), ("INFO FOR SCOPE s", ""),
    ("DEFINE TABLE OVERWRITE t PERMISSIONS FULL", ""), ("DEFINE FIELD OVERWRITE a ON t PERMISSIONS FULL", ""),
    ("REMOVE FIELD IF EXISTS a ON t", ""), ("REMOVE TABLE IF EXISTS nowhere", ""), ("INFO FOR DB", ""), ("INFO FOR TABLE t", ""),
    ("CREATE TABLE NEW (a)", ""), ("CREATE INDEX NEW ON t (a)", ""), ("CREATE VIEW NEW AS SELECT 1", ""),
    ("CREATE TRIGGER NEW AFTER INSERT ON t WHEN 0 BEGIN SELECT 1; END", ""), ("DROP TABLE IF EXISTS nowhere", ""),
    ("DROP TABLE old", "CREATE TABLE IF NOT EXISTS old (a)"), ("DROP VIEW old_view", "CREATE VIEW IF NOT EXISTS old_view AS SELECT 1"),
    ("ALTER TABLE u RENAME COLUMN a TO b", "DROP TABLE IF EXISTS u; CREATE TABLE u (a)"),
    ("ALTER TABLE u ADD COLUMN c", "DROP TABLE IF EXISTS u; CREATE TABLE u (a)"),
    ("REINDEX", ""), ("REINDEX t", ""), ("ANALYZE", ""), ("VACUUM", ""), ("PRAGMA table_info(t)", ""), ("PRAGMA user_version", ""),
    ("EXPLAIN SELECT a FROM t", ""), ("EXPLAIN QUERY PLAN SELECT a FROM t", ""), ("EXPLAIN PERMISSIONS SELECT a FROM t", ""),
    ("EXPLAIN PERMISSIONS FOR GUEST SELECT a FROM t", ""), ("EXPLAIN PERMISSIONS FOR SCOPE s ID 1 SELECT a FROM t", ""),
    ("SELECT count(*) FROM sqlite_schema", ""),
]
DATA = [
    ("SELECT a FROM t", ""), ("VALUES (1)", ""), ("WITH x AS (SELECT 1 AS a) SELECT * FROM x", ""),
    ("INSERT INTO t (a) VALUES (2)", ""), ("REPLACE INTO t (id, a) VALUES (2, 2)", ""), ("UPDATE t SET a = 2 WHERE id > 1", ""),
    ("DELETE FROM t WHERE id > 1", ""), ("USE DB one", ""), ("USE NS home DB one", ""), ("USE NS HOME", ""),
]
NOBODY = [
    ("ATTACH 'x.db' AS x", ""), ("DETACH main", ""), ("VACUUM INTO 'x.db'", ""), ("CREATE TEMP TABLE x (a)", ""),
    ("CREATE TEMP VIEW x AS SELECT 1", ""), ("PRAGMA journal_mode", ""), ("SELECT load_extension('x')", ""),
]
CELLS = [
    *((sql, prepare, ("root",)) for sql, prepare in NAMESPACES),
    *((sql, prepare, ("root", "namespace")) for sql, prepare in DATABASES),
    *((sql, prepare, ("root", "namespace", "database")) for sql, prepare in SCHEMA),
    *((sql, prepare, LEVELS) for sql, prepare in DATA),
    *((sql, prepare, ()) for sql, prepare in NOBODY),
]


def expected_of(sql, level, allowed):
    if level in allowed:
        return ("OK",)
    # A table that does not exist for a restricted principal, and a function that does not, may be told as such.
    if level in ("scope", "guest") and ("sqlite_schema" in sql or "load_extension" in sql):
        return ("permission_denied", "not_found")
    return ("permission_denied",)


@pytest.mark.parametrize("sql, prepare, allowed", CELLS, ids=[sql for sql, _, _ in CELLS])
def test_at_home(world, sql, prepare, allowed):
    for level in LEVELS:
        if prepare:
            world.root_ok(prepare, "home", "one")
        assert code(ask(world, level, fill(sql))) in expected_of(sql, level, allowed), level


# --- abroad ---


@pytest.mark.parametrize("level", ["namespace", "database", "scope", "guest"])
@pytest.mark.parametrize("ns", ["abroad", "nowhere"])
def test_use_of_another_namespace(world, level, ns):
    objects = ask(world, level, f"USE NS {ns}; SELECT $session.ns; USE NS {ns} DB one; SELECT $session.ns")
    assert codes(objects) == ["permission_denied", "OK", "permission_denied", "OK"]
    assert one_value(objects) == "home"


@pytest.mark.parametrize("level", ["database", "scope", "guest"])
@pytest.mark.parametrize("db", ["two", "nowhere"])
def test_use_of_another_database(world, level, db):
    objects = ask(world, level, f"USE DB {db}; SELECT $session.db")
    assert codes(objects) == ["permission_denied", "OK"]
    assert one_value(objects) == "one"


def test_use_abroad_looks_the_same_whether_it_is_there(world):
    for level, sql, names in (("namespace", "USE NS {}", ("abroad", "nowhere")), ("database", "USE DB {}", ("two", "nowhere")),
                              ("scope", "USE DB {}", ("two", "nowhere"))):
        answers = [ask(world, level, sql.format(name))[0]["result"].replace(name, "NAME") for name in names]
        assert answers[0] == answers[1]


@pytest.mark.parametrize("level, ns, db", [
    ("namespace", "abroad", "one"), ("namespace", "nowhere", "one"), ("database", "home", "two"), ("database", "abroad", "one"),
    ("scope", "home", "two"), ("scope", "abroad", "one"),
])
def test_headers_abroad(world, level, ns, db):
    for sql, _, _ in (CELLS[0], CELLS[8], CELLS[17], ("SELECT a FROM t", "", ())):
        assert_error(world.post_sql(fill(sql), token=world.tokens[level], ns=ns, db=db), 403)


@pytest.mark.parametrize("sql, prepare, allowed", CELLS, ids=[sql for sql, _, _ in CELLS])
def test_a_namespace_login_in_its_other_database(world, sql, prepare, allowed):
    if prepare:
        world.root_ok(prepare, "home", "two")
    wanted = expected_of(sql, "namespace", allowed)
    sql = fill(sql).replace("DB one", "DB two")
    got = code(ask(world, "namespace", sql, db="two"))
    assert got in wanted or ("USER d ON DATABASE" in sql and got == "not_found")


def test_what_is_missing_is_missing_for_those_who_may(world):
    for level, sql in (
        ("root", "USE NS nowhere"), ("root", "USE DB nowhere"), ("root", "REMOVE NAMESPACE nowhere"),
        ("root", "REMOVE LOGIN nobody ON ROOT"), ("root", "INFO FOR USER nobody ON ROOT"), ("namespace", "USE DB nowhere"),
        ("namespace", "REMOVE DATABASE nowhere"), ("namespace", "REMOVE LOGIN nobody ON NAMESPACE"),
        ("database", "REMOVE LOGIN nobody ON DATABASE"), ("database", "REMOVE SCOPE nowhere"), ("database", "REMOVE TABLE nowhere"),
        ("database", "INFO FOR TABLE nowhere"), ("database", "INFO FOR SCOPE nowhere"), ("database", "SELECT * FROM nowhere"),
        ("database", "DEFINE TABLE nowhere PERMISSIONS FULL"), ("database", "DEFINE FIELD missing ON t PERMISSIONS FULL"),
        ("database", "DROP TABLE nowhere"), ("scope", "SELECT * FROM nowhere"), ("guest", "SELECT * FROM nowhere"),
        ("scope", "INSERT INTO nowhere VALUES (1)"),
    ):
        assert code(ask(world, level, sql)) == "not_found", (level, sql)


def test_who_may_not_is_not_told_what_is_there(world):
    for level, statements in (
        ("namespace", ("DEFINE NAMESPACE {}", "REMOVE NAMESPACE {}", "REMOVE NAMESPACE IF EXISTS {}")),
        ("database", ("DEFINE DATABASE {}", "REMOVE DATABASE {}", "INFO FOR USER {} ON NAMESPACE", "REMOVE LOGIN {} ON ROOT")),
        ("scope", ("REMOVE TABLE {}", "DROP TABLE {}", "DROP TABLE IF EXISTS {}", "INFO FOR TABLE {}", "DEFINE TABLE {} PERMISSIONS FULL",
                   "CREATE TABLE {} (a)", "EXPLAIN SELECT * FROM {}", "PRAGMA table_info({})")),
    ):
        for sql in statements:
            there = {"namespace": "abroad", "database": "two", "scope": "present"}[level]
            answers = []
            for name in (there, "nowhere"):
                (one,) = ask(world, level, sql.format(name))
                assert one["code"] == "permission_denied"
                answers.append(one["result"].replace(name, "NAME"))
            assert answers[0] == answers[1], sql


def test_permissions_bind_scope_and_guest_alone(world):
    world.root_ok("CREATE TABLE IF NOT EXISTS closed (a); INSERT INTO closed VALUES (1)", "home", "one")
    assert [code(ask(world, level, "SELECT a FROM closed")) for level in LEVELS] == ["OK"] * 3 + ["not_found"] * 2
