"""The matrix of roles: level × role × place × kind of statement × whether what it names is there.

What each role may do is written down here anew, as letters: o(wner), e(ditor), v(iewer), s(tructure), r (a role of one's own). A disabled login of any of them may nothing.
"""

import json

import client
import pytest
from expect import assert_error, code_of

PASSWORD = "a long one"
LEVELS = ("root", "namespace", "database")
ROLES = {"o": "owner", "e": "editor", "v": "viewer", "s": "structure", "r": "mine"}
HOME = ("home", "one")
PLACES = [HOME, ("home", "two"), ("home", "nowhere"), ("abroad", "one"), ("nowhere", "one")]
SCHEMA = """CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1); DEFINE TABLE t PERMISSIONS FULL;
            DEFINE SCOPE s SIGNIN (SELECT id FROM t)"""
MINE = "DEFINE ROLE mine ON DATABASE PERMISSIONS TABLE t FULL"

# What root makes before each batch, so that what statements take away is there.
PREPARE = """CREATE TABLE IF NOT EXISTS gone (a, b); CREATE INDEX IF NOT EXISTS gone_a ON gone (a); CREATE VIEW IF NOT EXISTS gone_v AS SELECT 1;
    CREATE TRIGGER IF NOT EXISTS gone_t AFTER INSERT ON gone WHEN 0 BEGIN SELECT 1; END; CREATE TABLE IF NOT EXISTS removed (a);
    DROP TABLE IF EXISTS made; DROP INDEX IF EXISTS made_i; DROP VIEW IF EXISTS made_v; DROP TABLE IF EXISTS made_s; DROP TABLE IF EXISTS made_f;
    DROP TRIGGER IF EXISTS made_t; CREATE TABLE IF NOT EXISTS altered (a); DROP TABLE IF EXISTS altered_to;
    DEFINE FIELD IF NOT EXISTS a ON removed PERMISSIONS NONE; DEFINE SCOPE IF NOT EXISTS gone SIGNIN (SELECT id FROM t);
    DEFINE ROLE IF NOT EXISTS gone ON DATABASE PERMISSIONS NONE; DEFINE TOKEN IF NOT EXISTS gone ON DATABASE TYPE HS256 VALUE '0123456789abcdef0123456789abcdef';
    DEFINE LOGIN IF NOT EXISTS gone ON DATABASE HASH; DEFINE LOGIN IF NOT EXISTS kept ON DATABASE HASH"""
HASH = "PASSHASH '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA'"
KEY = "TYPE HS256 VALUE '0123456789abcdef0123456789abcdef'"

