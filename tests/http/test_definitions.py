"""DEFINE, REMOVE, INFO and USE: what each of them makes, refuses, shows, and keeps."""

import re

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, code, codes, one_value, rows, values

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"


@pytest.fixture
def db(place):
    place.ok("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); CREATE VIEW v AS SELECT a FROM t; CREATE INDEX t_a ON t (a)")
    return place


def info(place, what):
    (row,) = rows(place.root(f"INFO FOR {what}"))
    return row


# define, the same with something else in it, remove; {} is the place after the noun
THINGS = {
    "database": ("DEFINE DATABASE {} x", "REMOVE DATABASE {} x"),
    "namespace login": ("DEFINE LOGIN {} x ON NAMESPACE PASSWORD 'password-p'", "REMOVE LOGIN {} x ON NAMESPACE"),
    "database login": ("DEFINE LOGIN {} x ON DATABASE PASSWORD 'password-p'", "REMOVE LOGIN {} x ON DATABASE"),
    "user": ("DEFINE USER {} x ON DATABASE PASSWORD 'password-p' DURATION FOR TOKEN 2h", "REMOVE USER {} x ON DATABASE"),
    "scope": ("DEFINE SCOPE {} x SESSION 1h30m SIGNIN (SELECT id FROM t WHERE a = $a)", "REMOVE SCOPE {} x"),
    "table": ("DEFINE TABLE {} t PERMISSIONS FOR select FULL, FOR create, update WHERE a = $auth.id", "REMOVE TABLE {} t"),
    "view": ("DEFINE TABLE {} v PERMISSIONS FOR select WHERE a = 1", None),
    "field": ("DEFINE FIELD {} a ON TABLE t PERMISSIONS FOR select WHERE b = 1, FOR update NONE", "REMOVE FIELD {} a ON t"),
}


@pytest.mark.parametrize("thing", THINGS)
def test_define_and_remove(db, thing):
    define, remove = THINGS[thing]
    assert code(db.root(define.format(""))) == "OK"
    assert code(db.root(define.format(""))) == "already_exists"
    assert code(db.root(define.format("IF NOT EXISTS"))) == "OK"
    if thing != "database":
        assert code(db.root(define.format("OVERWRITE"))) == "OK"
    if remove:
        assert code(db.root(remove.format(""))) == "OK"
        assert code(db.root(remove.format(""))) == "not_found"
        assert code(db.root(remove.format("IF EXISTS"))) == "OK"
    if thing not in ("table", "view", "field"):
        assert code(db.root(define.format("IF NOT EXISTS"))) == "OK"
        assert code(db.root(remove.format("IF EXISTS"))) == "OK"
        assert code(db.root(remove.format(""))) == "not_found"


def test_namespaces(server):
    for name in ("Space", "a", "0", "x" * 64, "a-b_c", "9-9"):
        assert code(server.root(f'DEFINE NAMESPACE "{name}"')) == "OK"
        assert code(server.root(f'DEFINE NS "{name.upper()}"')) == "already_exists"
        assert codes(server.root(f'USE NS "{name}"; DEFINE DATABASE "{name}"; USE DB "{name.lower()}"; SELECT 1')) == ["OK"] * 4
        assert code(server.root(f'REMOVE NAMESPACE "{name.upper()}"')) == "OK"
        assert code(server.root(f'USE NS "{name}"')) == "not_found"
        assert not (server.data / "ns" / name.lower()).exists()


@pytest.mark.parametrize("name", ["", "_a", "-a", "a.b", "a/b", "..", ".", "a b", "ä", "x" * 65, "a\\b", "a:b", "a\nb", "a%", "*", "a'b"])
def test_names_that_are_refused(server, name):
    server.root_ok("DEFINE NAMESPACE IF NOT EXISTS names")
    before = sorted(server.data.rglob("*"))
    for noun in ("NAMESPACE", "DATABASE"):
        quoted = name.replace('"', '""')
        response = server.post_sql(f'DEFINE {noun} "{quoted}"', ns=None if noun == "NAMESPACE" else "names",
                                   login=(ROOT_USER, ROOT_PASSWORD))
        assert response.status_code == 400 or code(response.json()) == "invalid_value"
    assert [path for path in sorted(server.data.rglob("*")) if path not in before and not path.name.endswith(("-wal", "-shm"))] == []


