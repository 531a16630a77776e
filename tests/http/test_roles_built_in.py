"""The built-in roles: what each of them may do with what is there, and how `structure` tries to read what it must not."""

import itertools
import json

import client
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, code, codes, one_value, rows, values

names = (f"n{number}" for number in itertools.count())
CANARY = "canary-7f3a"
SCHEMA = f"""
    CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, flag INTEGER DEFAULT 0);
    INSERT INTO t VALUES (1, '{CANARY}', 1), (2, 'x', 0), (3, 'x', 0);
    CREATE TABLE admins (id INTEGER); CREATE TABLE people (id INTEGER); INSERT INTO people VALUES (1), (2);
    CREATE TABLE plain (a, b); INSERT INTO plain VALUES (1, '{CANARY}');
    CREATE TABLE guarded (id INTEGER PRIMARY KEY, draft INTEGER, other INTEGER DEFAULT 0);
    INSERT INTO guarded (draft) VALUES (1);
    DEFINE TABLE guarded PERMISSIONS FOR select WHERE draft = 0 OR $auth.id IN (SELECT id FROM admins);
    DEFINE SCOPE s SIGNIN (SELECT id FROM t WHERE id = $id)"""


@pytest.fixture(scope="module")
def world():
    with client.running() as server:
        server.make_database("home", "one", SCHEMA)
        server.make_database("home", "two", SCHEMA)
        server.make_database("abroad", "one", SCHEMA)
        for role in ("owner", "editor", "viewer", "structure"):
            for level in ("ROOT", "NAMESPACE", "DATABASE"):
                server.root_ok(f"DEFINE LOGIN {role} ON {level} PASSWORD 'a long one' ROLES {role}", "home", "one")
        server.root_ok("""DEFINE LOGIN two ON NAMESPACE PASSWORD 'a long one' ROLES structure(two);
                          DEFINE LOGIN two ON ROOT PASSWORD 'a long one' ROLES structure(home.two);
                          DEFINE LOGIN both ON DATABASE PASSWORD 'a long one' ROLES viewer, structure""", "home", "one")
        yield server


class Login:
    def __init__(self, server, name, level="database"):
        keys = {"root": {}, "namespace": {"NS": "home"}, "database": {"NS": "home", "DB": "one"}}[level]
        self.server = server
        self.token = server.token(user=name, **{"pass": "a long one"}, **keys)

    def __call__(self, sql, ns="home", db="one", **vars):
        return self.server.sql(sql, token=self.token, ns=ns, db=db, vars=vars or None)


@pytest.fixture
def structure(world):
    return Login(world, "structure")


def test_no_roles_is_owner(world):
    world.root_ok("DEFINE LOGIN OVERWRITE plain ON DATABASE PASSWORD 'a long one'", "home", "one")
    assert code(Login(world, "plain")("DEFINE LOGIN OVERWRITE other ON DATABASE PASSWORD 'a long one'")) == "OK"


def test_unknown_role_is_refused(world):
    objects = world.root("DEFINE LOGIN x ON DATABASE PASSWORD 'a long one' ROLES viewer, nobody", "home", "one")
    assert code(objects) == "not_found" and "nobody" in objects[0]["result"] and objects[0]["column"] > 50


@pytest.mark.parametrize("roles, level", [
    ("viewer(one)", "NAMESPACE"), ("structure(one)", "DATABASE"), ("structure(home.one)", "NAMESPACE"), ("structure(one)", "ROOT"),
    ("structure(\"no such/name\")", "NAMESPACE"),
])
def test_lists_that_mean_nothing_are_refused(world, roles, level):
    assert code(world.root(f"DEFINE LOGIN x ON {level} PASSWORD 'a long one' ROLES {roles}", "home", "one")) == "invalid_value"


def test_scopes_have_no_built_in_role(world):
    for role in ("owner", "editor", "viewer", "structure"):
        assert code(world.root(f"DEFINE SCOPE x SIGNIN (SELECT id FROM t) ROLES {role}", "home", "one")) == "invalid_value"


def test_info_shows_roles_of_a_login(world):
    shown = rows(world.root("INFO FOR USER both ON DATABASE", "home", "one"))[0]["logins"]["both"]
    assert shown == 'DEFINE LOGIN "both" ON DATABASE ROLES "viewer", "structure"'


# --- viewer ---