# (roles, on what is there, on what is not there, what the latter gives): on a database
DATABASE = [
    ("oevr", "SELECT a FROM t", "SELECT a FROM nowhere", "not_found"),
    ("oevr", "WITH x AS (SELECT a FROM t) SELECT * FROM x", "SELECT 1 WHERE 1 IN nowhere", "not_found"),
    ("oevr", "VALUES (1)", "SELECT $nothing", "not_found"),
    ("oer", "INSERT INTO t (a) VALUES (2)", "INSERT INTO nowhere VALUES (1)", "not_found"),
    ("oer", "REPLACE INTO t (id, a) VALUES (2, 2)", "REPLACE INTO nowhere VALUES (1)", "not_found"),
    ("oer", "UPDATE t SET a = 2 WHERE id > 1", "UPDATE nowhere SET a = 1", "not_found"),
    ("oer", "DELETE FROM t WHERE id > 1", "DELETE FROM nowhere", "not_found"),
    ("oev", "SELECT count(*) FROM sqlite_schema", "SELECT * FROM sqlite_schema WHERE nowhere", "not_found"),
    ("oes", "CREATE TABLE made (a)", "CREATE TABLE IF NOT EXISTS gone (a)", "OK"),
    ("oe", "CREATE TABLE made_s AS SELECT 1", "CREATE TABLE x AS SELECT * FROM nowhere", "not_found"),
    ("oes", "CREATE INDEX made_i ON gone (b)", "CREATE INDEX x ON nowhere (a)", "not_found"),
    ("oe", "CREATE VIEW made_v AS SELECT 1", "CREATE VIEW gone_v AS SELECT 1", "already_exists"),
    ("oe", "CREATE TRIGGER made_t AFTER DELETE ON gone WHEN 0 BEGIN SELECT 1; END", "CREATE TRIGGER x AFTER DELETE ON nowhere BEGIN SELECT 1; END", "not_found"),
    ("oe", "CREATE VIRTUAL TABLE made_f USING fts5(a)", "CREATE VIRTUAL TABLE IF NOT EXISTS gone USING fts5(a)", "OK"),
    ("oes", "ALTER TABLE altered ADD COLUMN b", "ALTER TABLE nowhere ADD COLUMN b", "not_found"),
    ("oes", "ALTER TABLE altered RENAME COLUMN a TO c", "ALTER TABLE altered RENAME COLUMN nowhere TO c", "not_found"),
    ("oes", "ALTER TABLE altered DROP COLUMN b", "ALTER TABLE altered DROP COLUMN nowhere", "not_found"),
    ("oes", "ALTER TABLE altered RENAME TO altered_to", "ALTER TABLE nowhere RENAME TO x", "not_found"),
    ("oes", "REINDEX t", "REINDEX nowhere", None), ("oes", "ANALYZE t", "ANALYZE nowhere", None),
    ("oe", "DROP TRIGGER gone_t", "DROP TRIGGER nowhere", "not_found"), ("oe", "DROP VIEW gone_v", "DROP VIEW nowhere", "not_found"),
    ("oes", "DROP INDEX gone_a", "DROP INDEX nowhere", "not_found"), ("oes", "DROP TABLE gone", "DROP TABLE nowhere", "not_found"),
    ("oevs", "PRAGMA table_info(t)", "PRAGMA table_info(nowhere)", "OK"), ("oev", "PRAGMA integrity_check", "PRAGMA foreign_key_check(nowhere)", None),
    ("oes", "PRAGMA user_version = 1", "PRAGMA application_id = 1", "OK"), ("oe", "VACUUM", "PRAGMA optimize", "OK"),
    ("oev", "EXPLAIN SELECT a FROM t", "EXPLAIN SELECT a FROM nowhere", "not_found"),
    ("oe", "EXPLAIN DELETE FROM t", "EXPLAIN QUERY PLAN DELETE FROM nowhere", "not_found"),
    ("oev", "EXPLAIN PERMISSIONS FOR SCOPE s SELECT a FROM t", "EXPLAIN PERMISSIONS FOR SCOPE nowhere SELECT 1", "not_found"),
    ("oev", "EXPLAIN PERMISSIONS FOR LOGIN kept SELECT a FROM t", "EXPLAIN PERMISSIONS FOR LOGIN nowhere SELECT 1", "not_found"),
    ("oe", "DEFINE TABLE OVERWRITE removed PERMISSIONS NONE", "DEFINE TABLE nowhere PERMISSIONS NONE", "not_found"),
    ("oe", "DEFINE FIELD OVERWRITE a ON removed PERMISSIONS NONE", "DEFINE FIELD nowhere ON removed PERMISSIONS NONE", "not_found"),
    ("oe", "REMOVE FIELD a ON removed", "REMOVE FIELD nowhere ON removed", "not_found"),
    ("oe", "REMOVE TABLE removed", "REMOVE TABLE nowhere", "not_found"),
    ("o", "DEFINE SCOPE OVERWRITE gone SIGNIN (SELECT id FROM t)", "DEFINE SCOPE gone SIGNIN (SELECT id FROM t)", "already_exists"),
    ("o", "REMOVE SCOPE gone", "REMOVE SCOPE nowhere", "not_found"),
    ("o", "DEFINE ROLE OVERWRITE gone ON DATABASE PERMISSIONS NONE", "DEFINE ROLE gone ON DATABASE PERMISSIONS NONE", "already_exists"),
    ("o", "REMOVE ROLE gone ON DATABASE", "REMOVE ROLE nowhere ON DATABASE", "not_found"),
    ("o", f"DEFINE LOGIN OVERWRITE gone ON DATABASE {HASH}", f"DEFINE LOGIN gone ON DATABASE {HASH}", "already_exists"),
    ("o", "ALTER LOGIN gone ON DATABASE DISABLE", "ALTER LOGIN nowhere ON DATABASE DISABLE", "not_found"),
    ("o", "ALTER LOGIN gone ON DATABASE ENABLE", "ALTER LOGIN nowhere ON DATABASE ENABLE", "not_found"),
    ("o", f"ALTER LOGIN gone ON DATABASE PASSWORD '{PASSWORD}'", f"ALTER LOGIN nowhere ON DATABASE PASSWORD '{PASSWORD}'", "not_found"),
    ("o", "REMOVE LOGIN gone ON DATABASE", "REMOVE LOGIN nowhere ON DATABASE", "not_found"),
    ("o", f"DEFINE TOKEN OVERWRITE gone ON DATABASE {KEY}", f"DEFINE TOKEN gone ON DATABASE {KEY}", "already_exists"),
    ("o", "REMOVE TOKEN gone ON DATABASE", "REMOVE TOKEN nowhere ON DATABASE", "not_found"),
    ("oevs", "INFO FOR DB", "INFO FOR DB", "OK"), ("oevs", "INFO FOR TABLE t", "INFO FOR TABLE nowhere", "not_found"),
    ("oev", "INFO FOR SCOPE s", "INFO FOR SCOPE nowhere", "not_found"),
    ("oev", "INFO FOR USER kept ON DATABASE", "INFO FOR USER nowhere ON DATABASE", "not_found"),
    ("oevs", "SAVEPOINT x", "RELEASE nowhere", None),
    ("", "ATTACH 'x.db' AS x", "DETACH nowhere", None), ("", "VACUUM INTO 'x.db'", "CREATE TEMP TABLE x (a)", None),
]
# On a namespace, and on root: (levels, roles, …).
ABOVE = [
    ("rn", "oe", "DEFINE DATABASE IF NOT EXISTS one", "DEFINE DATABASE one", "already_exists"),
    ("rn", "oe", "REMOVE DATABASE IF EXISTS nowhere", "REMOVE DATABASE nowhere", "not_found"), ("rn", "oev", "INFO FOR NS", "INFO FOR NS", "OK"),
    ("rn", "o", f"DEFINE LOGIN OVERWRITE gone ON NAMESPACE {HASH}", f"DEFINE LOGIN gone ON NAMESPACE {HASH}", "already_exists"),
    ("rn", "oev", "INFO FOR USER gone ON NAMESPACE", "INFO FOR USER nowhere ON NAMESPACE", "not_found"),
    ("rn", "o", "ALTER LOGIN gone ON NAMESPACE DISABLE", "ALTER LOGIN nowhere ON NAMESPACE DISABLE", "not_found"),
    ("rn", "o", "REMOVE LOGIN gone ON NAMESPACE", "REMOVE LOGIN nowhere ON NAMESPACE", "not_found"),
    ("rn", "o", f"DEFINE TOKEN OVERWRITE gone ON NAMESPACE {KEY}", f"DEFINE TOKEN gone ON NAMESPACE {KEY}", "already_exists"),
    ("rn", "o", "REMOVE TOKEN gone ON NAMESPACE", "REMOVE TOKEN nowhere ON NAMESPACE", "not_found"),
    ("rn", "o", "DEFINE ROLE OVERWRITE gone ON NAMESPACE PERMISSIONS NONE", "DEFINE ROLE gone ON NAMESPACE PERMISSIONS NONE", "already_exists"),
    ("rn", "o", "REMOVE ROLE gone ON NAMESPACE", "REMOVE ROLE nowhere ON NAMESPACE", "not_found"),
    ("r", "oe", "DEFINE NAMESPACE IF NOT EXISTS abroad", "DEFINE NAMESPACE abroad", "already_exists"),
    ("r", "oe", "REMOVE NAMESPACE IF EXISTS nowhere", "REMOVE NAMESPACE nowhere", "not_found"), ("r", "oev", "INFO FOR ROOT", "INFO FOR ROOT", "OK"),
    ("r", "o", f"DEFINE LOGIN OVERWRITE gone ON ROOT {HASH}", f"DEFINE LOGIN gone ON ROOT {HASH}", "already_exists"),
    ("r", "oev", "INFO FOR USER gone ON ROOT", "INFO FOR USER nowhere ON ROOT", "not_found"),
    ("r", "o", "ALTER LOGIN gone ON ROOT DISABLE", "ALTER LOGIN nowhere ON ROOT DISABLE", "not_found"),
    ("r", "o", "REMOVE LOGIN gone ON ROOT", "REMOVE LOGIN nowhere ON ROOT", "not_found"),
    ("r", "o", "DEFINE ROLE OVERWRITE gone ON ROOT PERMISSIONS NONE", "DEFINE ROLE gone ON ROOT PERMISSIONS NONE", "already_exists"),
    ("r", "o", "REMOVE ROLE gone ON ROOT", "REMOVE ROLE nowhere ON ROOT", "not_found"),
]


