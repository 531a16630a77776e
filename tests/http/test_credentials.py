"""Credentials on a request: Bearer, Basic, none; and the headers that choose a namespace and a database."""

import base64

import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, code, codes, one_value, rows

ROOT = (ROOT_USER, ROOT_PASSWORD)
NICK = ("nick", "n-password")
DORA = ("dora@example.com", "d:password")
WHERE = "SELECT $session.ns AS ns, $session.db AS db"


@pytest.fixture(scope="module")
def app(server):
    server.make_database("home", "one", """
        CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1); DEFINE TABLE t PERMISSIONS FULL;
        DEFINE SCOPE s SIGNIN (SELECT id FROM t);
        DEFINE LOGIN nick ON NAMESPACE PASSWORD 'n-password';
        DEFINE LOGIN "dora@example.com" ON DATABASE PASSWORD 'd:password'""")
    server.make_database("home", "two")
    server.make_database("abroad", "one")
    return server


@pytest.fixture(scope="module")
def tokens(app):
    return {
        "root": app.token(user=ROOT[0], **{"pass": ROOT[1]}),
        "namespace": app.token(NS="home", user=NICK[0], **{"pass": NICK[1]}),
        "database": app.token(NS="home", DB="one", user=DORA[0], **{"pass": DORA[1]}),
        "scope": app.token(NS="home", DB="one", SC="s"),
    }


def place(objects):
    (row,) = rows(objects)
    return row["ns"], row["db"]


# --- Basic ---


def test_basic_on_each_level(app):
    assert one_value(app.sql("SELECT 1", login=ROOT, ns="home", db="one")) == 1
    assert one_value(app.sql("SELECT 1", login=NICK, ns="home", db="two")) == 1
    assert one_value(app.sql("SELECT 1", login=DORA, ns="home", db="one")) == 1


@pytest.mark.parametrize("login, ns, db", [
    (("root", "wrong"), None, None), (("nobody", "x"), "home", "one"), (NICK, None, None), (NICK, "abroad", None),
    (NICK, "nowhere", None), (DORA, "home", None), (DORA, "home", "two"), (DORA, "abroad", "one"),
    (DORA, "home", "nowhere"), (("nick", "wrong"), "home", "one"), (("", ""), None, None), (("root", ""), None, None),
    (("ROOT", ROOT_PASSWORD), None, None),
], ids=str)
def test_basic_that_fits_nobody(app, login, ns, db):
    assert_error(app.post_sql("SELECT 1", login=login, ns=ns, db=db), 401)


def test_basic_refusals_are_the_same(app):
    bodies = {app.post_sql("SELECT 1", login=login, ns=ns, db=db).content for login, ns, db in (
        (("root", "x"), "home", "one"), (("nobody", "x"), "home", "one"), (("nick", "x"), "home", "one"),
        (("nick", "x"), "nowhere", "one"), (DORA, "home", "nowhere"))}
    assert len(bodies) == 1


def test_password_may_hold_a_colon_and_any_letter(app):
    app.root_ok("DEFINE LOGIN OVERWRITE \"zoë 😀\" ON ROOT PASSWORD 'password-pä:ss:😀'")
    login = base64.b64encode("zoë 😀:password-pä:ss:😀".encode()).decode()
    assert app.post_sql("SELECT 1", headers={"Authorization": f"Basic {login}"}).status_code == 200


@pytest.mark.parametrize("value", [
    "", "Basic", "Basic ", "Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Bearer", "Bearer ",
    "Bearer x", "Bearer x.y.z", "Digest abc", "Bearer " + "a" * 8000, "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
    "Basic cm9vdDp4=", "Bearer ..", "nonsense",
], ids=lambda value: repr(value)[:24])
def test_credentials_that_are_none(app, value):
    response = app.post_sql("SELECT 1", headers={"Authorization": value})
    assert response.status_code in (400, 401)
    assert_error(response, response.status_code)


def test_scheme_is_read_without_case(app, tokens):
    for scheme in ("bearer", "BEARER"):
        assert app.post_sql("SELECT 1", headers={"Authorization": f"{scheme} {tokens['root']}"}).status_code == 200
    basic = base64.b64encode(f"{ROOT_USER}:{ROOT_PASSWORD}".encode()).decode()
    assert app.post_sql("SELECT 1", headers={"Authorization": f"bASIC {basic}"}).status_code == 200


def test_changed_password_holds_at_once(app):
    """A pair that was right may be remembered, but not beyond its login."""
    app.root_ok("DEFINE LOGIN OVERWRITE carl ON ROOT PASSWORD 'password-one'")
    assert app.post_sql("SELECT 1", login=("carl", "password-one")).status_code == 200
    app.root_ok("DEFINE LOGIN OVERWRITE carl ON ROOT PASSWORD 'password-two'")
    assert app.post_sql("SELECT 1", login=("carl", "password-one")).status_code == 401
    assert app.post_sql("SELECT 1", login=("carl", "password-two")).status_code == 200
    app.root_ok("REMOVE LOGIN carl ON ROOT")
    assert app.post_sql("SELECT 1", login=("carl", "password-two")).status_code == 401


# --- none ---


def test_nobody_is_refused(app):
    assert_error(app.post("/sql", "SELECT 1", headers={"Content-Type": "application/sql"}), 401)
    assert_error(app.post_sql("SELECT 1", ns="home", db="one"), 401)