WRITES = ["INSERT INTO t (a) VALUES ('x')", "UPDATE t SET a = 'x'", "DELETE FROM t", "REPLACE INTO t (id) VALUES (1)",
          "WITH x AS (SELECT 1) DELETE FROM t", "INSERT INTO t (a) VALUES ('x') RETURNING id", "CREATE TABLE x (a)", "DROP TABLE t",
          "PRAGMA user_version = 5", "PRAGMA optimize", "VACUUM", "ANALYZE", "REINDEX", "EXPLAIN DELETE FROM t",
          "EXPLAIN QUERY PLAN UPDATE t SET a = 1", "EXPLAIN PERMISSIONS DELETE FROM t", "DEFINE TABLE t PERMISSIONS FULL",
          "DEFINE ROLE x ON DATABASE PERMISSIONS NONE", "REMOVE ROLE x ON DATABASE", "REMOVE ROLE IF EXISTS x ON DATABASE"]


@pytest.mark.parametrize("level", ["root", "namespace", "database"])
def test_viewer_reads_and_writes_nothing(world, level):
    viewer = Login(world, "viewer", level)
    assert one_value(viewer(f"SELECT count(*) FROM t WHERE a = '{CANARY}'")) == 1
    assert code(viewer("SELECT name FROM sqlite_schema")) == "OK" and code(viewer("EXPLAIN SELECT * FROM t")) == "OK"
    assert code(viewer("EXPLAIN PERMISSIONS FOR SCOPE s ID 1 SELECT * FROM guarded")) == "OK"
    before = values(world.root("SELECT * FROM t", "home", "one"))
    for sql in WRITES:
        assert code(viewer(sql)) == "permission_denied", sql
        assert codes(viewer(f"BEGIN; {sql}; COMMIT"))[1] == "permission_denied", sql
    assert values(world.root("SELECT * FROM t", "home", "one")) == before


def test_viewer_does_not_hold_up_writers(world):
    """BEGIN IMMEDIATE takes no lock for who writes nothing: it works while somebody else has the lock."""
    viewer = Login(world, "viewer")
    assert codes(viewer("BEGIN IMMEDIATE; SELECT count(*) FROM t; COMMIT")) == ["OK"] * 3


def test_viewer_sees_no_secret(world):
    everything = json.dumps([Login(world, "viewer", level)(f"INFO FOR {what}") for level, what in (
        ("root", "ROOT"), ("root", "NS"), ("root", "DB"), ("namespace", "NS"), ("namespace", "DB"), ("database", "DB"),
        ("database", "SCOPE s"), ("database", "TABLE t"), ("database", "USER owner ON DATABASE"),
        ("namespace", "USER owner ON NAMESPACE"), ("root", "USER root ON ROOT"))])
    assert "permission_denied" not in everything and "owner" in everything
    for secret in ("argon2", "PASSHASH", "PASSWORD", "a long one", ROOT_PASSWORD):
        assert secret not in everything


# --- editor ---


@pytest.mark.parametrize("level", ["root", "namespace", "database"])
def test_editor_makes_no_identities(world, level):
    editor = Login(world, "editor", level)
    for sql in ("DEFINE LOGIN x ON DATABASE PASSWORD 'a long one'", "DEFINE LOGIN OVERWRITE editor ON DATABASE PASSWORD 'a long one'",
                "REMOVE LOGIN owner ON DATABASE", "DEFINE SCOPE x SIGNIN (SELECT id FROM t)", "REMOVE SCOPE s", "REMOVE SCOPE IF EXISTS x",
                "DEFINE ROLE x ON DATABASE PERMISSIONS NONE", "REMOVE ROLE IF EXISTS x ON DATABASE",
                "DEFINE TOKEN x ON DATABASE TYPE HS256 VALUE 'k'", "REMOVE TOKEN IF EXISTS x ON DATABASE",
                "DEFINE LOGIN x ON NAMESPACE PASSWORD 'a long one'", "DEFINE LOGIN x ON ROOT PASSWORD 'a long one'"):
        assert code(editor(sql)) == "permission_denied", sql
    name = next(names)
    assert codes(editor(f"""CREATE TABLE {name} (a); INSERT INTO {name} VALUES (1); DEFINE TABLE {name} PERMISSIONS FULL; INFO FOR DB;
        CREATE VIEW v{name} AS SELECT a FROM {name}; EXPLAIN UPDATE t SET a = 1; DROP VIEW v{name}; REMOVE TABLE {name}""")) == ["OK"] * 8


