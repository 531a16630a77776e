"""Signing in and up: what is taken, what is refused, and that a refusal tells nothing."""

import json

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, code, one_value, rows

SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT UNIQUE, password TEXT, seen INTEGER DEFAULT 0);
    CREATE TABLE journal (what TEXT);
    DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth.id;
    DEFINE SCOPE account SESSION 2h
        SIGNUP (INSERT INTO person (email, password) VALUES ($email, password_hash($password)) RETURNING id)
        SIGNIN (SELECT id FROM person WHERE email = $email AND password_verify($password, password) = 1)
        ON SIGNUP (INSERT INTO journal VALUES ('up ' || $auth.email))
        ON SIGNIN (UPDATE person SET seen = seen + 1 WHERE id = $auth.id);
    DEFINE LOGIN "dora@example.com" ON DATABASE PASSWORD 'd-password';
    DEFINE LOGIN nick ON NAMESPACE PASSWORD 'n-password'
"""
ADA = {"NS": "signin", "DB": "app", "SC": "account", "email": "ada@example.com", "password": "a-password"}
LEVELS = {
    "root": {"user": ROOT_USER, "pass": ROOT_PASSWORD},
    "namespace": {"NS": "signin", "user": "nick", "pass": "n-password"},
    "database": {"NS": "signin", "DB": "app", "user": "dora@example.com", "pass": "d-password"},
    "scope": ADA,
}


@pytest.fixture(scope="module")
def app(server):
    server.make_database("signin", "app", SCHEMA)
    assert server.signup(**ADA).status_code == 200
    return server


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def send(server, kind, keys, path="/signin", **options):
    if kind == "json":
        return server.post(path, json=keys, **options)
    if kind == "urlencoded":
        return server.post(path, data=keys, **options)
    return server.post(path, files={name: (None, value) for name, value in keys.items()}, **options)


KINDS = ("json", "urlencoded", "multipart")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_in_every_kind_of_body(app, level, kind):
    response = send(app, kind, LEVELS[level])
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"code", "details", "token"}
    assert (body["code"], body["details"]) == (200, "Authentication succeeded")
    assert response.headers["Cache-Control"] == "no-store" and response.headers["X-Request-Id"]
    given = claims(body["token"])
    assert {name: given.get(name) for name in ("NS", "DB", "SC")} == {
        name: LEVELS[level].get(name) for name in ("NS", "DB", "SC")}
    assert app.post_sql("SELECT 1", token=body["token"]).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", ["namespace", "database", "scope"])
def test_lower_case_keys(app, level, kind):
    keys = {name.lower() if name in ("NS", "DB", "SC") else name: value for name, value in LEVELS[level].items()}
    assert send(app, kind, keys).status_code == 200


@pytest.mark.parametrize("level", LEVELS)
def test_plain_text_is_the_token_alone(app, level):
    response = app.post("/signin", json=LEVELS[level], headers={"Accept": "text/plain"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    assert app.post_sql("SELECT 1", token=response.text.strip()).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_signup_gives_a_token(app, kind):
    response = send(app, kind, ADA | {"email": f"{kind}@example.com"}, "/signup")
    assert response.status_code == 200
    token = response.json()["token"]
    assert rows(app.sql("SELECT email FROM person", token=token)) == [{"email": f"{kind}@example.com"}]
    assert send(app, kind, ADA | {"email": f"{kind}@example.com"}).status_code == 200


def test_names_compare_without_case(app):
    keys = ADA | {"NS": "SIGNIN", "DB": "App", "SC": "Account"}
    token = app.token(**keys)
    assert one_value(app.sql("SELECT email FROM person", token=token)) == "ada@example.com"


def test_other_keys_are_variables_of_the_clause(server):
    server.make_database("signin", "variables", """
        CREATE TABLE t (id INTEGER PRIMARY KEY, a, kind TEXT);
        DEFINE TABLE t PERMISSIONS FULL;
        DEFINE SCOPE s SIGNUP (INSERT INTO t (a, kind) VALUES ($a, typeof($a)) RETURNING id)""")
    keys = {"NS": "signin", "DB": "variables", "SC": "s"}
    for value, stored, kind in ((7, 7, "integer"), (1.5, 1.5, "real"), ("x", "x", "text"), (None, None, "null"),
                                (2**63 - 1, 2**63 - 1, "integer"), ({"$base64": "AP8="}, {"$base64": "AP8="}, "blob"),
                                ("[1]", "[1]", "text")):
        token = server.new_token(a=value, **keys)
        assert rows(server.sql("SELECT a, kind FROM t WHERE id = $auth.id", token=token)) == [{"a": stored, "kind": kind}]
    token = server.new_token(a=[1, {"b": None}], **keys)
    (row,) = rows(server.sql("SELECT a, kind, a ->> '$[0]' AS first FROM t WHERE id = $auth.id", token=token))
    assert json.loads(row["a"]) == [1, {"b": None}] and (row["kind"], row["first"]) == ("text", 1)


def test_on_clauses_run_in_the_same_transaction(app):
    keys = ADA | {"email": "on@example.com"}
    app.new_token(**keys)
    app.token(**keys)
    app.token(**keys)
    assert one_value(app.root("SELECT seen FROM person WHERE email = 'on@example.com'", "signin", "app")) == 2
    assert one_value(app.root("SELECT count(*) FROM journal WHERE what = 'up on@example.com'", "signin", "app")) == 1


def test_signup_that_fails_leaves_nothing(server):
    server.make_database("signin", "torn", """
        CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE u (a TEXT NOT NULL);
        DEFINE SCOPE on_fails SIGNUP (INSERT INTO t (a) VALUES ($a) RETURNING id) ON SIGNUP (INSERT INTO u VALUES (NULL));
        DEFINE SCOPE two_rows SIGNUP (INSERT INTO t (a) VALUES (1), (2) RETURNING id);
        DEFINE SCOPE no_row SIGNUP (INSERT INTO t (a) SELECT 1 WHERE 0 RETURNING id)""")
    for scope in ("on_fails", "two_rows", "no_row"):
        assert_error(server.signup(NS="signin", DB="torn", SC=scope, a="x"), 401)
    assert one_value(server.root("SELECT count(*) FROM t", "signin", "torn")) == 0


def test_signup_is_for_scopes(app):
    for level in ("root", "namespace", "database"):
        assert_error(app.signup(**LEVELS[level]), 400)
    assert_error(app.signup(NS="signin", DB="app"), 400)


# --- refusals ---


def wrong(level, **changes):
    return {name: value for name, value in (LEVELS[level] | changes).items() if value is not None}


WRONG = {
    "root: user": wrong("root", user="nobody"),
    "root: password": wrong("root", **{"pass": "wrong"}),
    "root: empty": wrong("root", **{"pass": ""}),
    "root: another level's login": wrong("root", user="nick", **{"pass": "n-password"}),
    "namespace: namespace": wrong("namespace", NS="nowhere"),
    "namespace: name that is none": wrong("namespace", NS="../signin"),
    "namespace: user": wrong("namespace", user="nobody"),
    "namespace: password": wrong("namespace", **{"pass": "wrong"}),
    "namespace: root's login": wrong("namespace", user=ROOT_USER, **{"pass": ROOT_PASSWORD}),
    "database: namespace": wrong("database", NS="nowhere"),
    "database: database": wrong("database", DB="nowhere"),
    "database: user": wrong("database", user="nobody"),
    "database: password": wrong("database", **{"pass": "wrong"}),
    "database: namespace's login": wrong("database", user="nick", **{"pass": "n-password"}),
    "database: case of the name": wrong("database", user="DORA@example.com"),
    "scope: namespace": wrong("scope", NS="nowhere"),
    "scope: database": wrong("scope", DB="nowhere"),
    "scope: scope": wrong("scope", SC="nowhere"),
    "scope: user": wrong("scope", email="nobody@example.com"),
    "scope: password": wrong("scope", password="wrong"),
    "scope: variable is missing": wrong("scope", password=None),
    "scope: types": wrong("scope", password=7),
}


def test_every_refusal_is_the_same(app):
    bodies = set()
    for name, keys in WRONG.items():
        response = app.signin(**keys)
        assert_error(response, 401)
        headers = {key: value for key, value in response.headers.items() if key not in ("Date", "X-Request-Id")}
        bodies.add((response.content, tuple(sorted(headers.items()))))
        assert len(bodies) == 1, name
    for keys in (wrong("scope", NS="nowhere"), wrong("scope", SC="nowhere"), wrong("scope", DB="nowhere"), ADA):
        response = app.signup(**keys)
        assert_error(response, 401)
        assert response.content == next(iter(bodies))[0]


@pytest.mark.parametrize("body", [
    "", "[]", '"text"', "7", "null", "{", "{}", '{"user":"root"}', '{"pass":"x"}', '{"NS":"signin"}',
    '{"NS":"signin","DB":"app"}', '{"DB":"app","user":"a","pass":"b"}', '{"SC":"account","user":"a","pass":"b"}',
    '{"NS":"signin","SC":"account","user":"a","pass":"b"}', '{"DB":"app","SC":"account"}', '{"user":1,"pass":"x"}',
    '{"user":"root","pass":null}', '{"NS":7,"user":"root","pass":"x"}', '{"user":"a","user":"b","pass":"x"}',
    '{"user":"root","pass":"x"} trailing', '{"user":"\\ud800","pass":"x"}',
    b'{"user":"\xff","pass":"x"}',
], ids=lambda body: repr(body)[:40])
def test_malformed_bodies(app, body):
    for path in ("/signin", "/signup"):
        assert_error(app.post(path, body, headers={"Content-Type": "application/json"}), 400)


def test_body_that_is_nested_too_deep(app):
    for opening, closing in (('{"a":', "}"), ("[", "]")):
        body = '{"user":"a","pass":"b","x":' + opening * 9000 + "1" + closing * 9000 + "}"
        assert app.post("/signin", body, headers={"Content-Type": "application/json"}).status_code in (400, 413)


@pytest.mark.parametrize("name", ["auth", "scope", "session", "token"])
def test_the_four_variables_cannot_be_set(server, name):
    server.make_database("signin", "four", f"""
        CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY); INSERT INTO t SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM t);
        DEFINE SCOPE {name}_scope SIGNIN (SELECT id FROM t WHERE CAST(${name} AS TEXT) = 'mine')""")
    assert server.signin(NS="signin", DB="four", SC=f"{name}_scope", **{name: "mine"}).status_code in (400, 401)


@pytest.mark.parametrize("media", ["application/xml", "text/html", "image/png", "application/sql", "text/plain"])
def test_media_types_that_are_not_taken(app, media):
    assert_error(app.post("/signin", '{"user":"a","pass":"b"}', headers={"Content-Type": media}), 415)


@pytest.mark.parametrize("media", [
    "application/json", "application/json; charset=utf-8", "APPLICATION/JSON;charset=UTF-8"])
def test_media_types_that_are_taken(app, media):
    body = f'{{"user":"{ROOT_USER}","pass":"{ROOT_PASSWORD}"}}'
    assert app.post("/signin", body, headers={"Content-Type": media}).status_code == 200


@pytest.mark.parametrize("path", ["/signin", "/signup"])
def test_body_limit(app, path):
    assert_error(app.post(path, json=ADA | {"x": "y" * 70000}), 413)
    assert app.post(path, json=ADA | {"email": "long@example.com", "x": "y" * 50000}).status_code in (200, 401)


@pytest.mark.parametrize("path", ["/signin", "/signup", "/sql"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_wrong_method(app, path, method):
    response = app.request(method, path)
    assert_error(response, 405)
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/version", "/health"])
def test_wrong_method_of_reads(app, path):
    response = app.request("POST", path)
    assert_error(response, 405)
    assert "GET" in response.headers["Allow"]


def test_health_and_version_need_nobody(server):
    for path in ("/health", "/version"):
        response = server.get(path)
        assert response.status_code == 200
        assert response.headers["X-Request-Id"] and response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/sql/", "/SQL", "/signin/x", "/sql%2f", "//sql"])
def test_unknown_path(server, path):
    assert_error(server.post(path), 404)


def test_a_scope_without_a_clause_signs_nobody_in(app):
    app.root_ok("DEFINE SCOPE IF NOT EXISTS silent", "signin", "app")
    for call in (app.signin, app.signup):
        assert_error(call(**ADA | {"SC": "silent"}), 401)


@pytest.mark.parametrize("clause", [
    "SIGNIN (DELETE FROM person RETURNING id)", "SIGNIN (INSERT INTO person (email) VALUES (1) RETURNING id)",
    "SIGNUP (DELETE FROM person)", "SIGNUP (INSERT INTO person (email) VALUES (1))", "CONNECT (DROP TABLE person)",
    "CONNECT (DELETE FROM person)", "SIGNIN (SELECT nothing FROM person)", "SIGNIN (SELECT id FROM nowhere)",
])
def test_clauses_are_checked_when_they_are_defined(app, clause):
    response = app.post_sql(f"DEFINE SCOPE bad {clause}", ns="signin", db="app", login=(ROOT_USER, ROOT_PASSWORD))
    if response.status_code == 200:
        assert code(response.json()) in ("invalid_value", "not_found")
    else:
        assert_error(response, 400)
    assert code(app.root("INFO FOR SCOPE bad", "signin", "app")) == "not_found"
