"""DEFINE TOKEN … ROLES: what another issuer's tokens may do on a namespace or a database, and how they try for more."""

import time

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER, wait_until
from expect import assert_error, code, codes, rows, values

SECRET = "a secret that an issuer shares with this server, sixty-four bytes"
SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, region TEXT, phone TEXT, salary TEXT);
    INSERT INTO person VALUES (1, 'ada', 'north', '111', 'CANARY1'), (2, 'bob', 'south', '222', 'CANARY2');
    CREATE TABLE diary (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO diary VALUES (1, 'CANARY3');
    DEFINE TABLE diary PERMISSIONS FULL; DEFINE TABLE person PERMISSIONS FULL;
    DEFINE LOGIN victim ON DATABASE PASSWORD 'password of victim';
    DEFINE ROLE analyst ON DATABASE PERMISSIONS TABLE person FOR select, update WHERE region = $token.region, FIELDS (id, name FOR select FULL, phone FOR select, update FULL);
    DEFINE ROLE named ON DATABASE PERMISSIONS TABLE person FOR select WHERE name = $session.user;
    DEFINE ROLE reader ON DATABASE ROLES viewer PERMISSIONS NONE
"""
CHANGES = {
    "data": "UPDATE person SET phone = phone",
    "table": "CREATE TABLE made (a)",
    "permissions": "DEFINE TABLE OVERWRITE diary PERMISSIONS FULL",
    "scope": "DEFINE SCOPE made",
    "login": "DEFINE LOGIN made ON DATABASE PASSWORD 'password of made'",
    "token": f"DEFINE TOKEN made ON DATABASE TYPE HS512 VALUE '{SECRET}'",
    "role": "DEFINE ROLE made ON DATABASE PERMISSIONS NONE",
    "alter": "ALTER LOGIN victim ON DATABASE PASSWORD 'password of mine'",
    "database": "DEFINE DATABASE made",
}
MAY = {
    "": {*CHANGES} - {"database"},
    "ROLES owner": {*CHANGES} - {"database"},
    "ROLES editor": {"data", "table", "permissions"},
    "ROLES viewer": set(),
    "ROLES structure": {"table"},
    "ROLES viewer, structure": {"table"},
    "ROLES reader": set(),
    "ROLES analyst": {"data"},
    "ROLES analyst, editor": {"data", "table", "permissions"},
}


@pytest.fixture
def app(place):
    place.ok(SCHEMA)
    return place


def define(place, roles="", level="DATABASE", name="issuer", mode=""):
    return place.root(f"DEFINE TOKEN {mode} {name} ON {level} TYPE HS512 VALUE '{SECRET}' {roles}")


def make(place, level="DATABASE", **changes):
    given = {"NS": place.ns, "TK": "issuer", "exp": int(time.time()) + 600} | ({"DB": place.db} if level == "DATABASE" else {}) | changes
    return jwt.encode(given, SECRET, "HS512")


def ask(place, sql, level="DATABASE", db=None, **claims):
    return place.server.sql(sql, token=make(place, level, **claims), **({"db": db} if db else {}))


# --- what each may ---


@pytest.mark.parametrize("roles", MAY)
def test_what_each_may(app, roles):
    assert code(define(app, roles)) == "OK"
    objects = ask(app, "; ".join(f"BEGIN; {sql}; CANCEL" for sql in CHANGES.values()), region="north")
    done = {name for name, one in zip(CHANGES, objects[1::3]) if one["status"] == "OK" or one["code"] == "cancelled"}
    denied = {one["code"] for name, one in zip(CHANGES, objects[1::3]) if name not in MAY[roles]}
    assert done == MAY[roles] and denied <= {"permission_denied"}, objects


@pytest.mark.parametrize("roles, seen", [
    ("", 2), ("ROLES owner", 2), ("ROLES editor", 2), ("ROLES viewer", 2), ("ROLES reader", 2), ("ROLES analyst", 1), ("ROLES analyst, viewer", 2),
])
def test_what_each_sees(app, roles, seen):
    assert code(define(app, roles)) == "OK"
    assert len(rows(ask(app, "SELECT id FROM person", region="south"))) == seen
    told = code(ask(app, "SELECT salary FROM person; SELECT text FROM diary", region="south"))
    assert told == ("not_found" if roles == "ROLES analyst" else "OK")


def test_an_own_role_is_what_it_says(app):
    assert code(define(app, "ROLES analyst")) == "OK"
    assert values(ask(app, "SELECT * FROM person", region="north")) == [(1, "ada", "111")]
    for claims in ({}, {"region": None}, {"region": "west"}, {"region": ["north"]}, {"region": "north' OR 1"}):
        assert values(ask(app, "SELECT * FROM person", **claims)) == [], claims
    (one,) = ask(app, "UPDATE person SET phone = '9'", region="north")
    assert one["changes"] == 1
    for sql, told in (("UPDATE person SET name = 'x'", "permission_denied"), ("INSERT INTO person (id) VALUES (3)", "permission_denied"),
                      ("DELETE FROM person", "permission_denied"), ("SELECT * FROM sqlite_schema", "permission_denied"), ("INFO FOR DB", "permission_denied"),
                      ("PRAGMA table_info(person)", "permission_denied"), ("EXPLAIN SELECT 1", "permission_denied"),
                      ("SELECT abs(salary) FROM person", "not_found"), ("UPDATE person SET phone = salary", "not_found")):
        assert code(ask(app, sql, region="north")) in (told, "not_found"), sql
    assert "CANARY" not in str(ask(app, "SELECT * FROM person; UPDATE person SET phone = phone RETURNING *; SELECT max(phone) FROM person", region="north"))


def test_structure_sees_no_data(app):
    assert code(define(app, "ROLES structure")) == "OK"
    assert codes(ask(app, "SELECT * FROM person; CREATE TABLE t (a); DROP TABLE t; CREATE VIEW v AS SELECT * FROM person")) == [
        "permission_denied", "OK", "OK", "permission_denied"]


def test_on_a_namespace(app):
    app.ok("DEFINE DATABASE IF NOT EXISTS other; DEFINE ROLE analyst ON NAMESPACE PERMISSIONS NONE")
    app.server.root_ok("CREATE TABLE t (a); INSERT INTO t VALUES (7)", ns=app.ns, db="other")
    assert code(define(app, "ROLES analyst", "NAMESPACE")) == "OK"
    assert values(ask(app, "SELECT * FROM person", "NAMESPACE", app.db, region="north")) == [(1, "ada", "111")]
    assert code(ask(app, "SELECT * FROM t", "NAMESPACE", "other", region="north")) == "permission_denied"
    assert codes(ask(app, "DEFINE DATABASE made; INFO FOR NS", "NAMESPACE", region="north")) == ["permission_denied"] * 2
    assert code(define(app, f"ROLES structure({app.db})", "NAMESPACE", mode="OVERWRITE")) == "OK"
    assert code(ask(app, "CREATE TABLE s (a); DROP TABLE s", "NAMESPACE", app.db)) == "OK"
    assert code(ask(app, "CREATE TABLE s (a)", "NAMESPACE", "other")) == "permission_denied"
    assert code(define(app, "ROLES viewer", "NAMESPACE", mode="OVERWRITE")) == "OK"
    assert values(ask(app, "SELECT * FROM t", "NAMESPACE", "other")) == [(7,)]
    assert codes(ask(app, "DELETE FROM t; DEFINE DATABASE made; DEFINE LOGIN x ON NAMESPACE PASSWORD 'password of x'", "NAMESPACE", "other")) == [
        "permission_denied"] * 3


# --- attacks ---


CLAIMS = [{name: value} for name in ("ROLES", "roles", "role", "Roles", "scope", "permissions", "groups", "super_user", "owner", "LEVEL", "LOGIN")
          for value in ("owner", ["owner"], {"owner": True}, True)]


def test_no_claim_gives_a_role(app):
    assert code(define(app, "ROLES viewer")) == "OK"
    for claims in CLAIMS:
        assert codes(ask(app, "DELETE FROM person; DEFINE LOGIN x ON DATABASE PASSWORD 'password of x'", **claims)) == ["permission_denied"] * 2, claims
    assert len(rows(app.root("SELECT id FROM person"))) == 2


def test_a_name_of_a_login_gives_no_right_of_it(app):
    """ID is whom the issuer says; the login of that name has nothing to do with it."""
    assert code(define(app, "ROLES named")) == "OK"
    for name in ("victim", "ada", ROOT_USER, 1):
        assert values(ask(app, "SELECT id FROM person", ID=name, sub=name)) == []
        assert values(ask(app, "SELECT $session.user", ID=name)) == [(None,)]
        assert codes(ask(app, "ALTER LOGIN victim ON DATABASE PASSWORD 'password of mine'; ALTER LOGIN root ON ROOT DISABLE", ID=name)) == [
            "permission_denied"] * 2


def test_another_level_has_no_rights_of_this_one(app):
    """The same name and key on two levels, with a role on one: claims choose the level, and the rights are that one's."""
    assert code(define(app, "ROLES viewer")) == "OK"
    assert_error(app.server.post_sql("SELECT 1", token=make(app, "NAMESPACE")), 401)
    assert code(define(app, "ROLES structure", "NAMESPACE")) == "OK"
    assert codes(ask(app, "SELECT id FROM person; CREATE TABLE s (a)")) == ["OK", "permission_denied"]
    assert codes(ask(app, "SELECT id FROM person; CREATE TABLE s (a); DROP TABLE s", "NAMESPACE", app.db)) == ["permission_denied", "OK", "OK"]


def test_who_may_define_them(app):
    """An editor cannot make itself more by an issuer of its own, nor can such a token."""
    app.ok("DEFINE LOGIN edith ON DATABASE PASSWORD 'password of edith' ROLES editor")
    edith = app.server.token(NS=app.ns, DB=app.db, user="edith", **{"pass": "password of edith"})
    assert code(define(app, "ROLES editor")) == "OK"
    sql = f"DEFINE TOKEN OVERWRITE issuer ON DATABASE TYPE HS512 VALUE '{SECRET}'; REMOVE TOKEN issuer ON DATABASE; REMOVE ROLE analyst ON DATABASE"
    for token in (edith, make(app)):
        assert codes(app.sql(sql, token)) == ["permission_denied"] * 3
    (row,) = app.ok("INFO FOR DB")[0]
    assert row["tokens"] == {"issuer": 'DEFINE TOKEN "issuer" ON DATABASE TYPE "HS512" ROLES "editor"'}


def test_it_tells_no_key(app):
    assert code(define(app, "ROLES viewer")) == "OK"
    shown = str(ask(app, "INFO FOR DB; SELECT * FROM sqlite_schema"))
    assert SECRET not in shown and "_bailiwick" not in shown and 'ROLES "viewer"' in shown


# --- changes ---


def test_a_change_counts_at_the_next_request(app):
    """Also for a token that was met before."""
    token = make(app, region="north")
    sql = "SELECT id FROM person; DELETE FROM person WHERE 0; CREATE TABLE IF NOT EXISTS made (a)"
    seen = []
    for roles in ("", "ROLES viewer", "ROLES editor", "ROLES analyst", "ROLES structure", "ROLES owner"):
        assert code(define(app, roles, mode="OVERWRITE")) == "OK"
        for _ in range(2):
            seen.append(codes(app.sql(sql, token)))
    no, ok = "permission_denied", "OK"
    assert seen == [one for one in ([ok, ok, ok], [ok, no, no], [ok, ok, ok], [ok, no, no], [no, no, ok], [ok, ok, ok]) for _ in range(2)]


def test_a_role_that_goes_gives_nothing(app):
    assert code(define(app, "ROLES analyst")) == "OK"
    token = make(app, region="north")
    assert len(rows(app.sql("SELECT id FROM person", token))) == 1
    app.ok("DEFINE ROLE OVERWRITE analyst ON DATABASE PERMISSIONS TABLE person FULL")
    assert len(rows(app.sql("SELECT id FROM person", token))) == 2
    app.ok("REMOVE ROLE analyst ON DATABASE")
    assert code(app.sql("SELECT id FROM person", token)) in ("permission_denied", "not_found")
    assert code(app.sql("CREATE TABLE made (a)", token)) == "permission_denied"
    app.ok("DEFINE TABLE OVERWRITE person PERMISSIONS FULL")  # which gives nothing to it
    assert code(app.sql("SELECT id FROM person", token)) in ("permission_denied", "not_found")


def test_it_survives_a_restart(fresh_server):
    fresh_server.make_database("a", "b", f"CREATE TABLE t (a); DEFINE TOKEN issuer ON DATABASE TYPE HS512 VALUE '{SECRET}' AUDIENCE 'x' ROLES viewer")
    token = jwt.encode({"NS": "a", "DB": "b", "TK": "issuer", "aud": "x", "exp": int(time.time()) + 600}, SECRET, "HS512")
    for _ in range(2):
        assert codes(fresh_server.sql("SELECT * FROM t; DELETE FROM t", token=token)) == ["OK", "permission_denied"]
        fresh_server.restart()
    shown = fresh_server.root_ok("INFO FOR DB", ns="a", db="b")[0][0]["tokens"]["issuer"]
    assert shown == "DEFINE TOKEN \"issuer\" ON DATABASE TYPE \"HS512\" AUDIENCE 'x' ROLES \"viewer\""


def test_signing_out_is_its_own(app):
    assert code(define(app, "ROLES viewer")) == "OK"
    one, other = make(app, ID="one"), make(app, ID="other")
    assert app.server.post("/signout", json={"all": True}, token=one).status_code == 200
    wait_until(lambda: app.server.post_sql("SELECT 1", token=one).status_code == 401)
    assert app.server.post_sql("SELECT 1", token=other).status_code == 200


# --- what is refused when it is defined ---


@pytest.mark.parametrize("level, roles, told", [
    ("DATABASE", "ROLES nowhere", "not_found"), ("NAMESPACE", "ROLES analyst", "not_found"), ("DATABASE", "ROLES structure(other)", "invalid_value"),
    ("DATABASE", "ROLES viewer(x)", "invalid_value"), ("SCOPE s", "ROLES owner", "invalid_value"), ("SCOPE s", "ROLES analyst", "invalid_value"),
    ("DATABASE", "ROLES " + ", ".join(["viewer"] * 17), "limit_exceeded"),
])
def test_roles_that_are_refused(app, level, roles, told):
    app.ok("DEFINE SCOPE s")
    assert code(define(app, roles, level)) == told
    assert_error(app.server.post_sql("SELECT 1", token=make(app)), 401)


@pytest.mark.parametrize("roles", ["ROLES", "ROLES viewer ROLES owner", "ROLES ()", "ROLES 1", "ROLES viewer,"])
def test_what_does_not_parse(app, roles):
    sql = f"DEFINE TOKEN issuer ON DATABASE TYPE HS512 VALUE '{SECRET}' {roles}"
    assert_error(app.server.post_sql(sql, login=(ROOT_USER, ROOT_PASSWORD), ns=app.ns, db=app.db), 400)


def test_the_parts_stand_in_any_order(app):
    app.ok(f"DEFINE TOKEN issuer ON DATABASE TYPE HS512 ROLES viewer ISSUER 'i' VALUE '{SECRET}'")
    assert codes(ask(app, "SELECT id FROM person; DELETE FROM person", iss="i")) == ["OK", "permission_denied"]
    assert_error(app.server.post_sql("SELECT 1", token=make(app)), 401)