def test_nothing_is_made_by_being_named(server):
    server.root("USE NS ghost; USE NS ghost DB ghost; INFO FOR NS")
    server.post_sql("CREATE TABLE t (a)", ns="ghost", db="ghost", login=(ROOT_USER, ROOT_PASSWORD))
    server.signin(NS="ghost", DB="ghost", SC="ghost", a=1)
    assert "ghost" not in rows(server.root("INFO FOR ROOT"))[0]["namespaces"]
    assert not (server.data / "ns" / "ghost").exists()


def test_what_is_removed_is_gone_and_made_anew_is_empty(db):
    db.ok("INSERT INTO t (a) VALUES (1)")
    assert codes(db.root(f"USE NS {db.ns}; REMOVE DATABASE {db.db}; DEFINE DATABASE {db.db}; USE DB {db.db}; SELECT * FROM t")) == [
        "OK", "OK", "OK", "OK", "not_found"]
    assert one_value(db.root("SELECT count(*) FROM sqlite_schema")) == 0


def test_remove_table_takes_all_of_it(db):
    db.ok("""DEFINE TABLE t PERMISSIONS FULL; DEFINE FIELD a ON t PERMISSIONS NONE; DROP VIEW v; REMOVE TABLE t;
             CREATE TABLE t (id INTEGER PRIMARY KEY, a)""")
    shown = info(db, "TABLE t")
    assert shown["fields"] == {} and "FULL" not in str(shown["tables"])


def test_define_keeps_the_data(db):
    db.ok("INSERT INTO t (a) VALUES (1); DEFINE TABLE t PERMISSIONS NONE; DEFINE TABLE OVERWRITE t PERMISSIONS FULL; DEFINE SCOPE s")
    assert one_value(db.root("SELECT a FROM t")) == 1


# --- logins ---


@pytest.mark.parametrize("name", ["user@example.com", "Ünïcödé", "a b c", "x" * 128, "it's", 'dou""ble', "select", "7", "-", "😀" * 32])
def test_names_of_logins(db, name):
    assert code(db.root(f"DEFINE LOGIN \"{name}\" ON DATABASE PASSWORD 'password-p'")) == "OK"
    real = name.replace('""', '"')
    assert db.server.signin(NS=db.ns, DB=db.db, user=real, **{"pass": "password-p"}).status_code == 200
    assert list(info(db, "DB")["logins"]) == [real]
    assert db.server.signin(NS=db.ns, DB=db.db, user=real.swapcase() + "x", **{"pass": "password-p"}).status_code == 401


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb", "a\tb", "a\x7fb", "\x01"])
def test_names_of_logins_that_are_refused(db, name):
    response = db.server.post_sql(f"DEFINE LOGIN \"{name}\" ON DATABASE PASSWORD 'password-p'", ns=db.ns, db=db.db,
                                  login=(ROOT_USER, ROOT_PASSWORD))
    assert response.status_code == 400 or code(response.json()) == "invalid_value"


def test_passhash(db):
    (hash_,) = values(db.root("SELECT password_hash('password-p')"))[0]
    db.ok(f"DEFINE LOGIN x ON DATABASE PASSHASH '{hash_}'")
    assert db.server.signin(NS=db.ns, DB=db.db, user="x", **{"pass": "password-p"}).status_code == 200
    assert db.server.signin(NS=db.ns, DB=db.db, user="x", **{"pass": hash_}).status_code == 401