def test_nobody_is_refused_before_the_text_is_read(app):
    assert_error(app.post_sql("SELEC"), 401)


def test_guests(start_server):
    server = start_server("--allow-guests")
    server.make_database(sql="""
        CREATE TABLE open (a); INSERT INTO open VALUES (1), (2); DEFINE TABLE open PERMISSIONS FOR select WHERE a = 1;
        CREATE TABLE own (a); INSERT INTO own VALUES (1); DEFINE TABLE own PERMISSIONS WHERE $auth.id IS NOT NULL;
        CREATE TABLE closed (a); INSERT INTO closed VALUES (1)""")

    def guest(sql):
        return server.sql(sql, ns="test", db="test")

    assert rows(guest("SELECT a FROM open")) == [{"a": 1}]
    assert rows(guest("SELECT a FROM own")) == []
    assert code(guest("SELECT a FROM closed")) == "not_found"
    assert code(guest("INSERT INTO open VALUES (3)")) == "permission_denied"
    assert rows(guest("SELECT $auth AS a, $auth.id AS i, $scope AS s, $token.ID AS t")) == [
        {"a": None, "i": None, "s": None, "t": None}]
    assert codes(guest("CREATE TABLE t (a); INFO FOR DB; PRAGMA user_version; DEFINE NAMESPACE x")) == ["permission_denied"] * 4
    assert server.post_sql("SELECT 1", token="nonsense").status_code == 401
    assert server.post_sql("SELECT 1", login=("root", "wrong")).status_code == 401
    response = server.post_sql("SELECT a FROM open")
    assert response.status_code in (401, 403) or response.json()[0]["status"] == "ERR"


# --- the headers ---


@pytest.mark.parametrize("names", [("NS", "DB"), ("Surreal-NS", "Surreal-DB"), ("ns", "db")], ids=str)
def test_headers_choose(app, tokens, names):
    for token in ("root", "namespace"):
        headers = {names[0]: "home", names[1]: "two"}
        assert place(app.sql(WHERE, token=tokens[token], headers=headers)) == ("home", "two")


def test_who_has_a_home_needs_no_header(app, tokens):
    assert place(app.sql(WHERE, token=tokens["database"])) == ("home", "one")
    assert place(app.sql(WHERE, token=tokens["scope"])) == ("home", "one")
    assert place(app.sql("USE DB two; " + WHERE, token=tokens["namespace"])) == ("home", "two")
    assert place(app.sql("USE NS home DB two; " + WHERE, token=tokens["root"])) == ("home", "two")


@pytest.mark.parametrize("who, ns, db", [
    ("namespace", "abroad", None), ("namespace", "nowhere", None), ("namespace", "abroad", "one"),
    ("database", "abroad", "one"), ("database", "home", "two"), ("database", "home", "nowhere"),
    ("database", "nowhere", "one"), ("scope", "abroad", "one"), ("scope", "home", "two"), ("scope", "home", "nowhere"),
    ("scope", "../home", "one"),
])
def test_another_home_is_forbidden(app, tokens, who, ns, db):
    assert_error(app.post_sql("SELECT 1", token=tokens[who], ns=ns, db=db), 403)
    other = {"Surreal-NS": ns} | ({"Surreal-DB": db} if db else {})
    assert_error(app.post_sql("SELECT 1", token=tokens[who], headers=other), 403)


def test_another_home_looks_the_same_whether_it_is_there(app, tokens):
    for who, ns, db in (("namespace", "{}", None), ("database", "home", "{}"), ("scope", "home", "{}")):
        there, missing = ("abroad", "nowhere") if who == "namespace" else ("two", "nowhere")
        bodies = {app.post_sql("SELECT 1", token=tokens[who], ns=ns.format(name), db=db and db.format(name)).content
                  for name in (there, missing)}
        assert len(bodies) == 1


@pytest.mark.parametrize("who", ["database", "scope"])
def test_own_home_may_be_named(app, tokens, who):
    assert place(app.sql(WHERE, token=tokens[who], ns="HOME", db="One")) in (("home", "one"), ("HOME", "One"))


@pytest.mark.parametrize("ns, db", [("nowhere", None), ("home", "nowhere"), ("nowhere", "nowhere")])
def test_place_that_is_missing(app, tokens, ns, db):
    response = app.post_sql("SELECT 1" if db else "INFO FOR NS", token=tokens["root"], ns=ns, db=db)
    if response.status_code == 200:
        assert code(response.json()) == "not_found"
    else:
        assert_error(response, 404)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../home", "_x", "-x", "x" * 65, "a b", "a.b", "a%00"])
def test_names_that_are_none(app, tokens, name):
    for headers in ({"NS": name}, {"NS": "home", "DB": name}):
        response = app.post_sql("SELECT 1", token=tokens["root"], headers=headers)
        assert response.status_code in (400, 404) or code(response.json()) in ("invalid_value", "not_found")


def test_data_without_a_database(app, tokens):
    assert code(app.sql("CREATE TABLE t (a)", token=tokens["root"])) in ("invalid_value", "not_found")
    assert code(app.sql("CREATE TABLE t (a)", token=tokens["namespace"])) in ("invalid_value", "not_found")