def test_editor_above_makes_databases_and_none_beside(world):
    name = next(names)
    assert codes(Login(world, "editor", "namespace")(f"DEFINE DATABASE {name}; REMOVE DATABASE {name}")) == ["OK", "OK"]
    assert codes(Login(world, "editor", "root")(f"DEFINE NAMESPACE {name}; REMOVE NAMESPACE {name}")) == ["OK", "OK"]
    assert code(Login(world, "editor", "namespace")("DEFINE NAMESPACE x")) == "permission_denied"
    assert code(Login(world, "editor")("DEFINE DATABASE x")) == "permission_denied"


# --- structure ---


@pytest.mark.parametrize("level", ["root", "namespace", "database"])
def test_structure_makes_tables(world, level):
    structure, name = Login(world, "structure", level), next(names)
    assert codes(structure(f"""CREATE TABLE {name} (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x' CHECK (a <> ''), b REFERENCES t (id));
        CREATE UNIQUE INDEX i{name} ON {name} (a COLLATE NOCASE, b DESC); ALTER TABLE {name} ADD COLUMN c DEFAULT 5;
        ALTER TABLE {name} RENAME COLUMN c TO d; ALTER TABLE {name} DROP COLUMN d; ALTER TABLE {name} RENAME TO r{name};
        INFO FOR TABLE r{name}; INFO FOR DB; PRAGMA table_info(r{name}); PRAGMA user_version; REINDEX r{name}; ANALYZE r{name};
        BEGIN; DROP INDEX i{name}; COMMIT; DROP TABLE r{name}""")) == ["OK"] * 16


READS = [
    "SELECT 1", "SELECT a FROM t", "VALUES (1)", "WITH x AS (SELECT a FROM t) SELECT * FROM x", "EXPLAIN SELECT a FROM t",
    "EXPLAIN QUERY PLAN SELECT a FROM t", "EXPLAIN PERMISSIONS SELECT a FROM t", "INSERT INTO t (a) VALUES (1)", "DELETE FROM t RETURNING a",
    "UPDATE t SET a = 1", "SELECT * FROM sqlite_schema", "INFO FOR SCOPE s", "INFO FOR USER owner ON DATABASE",
    # expressions that run on rows which are there
    "CREATE TABLE x AS SELECT * FROM t", "CREATE TABLE x AS SELECT abs(-9223372036854775808) FROM t WHERE a LIKE 'c%'",
    "CREATE INDEX x ON t (json(a))", "CREATE UNIQUE INDEX x ON t (a = 'guess')", "CREATE UNIQUE INDEX x ON t (flag) WHERE a LIKE 'c%'",
    "CREATE UNIQUE INDEX x ON t ((1))", "ALTER TABLE t ADD COLUMN x CHECK (a <> 'guess')",
    "ALTER TABLE t ADD COLUMN x AS (a = 'guess')", "ALTER TABLE t ADD COLUMN x GENERATED ALWAYS AS (json(a)) VIRTUAL",
    "CREATE TABLE x (a, b AS (a = 'guess'))", "CREATE TABLE x (a, b GENERATED ALWAYS AS (json(a)) STORED)",
    "PRAGMA integrity_check", "PRAGMA foreign_key_check", "PRAGMA quick_check", "PRAGMA optimize", "VACUUM",
    # what runs with its definer's rights, or gives rights
    "CREATE VIEW x AS SELECT a FROM t", "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END", "DROP VIEW IF EXISTS x",
    "DROP TRIGGER IF EXISTS x", "CREATE VIRTUAL TABLE x USING fts5(a)", "DEFINE TABLE OVERWRITE t PERMISSIONS FULL",
    "DEFINE FIELD a ON t PERMISSIONS FULL", "REMOVE FIELD IF EXISTS a ON t", "DEFINE SCOPE x SIGNIN (SELECT id FROM t)",
    "DEFINE LOGIN x ON DATABASE PASSWORD 'a long one'", "DEFINE ROLE x ON DATABASE PERMISSIONS TABLE t FULL", "CREATE TEMP TABLE x (a)",
]