@pytest.fixture(scope="module")
def world():
    with client.running() as server:
        for ns, db in (HOME, ("home", "two"), ("abroad", "one")):
            server.make_database(ns, db, SCHEMA)
        server.root_ok(MINE, *HOME)
        for level in LEVELS:
            on = level.upper()
            server.root_ok(f"DEFINE ROLE IF NOT EXISTS mine ON {on} PERMISSIONS NONE; " + "; ".join(
                f"DEFINE LOGIN {role} ON {on} PASSWORD '{PASSWORD}' ROLES {role}" for role in ROLES.values()), *HOME)
            server.root_ok("; ".join(f"DEFINE LOGIN {role}_off ON {on} PASSWORD '{PASSWORD}' ROLES {role}" for role in ROLES.values()), *HOME)
        server.tokens = {(level, letter): sign_in(server, level, role).json()["token"] for level in LEVELS for letter, role in ROLES.items()}
        server.ended = {(level, letter): sign_in(server, level, role + "_off").json()["token"] for level in LEVELS for letter, role in ROLES.items()}
        server.root_ok("; ".join(f"ALTER LOGIN {role}_off ON {level.upper()} DISABLE" for level in LEVELS for role in ROLES.values()), *HOME)
        yield server


def sign_in(server, level, name):
    keys = {"root": {}, "namespace": {"NS": "home"}, "database": {"NS": "home", "DB": "one"}}[level]
    return server.signin(user=name, **{"pass": PASSWORD}, **keys)