@pytest.mark.parametrize("hash_", [
    "", "p", "$argon2id$", "$argon2id$v=19$m=999999999,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA", "$2y$10$abcdefghijklmnopqrstuv",
    "$argon2id$v=19$m=19456,t=4000000000,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaA", HASH, HASH + "!",
])
def test_passhash_that_is_none(db, hash_):
    assert code(db.root(f"DEFINE LOGIN x ON DATABASE PASSHASH '{hash_}'")) == "invalid_value"
    assert info(db, "DB")["logins"] == {}


def test_overwritten_login_has_the_new_password_alone(db):
    db.ok("DEFINE LOGIN x ON DATABASE PASSWORD 'password-one'; DEFINE LOGIN IF NOT EXISTS x ON DATABASE PASSWORD 'password-two'")

    def sign_in(password):
        return db.server.signin(NS=db.ns, DB=db.db, user="x", **{"pass": password}).status_code

    assert (sign_in("password-one"), sign_in("password-two")) == (200, 401)
    db.ok("DEFINE LOGIN OVERWRITE x ON DATABASE PASSWORD 'password-two'")
    assert (sign_in("password-one"), sign_in("password-two")) == (401, 200)


# --- predicates, durations ---


@pytest.mark.parametrize("statement, wanted", [
    ("DEFINE TABLE t PERMISSIONS WHERE nowhere = 1", "not_found"), ("DEFINE TABLE nowhere PERMISSIONS FULL", "not_found"),
    ("DEFINE TABLE t PERMISSIONS WHERE no_function(a)", "not_found"), ("DEFINE TABLE t PERMISSIONS WHERE a IN (SELECT x FROM nowhere)", "not_found"),
    ("DEFINE FIELD missing ON t PERMISSIONS FULL", "not_found"), ("DEFINE FIELD a ON nowhere PERMISSIONS FULL", "not_found"),
    ("DEFINE FIELD a ON t PERMISSIONS FOR select WHERE missing = 1", "not_found"),
    ("DEFINE TABLE t PERMISSIONS WHERE a = $request", ("not_found", "invalid_value")),
    ("DEFINE TABLE t PERMISSIONS WHERE a = ?", ("not_found", "invalid_value")),
    ("DEFINE FIELD a ON t PERMISSIONS FOR delete NONE", ("invalid_value", "parse_error")),
    ("DEFINE TABLE t PERMISSIONS FOR select FULL, FOR select NONE", ("invalid_value", "parse_error")),
    ("DEFINE TABLE t PERMISSIONS WHERE (DELETE FROM t)", "parse_error"), ("DEFINE TABLE t PERMISSIONS WHERE", "parse_error"),
    ("DEFINE TABLE t PERMISSIONS WHERE a = load_extension('x')", ("not_found", "permission_denied")),
    ("DEFINE TABLE t PERMISSIONS WHERE a IN (SELECT name FROM _bailiwick_login)", "permission_denied"),
    ("DEFINE TABLE t PERMISSIONS WHERE a = 1 AND", "parse_error"),
    ("DEFINE TABLE t PERMISSIONS WHERE (SELECT 1, 2)", None), ("DEFINE TABLE t PERMISSIONS WHERE count(*) > 1", None),
    ("DEFINE TABLE t PERMISSIONS WHERE row_number() OVER () = 1", None),
    ("DEFINE SCOPE s SESSION 5 SIGNIN (SELECT 1)", "parse_error"), ("DEFINE SCOPE s SESSION 5y", ("parse_error", "invalid_value")),
    ("DEFINE SCOPE s SESSION 0s", None), ("DEFINE SCOPE s SESSION 99999999999999999999w", None),
    ("DEFINE LOGIN x ON DATABASE", "parse_error"), ("DEFINE LOGIN x ON NOWHERE PASSWORD 'password-p'", "parse_error"),
    ("DEFINE LOGIN x ON DATABASE PASSWORD ''", "invalid_value"), ("DEFINE LOGIN x ON DATABASE PASSWORD '1234567'", "invalid_value"),
    ("DEFINE LOGIN x ON DATABASE PASSWORD '😀😀😀😀😀😀😀'", "invalid_value"),
], ids=lambda value: value if isinstance(value, str) and " " in value else "")
def test_what_is_refused_when_it_is_defined(db, statement, wanted):
    response = db.server.post_sql(statement, ns=db.ns, db=db.db, login=(ROOT_USER, ROOT_PASSWORD))
    before = {"tables", "scopes", "logins", "tokens", "roles"}
    if response.status_code == 200:
        got = code(response.json())
    else:
        assert_error(response, 400)
        got = "parse_error"
    assert got != "OK" and (wanted is None or got in ((wanted,) if isinstance(wanted, str) else wanted)), got
    shown = info(db, "DB")
    assert set(shown) == before and shown["scopes"] == {} and shown["logins"] == {} and "WHERE" not in str(shown)