@pytest.mark.parametrize("sql", READS)
def test_structure_reads_nothing(world, structure, sql):
    for objects in (structure(sql), structure(f"BEGIN; {sql}; COMMIT")[1:2]):
        assert code(objects) == "permission_denied" and CANARY not in json.dumps(objects)
    assert one_value(world.root("SELECT count(*) FROM sqlite_schema WHERE name = 'x'", "home", "one")) == 0


def test_structure_sees_tables_and_nothing_else_in_info(structure):
    assert list(rows(structure("INFO FOR DB"))[0]) == ["tables"]


@pytest.mark.parametrize("sql", [
    "DROP TABLE admins", "ALTER TABLE admins RENAME TO x", "ALTER TABLE admins RENAME COLUMN id TO x", "ALTER TABLE guarded DROP COLUMN draft",
    "ALTER TABLE guarded RENAME COLUMN draft TO x", "ALTER TABLE guarded RENAME TO x",
])
def test_structure_leaves_what_a_predicate_reads(world, structure, sql):
    """Or it would put something else in its place, and a predicate would say yes."""
    assert code(structure(sql)) in ("permission_denied", "invalid_value")
    assert code(structure(f"BEGIN; {sql}; COMMIT")[1:2]) in ("permission_denied", "invalid_value")
    assert one_value(world.root("SELECT count(*) FROM guarded WHERE draft = 1 AND 1 NOT IN (SELECT id FROM admins)", "home", "one")) == 1


def test_structure_leaves_what_a_view_of_a_predicate_may_read(place):
    """A column that is added to a table shows in a view's `*`, and there takes the name of the row's own."""
    place.ok("""CREATE TABLE post (id INTEGER PRIMARY KEY, owner INTEGER); CREATE TABLE grants (who INTEGER); CREATE VIEW all_grants AS SELECT * FROM grants;
        DEFINE TABLE post PERMISSIONS FOR select WHERE $auth.id IN (SELECT owner FROM all_grants); DEFINE LOGIN s ON DATABASE PASSWORD 'a long one' ROLES structure""")
    token = place.server.token(NS=place.ns, DB=place.db, user="s", **{"pass": "a long one"})
    for sql in ("ALTER TABLE grants ADD COLUMN owner DEFAULT 1", "DROP TABLE grants", "ALTER TABLE grants RENAME TO x"):
        assert code(place.sql(sql, token)) == "permission_denied", sql
    assert codes(place.sql("CREATE TABLE other (a); CREATE INDEX i ON grants (who)", token)) == ["OK", "OK"]


def test_structure_of_named_databases(world):
    for level in ("root", "namespace"):
        login, name = Login(world, "two", level), next(names)
        assert codes(login(f"CREATE TABLE {name} (a); DROP TABLE {name}; USE DB two", db="two")) == ["OK"] * 3
        for ns, db in (("home", "one"), ("home", "nowhere"), *((("abroad", "one"), ("nowhere", "one")) if level == "root" else ())):
            answers = codes(login(f"CREATE TABLE x (a); SELECT 1; INFO FOR DB; DROP TABLE t; USE DB {db}; SELECT 1", ns=ns, db=db))
            assert set(answers) == {"permission_denied"}, answers
        assert codes(login("USE DB two; INFO FOR DB")) == ["OK", "OK"]


def test_roles_add_up(world):
    both, name = Login(world, "both"), next(names)
    assert codes(both(f"CREATE TABLE {name} (a); SELECT a FROM t; DROP TABLE {name}; INFO FOR SCOPE s")) == ["OK"] * 4
    assert codes(both("INSERT INTO t (a) VALUES (1); CREATE TABLE x AS SELECT 1; CREATE VIEW x AS SELECT 1")) == ["permission_denied"] * 3


# --- Basic, and who is who ---


def test_basic_has_the_same_roles(world):
    objects = world.sql("SELECT a FROM t; DELETE FROM t", login=("viewer", "a long one"), ns="home", db="one")
    assert codes(objects) == ["OK", "permission_denied"]


def test_session_user(world):
    assert one_value(Login(world, "viewer")("SELECT $session.user")) == "viewer"
    assert one_value(world.sql("SELECT $session.user", token=world.token(NS="home", DB="one", SC="s", id=1))) is None
    assert_error(world.post_sql("SELECT 1", vars={"session.user": "x"}, login=(ROOT_USER, ROOT_PASSWORD), ns="home", db="one"), 400)