def prepare(world, ns, db):
    """What is there before a batch; where the place is missing, nothing."""
    if (ns, db) in (HOME, ("home", "two"), ("abroad", "one")):
        world.root_ok(PREPARE.replace("HASH", HASH), ns, db)
        world.root_ok(f"""DEFINE LOGIN IF NOT EXISTS gone ON NAMESPACE {HASH}; DEFINE TOKEN IF NOT EXISTS gone ON NAMESPACE {KEY};
            DEFINE ROLE IF NOT EXISTS gone ON NAMESPACE PERMISSIONS NONE; DEFINE LOGIN IF NOT EXISTS gone ON ROOT {HASH};
            DEFINE ROLE IF NOT EXISTS gone ON ROOT PERMISSIONS NONE""", ns, db)


def answers(world, level, letter, statements, ns, db):
    objects = world.sql("; ".join(statements), token=world.tokens[level, letter], ns=ns, db=db)
    assert len(objects) == len(statements)
    return objects


def reach(level, letter, place):
    """Whether a login has anything at a place: "yes", "missing", or "no", which looks the same whether it is there."""
    if letter == "r" and place != HOME:
        return "no"
    return "yes" if place in (HOME, ("home", "two"), ("abroad", "one")) else "missing"


def may_go(level, place):
    return level == "root" or place == HOME or (level == "namespace" and place[0] == "home")


CELLS = [(level, letter, place) for level in LEVELS for letter in ROLES for place in PLACES if may_go(level, place)]


@pytest.mark.parametrize("level, letter, place", CELLS, ids=lambda value: value if isinstance(value, str) else ".".join(value))
def test_on_a_database(world, level, letter, place):
    prepare(world, *place)
    there = reach(level, letter, place)
    statements = [sql for _, *both, _ in DATABASE for sql in (both[1], both[0])]  # first what is not there: it changes nothing
    objects = answers(world, level, letter, statements, *place)
    for (roles, present, missing, wanted), (on_missing, on_present) in zip(DATABASE, zip(objects[::2], objects[1::2])):
        got = {present: code_of(on_present), missing: code_of(on_missing)}
        if letter not in roles or there == "no":
            seen = "sqlite_schema" in present and letter == "r" and there == "yes"  # a table that is not there for it
            allowed = {"not_found"} if seen else {"permission_denied"}
            assert set(got.values()) == allowed, got
        elif there == "missing":
            assert set(got.values()) <= {"not_found", "invalid_value"}, got
        elif "SAVEPOINT" in present:
            assert "permission_denied" not in got.values(), got
        else:
            assert got[present] == "OK", on_present
            assert got[missing] == wanted or (wanted is None and got[missing] != "permission_denied"), on_missing