@pytest.mark.parametrize("duration, seconds", [("30s", 30), ("15m", 900), ("1h", 3600), ("7d", 604800), ("2w", 1209600), ("1h30m", 5400),
                                               ("1d12h30m15s", 131415)])
def test_durations(db, duration, seconds):
    db.ok(f"INSERT INTO t (id) VALUES (1); DEFINE SCOPE s SESSION {duration} SIGNIN (SELECT id FROM t)")
    claims = jwt.decode(db.signin("s"), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == seconds


# --- INFO ---


def test_info_for_all(db):
    db.ok(f"""DEFINE TABLE t PERMISSIONS FOR select WHERE a = $auth.id, FOR delete FULL; DEFINE FIELD b ON t PERMISSIONS FOR select NONE;
        DEFINE SCOPE s SESSION 1h SIGNIN (SELECT id FROM t WHERE a = $a); DEFINE LOGIN "d@x" ON DATABASE PASSWORD 'very-secret';
        DEFINE LOGIN n ON NAMESPACE PASSWORD 'very-secret'; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END""")
    root, ns, database = info(db, "ROOT"), info(db, "NS"), info(db, "DB")
    assert {"namespaces", "logins"} <= set(root) and db.ns in root["namespaces"] and ROOT_USER in root["logins"]
    assert {"databases", "logins", "tokens"} <= set(ns) and list(ns["databases"]) == [db.db] and list(ns["logins"]) == ["n"]
    assert {"tables", "scopes", "logins", "tokens"} <= set(database)
    assert set(database["tables"]) == {"t", "v"} and list(database["scopes"]) == ["s"] and list(database["logins"]) == ["d@x"]
    table = info(db, "TABLE t")
    assert list(table["fields"]) == ["b"] and "t_a" in table["indexes"] and "g" in table["triggers"]
    scope = info(db, "SCOPE s")["scopes"]["s"]
    assert scope.startswith("DEFINE SCOPE") and "SIGNIN" in scope and "SESSION" in scope
    assert info(db, "USER n ON NAMESPACE")["logins"]["n"].startswith("DEFINE ")
    assert info(db, 'USER "d@x" ON DATABASE') and info(db, f"USER {ROOT_USER} ON ROOT")
    for row in (root, ns, database, table, info(db, "SCOPE s"), info(db, "USER n ON NAMESPACE")):
        for kind, things in row.items():
            assert isinstance(things, dict), kind
            assert all(isinstance(text, str) for text in things.values()), kind


def test_info_holds_no_secret(db):
    (hash_,) = values(db.root("SELECT password_hash('very-secret')"))[0]
    db.ok(f"""DEFINE LOGIN a ON DATABASE PASSWORD 'very-secret'; DEFINE LOGIN b ON NAMESPACE PASSHASH '{hash_}';
              DEFINE LOGIN OVERWRITE info_root ON ROOT PASSWORD 'very-secret'; DEFINE SCOPE s SIGNIN (SELECT id FROM t)""")
    text = "".join(str(info(db, what)) for what in (
        "ROOT", "NS", "DB", "SCOPE s", "TABLE t", "USER a ON DATABASE", "USER b ON NAMESPACE", "USER info_root ON ROOT"))
    assert "very-secret" not in text and "$argon2" not in text and hash_[-20:] not in text
    assert not re.search(r"[0-9a-fA-F]{32}|[A-Za-z0-9+/_-]{60}", text)


def test_info_gives_statements_that_make_it_anew(db):
    db.ok("""DEFINE TABLE t PERMISSIONS FOR select WHERE a = $auth.id OR "b" IS NULL, FOR create, update FULL;
        DEFINE FIELD a ON t PERMISSIONS FOR select WHERE b = 'it''s', FOR update NONE;
        DEFINE SCOPE s SESSION 1h30m SIGNUP (INSERT INTO t (a) VALUES ($a) RETURNING id) SIGNIN (SELECT id FROM t WHERE a = $a)
            CONNECT (SELECT 1) ON SIGNIN (UPDATE t SET b = 1; DELETE FROM t WHERE a = 9)""")
    first = [info(db, what) for what in ("SCOPE s", "TABLE t")]
    statements = [first[0]["scopes"]["s"], first[1]["tables"]["t"], first[1]["fields"]["a"]]
    db.ok("; ".join(re.sub(r"^DEFINE (\w+) ", r"DEFINE \1 OVERWRITE ", statement) for statement in statements))
    assert [info(db, what) for what in ("SCOPE s", "TABLE t")] == first
    db.ok("REMOVE SCOPE s; REMOVE FIELD a ON t")
    db.ok(f"{statements[0]}; {statements[2]}")
    assert [info(db, what) for what in ("SCOPE s", "TABLE t")] == first


def test_info_of_what_is_missing(db):
    for what in ("SCOPE nowhere", "TABLE nowhere", "USER nobody ON ROOT", "USER nobody ON NAMESPACE", "USER nobody ON DATABASE",
                 "TABLE _bailiwick_login"):
        assert code(db.root(f"INFO FOR {what}")) in ("not_found", "permission_denied")


# --- USE ---


def test_use(db):
    db.ok("DEFINE DATABASE second; USE DB second; CREATE TABLE only_here (a)")
    assert codes(db.root("SELECT * FROM only_here; USE DB second; SELECT * FROM only_here; USE DB SECOND; SELECT * FROM only_here")) == [
        "not_found", "OK", "OK", "OK", "OK"]
    assert code(db.root("SELECT * FROM only_here")) == "not_found"  # a USE ends with its request
    assert codes(db.server.root(f"USE NAMESPACE {db.ns} DATABASE second; SELECT * FROM only_here")) == ["OK", "OK"]
    assert codes(db.root("USE DB nowhere; SELECT 1 FROM t; USE NS nowhere DB second; SELECT 1 FROM t")) == ["not_found", "OK", "not_found", "OK"]


# --- after a restart ---


def test_all_of_it_is_there_after_a_restart(fresh_server):
    server = fresh_server
    server.make_database("a", "b", """CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 1, 1), (2, 2, 2);
        DEFINE TABLE t PERMISSIONS FOR select WHERE a = $auth.a; DEFINE FIELD b ON t PERMISSIONS FOR select NONE;
        DEFINE SCOPE s SIGNIN (SELECT id FROM t WHERE id = $id); DEFINE LOGIN l ON DATABASE PASSWORD 'password-p';
        DEFINE LOGIN l ON NAMESPACE PASSWORD 'password-p'; DEFINE LOGIN l ON ROOT PASSWORD 'password-p'""")
    shown = [server.root(f"INFO FOR {what}", "a", "b")[0]["result"] for what in ("ROOT", "NS", "DB", "SCOPE s", "TABLE t")]
    server.restart()
    assert [server.root(f"INFO FOR {what}", "a", "b")[0]["result"] for what in ("ROOT", "NS", "DB", "SCOPE s", "TABLE t")] == shown
    assert rows(server.sql("SELECT * FROM t", token=server.token(NS="a", DB="b", SC="s", id=2))) == [{"id": 2, "a": 2}]
    for keys in ({}, {"NS": "a"}, {"NS": "a", "DB": "b"}):
        assert server.signin(user="l", **{"pass": "password-p"}, **keys).status_code == 200


def test_define_token(db):
    assert codes(db.root("""DEFINE TOKEN x ON DATABASE TYPE HS512 VALUE 'a-long-enough-key-for-all-of-this-0123456789abcdef0123456789abcdef';
                            DEFINE TOKEN y ON NAMESPACE TYPE HS256 VALUE '0123456789abcdef0123456789abcdef'; REMOVE TOKEN x ON DATABASE""")) == ["OK"] * 3


@pytest.mark.parametrize("change", [
    "RENAME COLUMN id TO key", "RENAME TO others", "DROP COLUMN note",
])
def test_what_a_predicate_reads_keeps_its_names(place, change):
    """A name that is gone from the sub-select's table would be looked for in the row that is judged."""
    place.ok("""CREATE TABLE admin (id INTEGER PRIMARY KEY, note); CREATE TABLE secret (id INTEGER PRIMARY KEY, note);
        DEFINE TABLE secret PERMISSIONS FOR select WHERE EXISTS (SELECT 1 FROM admin WHERE admin.id = $auth.id AND note)""")
    (refused,) = place.root(f"ALTER TABLE admin {change}")
    assert refused["code"] == "invalid_value", refused
    assert "secret" in refused["result"]
    place.ok("SELECT id, note FROM admin; ALTER TABLE admin ADD COLUMN more")
    place.ok(f"REMOVE TABLE secret; ALTER TABLE admin {change}")


def test_a_column_that_is_added_captures_no_name(place):
    """`owner` in the sub-select means the row that is judged, until the other table has a column of that name."""
    place.ok("CREATE TABLE doc (id INTEGER PRIMARY KEY, owner INTEGER, team INTEGER); CREATE TABLE member (person INTEGER, boss INTEGER);"
             "CREATE VIEW members AS SELECT * FROM member; CREATE TABLE other (a); INSERT INTO doc VALUES (1, 7, 1); INSERT INTO member VALUES (7, 7);"
             "DEFINE TABLE doc PERMISSIONS FOR select WHERE EXISTS (SELECT 1 FROM member WHERE person = owner AND doc.team = 1)")
    for sql in ("ALTER TABLE member ADD COLUMN owner INTEGER", "ALTER TABLE member ADD \"OWNER\" DEFAULT 7", "ALTER TABLE main.member ADD COLUMN owner"):
        answer = place.root(sql)[0]
        assert answer.get("code") == "invalid_value" and "redefine them first" in answer["result"]
    place.ok("ALTER TABLE member ADD COLUMN team INTEGER; ALTER TABLE doc ADD COLUMN more; ALTER TABLE other ADD COLUMN owner; ALTER TABLE member ADD COLUMN more")
    place.ok("DEFINE TABLE OVERWRITE doc PERMISSIONS FOR select WHERE EXISTS (SELECT 1 FROM member WHERE person = doc.owner AND doc.team = 1); ALTER TABLE member ADD COLUMN owner INTEGER")
    place.ok("DEFINE TABLE OVERWRITE doc PERMISSIONS NONE; DEFINE FIELD team ON doc PERMISSIONS FOR select WHERE owner IN (SELECT person FROM members WHERE boss = id)")
    assert place.root("ALTER TABLE member ADD COLUMN id INTEGER")[0].get("code") == "invalid_value"  # by the view
    place.ok("REMOVE FIELD team ON doc; DEFINE ROLE r ON DATABASE PERMISSIONS TABLE doc FOR select WHERE 1 IN (SELECT 1 FROM member WHERE id = 7)")
    assert place.root("ALTER TABLE member ADD COLUMN id INTEGER")[0].get("code") == "invalid_value"
    place.ok("REMOVE ROLE r ON DATABASE; ALTER TABLE member ADD COLUMN id INTEGER")