@pytest.mark.parametrize("level, letter", [(level, letter) for level in LEVELS for letter in ROLES])
def test_above_a_database(world, level, letter):
    prepare(world, *HOME)
    statements = [sql for _, _, *both, _ in ABOVE for sql in (both[1], both[0])]
    objects = answers(world, level, letter, statements, *HOME)
    for (levels, roles, present, missing, wanted), (on_missing, on_present) in zip(ABOVE, zip(objects[::2], objects[1::2])):
        got = (code_of(on_missing), code_of(on_present))
        if level[0] in levels and letter in roles:
            assert got == (wanted, "OK"), (missing, on_missing, present, on_present)
        else:
            assert got == ("permission_denied", "permission_denied"), (missing, on_missing, present, on_present)


@pytest.mark.parametrize("level, letter", [(level, letter) for level in LEVELS for letter in ROLES])
def test_disabled(world, level, letter):
    """Each statement in each place, with the token from before and with the password: refused, in the same words."""
    login = (ROLES[letter] + "_off", PASSWORD)
    statements = [sql for *_, present, missing, _ in DATABASE + ABOVE for sql in (present, missing)]
    bodies = set()
    for place in PLACES:
        for sql in ("; ".join(statements), "SELECT 1", f"ALTER LOGIN {login[0]} ON {level.upper()} ENABLE"):
            response = world.post_sql(sql, token=world.ended[level, letter], ns=place[0], db=place[1])
            assert_error(response, 401)
            bodies.add(json.dumps({name: value for name, value in response.json().items() if name != "request"}))
    for response in (sign_in(world, level, login[0]), world.post_sql("SELECT 1", login=login, ns=HOME[0], db=HOME[1])):
        assert_error(response, 401)
    assert len(bodies) == 1, bodies
    assert "DISABLED" in json.dumps(world.root_ok(f"INFO FOR USER {login[0]} ON {level.upper()}", *HOME))


def test_enabled_again(world):
    for level in LEVELS:
        world.root_ok(f"ALTER LOGIN viewer_off ON {level.upper()} ENABLE", *HOME)
        assert_error(world.post_sql("SELECT 1", token=world.ended[level, "v"], ns=HOME[0], db=HOME[1]), 401)
        token = sign_in(world, level, "viewer_off").json()["token"]
        one, two = world.sql("SELECT a FROM t; DELETE FROM t", token=token, ns=HOME[0], db=HOME[1])
        assert (code_of(one), code_of(two)) == ("OK", "permission_denied")
        world.root_ok(f"ALTER LOGIN viewer_off ON {level.upper()} DISABLE", *HOME)
        assert_error(world.post_sql("SELECT 1", token=token, ns=HOME[0], db=HOME[1]), 401)


@pytest.mark.parametrize("letter", ROLES)
def test_headers_elsewhere(world, letter):
    for level in ("namespace", "database"):
        for place in PLACES:
            if not may_go(level, place):
                assert_error(world.post_sql("SELECT 1", token=world.tokens[level, letter], ns=place[0], db=place[1]), 403)


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_denied_looks_the_same_whether_it_is_there(world, level):
    """Messages too: nothing in an answer tells a name that is there from one that is not."""
    for letter in "vsr":
        statements = [(present, missing) for roles, present, missing, _ in DATABASE if letter not in roles and "sqlite_schema" not in present]
        objects = answers(world, level, letter, [sql for pair in statements for sql in pair], *HOME)
        for pair, present, missing in zip(statements, objects[::2], objects[1::2]):
            assert (present["code"], present["result"]) == (missing["code"], missing["result"]), pair


@pytest.mark.parametrize("level", ["root", "namespace"])
def test_a_place_without_the_role_looks_like_one_that_is_missing(world, level):
    places = [("home", "two"), ("home", "nowhere")] + ([("abroad", "one"), ("nowhere", "one")] if level == "root" else [])
    statements = ["SELECT a FROM t", "INSERT INTO t VALUES (1, 1)", "SELECT * FROM nowhere", "BEGIN; COMMIT", "INFO FOR DB", "SELECT 1"]
    told = set()
    for place in places:
        objects = world.sql("; ".join(statements), token=world.tokens[level, "r"], ns=place[0], db=place[1])
        told.add(json.dumps([(one["code"], one["result"]) for one in objects]))
        use = world.sql(f"USE NS {place[0]} DB {place[1]}", token=world.tokens[level, "r"], ns="home", db="one")[0]
        told.add(json.dumps([(use["code"], use["result"])] * 2))
    assert len(told) == 2


def test_nothing_was_stopped_by_the_second_lock(world):
    assert [line for line in world.log if "bug" in line] == []
