"""CONNECT, ON SIGNUP and ON SIGNIN: what they see, what they may give, and what happens when they fail."""

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, one_value, rows, values

TABLES = """CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE, state TEXT DEFAULT 'fine'); INSERT INTO person (name) VALUES ('ada'), ('bob');
    CREATE TABLE journal (id INTEGER PRIMARY KEY, what TEXT NOT NULL, who INTEGER, CHECK (what <> 'forbidden'));
    DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth.id"""
SIGNIN = "SIGNIN (SELECT id FROM person WHERE name = $name)"
SIGNUP = "SIGNUP (INSERT INTO person (name) VALUES ($name) RETURNING id)"


@pytest.fixture
def app(place):
    place.ok(TABLES)
    return place


def define(app, rest):
    app.ok(f"DEFINE SCOPE OVERWRITE s {rest}")


def sign(app, how, name="ada", **keys):
    return app.server.post(how, json={"NS": app.ns, "DB": app.db, "SC": "s", "name": name} | keys)


def token(app, name="ada", how="/signin"):
    response = sign(app, how, name)
    assert response.status_code == 200, response.text
    return response.json()["token"]


def refused(response):
    body = assert_error(response, 401)
    assert body["information"] == "the credentials are not right"
    return True


def journal(app):
    return [what for (what,) in values(app.root("SELECT what FROM journal ORDER BY id"))]


def works(app, made):
    response = app.server.post_sql("SELECT 1", token=made)
    return response.status_code == 200 or not refused(response)


# --- CONNECT ---


CONNECTS = {
    "SELECT 1": True,
    "SELECT NULL": True,
    "SELECT 0": True,
    "SELECT 1 WHERE $token.SC = 's' AND $token.ID = $auth AND $scope = 's'": True,
    "SELECT 1 WHERE $token.TK = 'default' AND $token.NS = $session.ns AND $token.exp > $token.iat": True,
    "SELECT 1 WHERE $session.ip = '127.0.0.1' AND $auth.name = 'ada'": True,
    "SELECT id, name FROM person WHERE id = $auth": True,
    "SELECT 1 WHERE 0": False,
    "SELECT 1 UNION ALL SELECT 2": False,
    "SELECT id FROM person": False,
    "SELECT 1 FROM person WHERE id = $auth AND name = 'bob'": False,
    "SELECT 1 WHERE $name = 'ada'": False,  # what was given at the sign-in is gone
    "SELECT 1 WHERE $token.nothing": False,
    "SELECT json_extract('{', '$')": False,
    "SELECT abs(-9223372036854775807 - 1)": False,
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i FROM n": False,
}


@pytest.mark.parametrize("clause", CONNECTS)
def test_connect(app, clause):
    define(app, f"{SIGNIN} CONNECT ({clause})")
    made = token(app)  # signing in does not ask it
    for _ in range(3):
        assert works(app, made) == CONNECTS[clause]


def test_connect_is_asked_each_time(app):
    define(app, f"{SIGNIN} CONNECT (SELECT 1 FROM person WHERE id = $auth AND state = 'fine')")
    ada, bob = token(app), token(app, "bob")
    for state, expected in (("fine", True), ("locked", False), ("fine", True)):
        app.ok(f"UPDATE person SET state = '{state}' WHERE name = 'ada'")
        for _ in range(2):
            assert works(app, ada) == expected and works(app, bob)


def test_connect_comes_after_the_signature(app):
    """A clause that any token would pass lets no forged one in."""
    define(app, f"{SIGNIN} CONNECT (SELECT 1)")
    made = token(app)
    head, body, signature = made.split(".")
    claims = jwt.decode(made, options={"verify_signature": False})
    for forged in (jwt.encode(claims, "guess", "HS512"), jwt.encode(claims | {"ID": 2}, "guess", "HS512"), f"{head}.{body}.{signature[::-1]}",
                   jwt.encode(claims, None, "none")):
        assert refused(app.server.post_sql("SELECT 1", token=forged))
    assert works(app, made)


def test_connect_that_runs_for_ever(app):
    define(app, f"{SIGNIN} CONNECT (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)")
    assert refused(app.server.post_sql("SELECT 1", token=token(app)))
    assert app.server.post_sql("SELECT 1", login=(ROOT_USER, ROOT_PASSWORD)).status_code == 200


def test_connect_of_a_table_that_is_gone(app):
    app.ok("CREATE TABLE gate (open)")
    define(app, f"{SIGNIN} CONNECT (SELECT count(*) FROM gate)")
    made = token(app)
    assert works(app, made)
    app.ok("DROP TABLE gate")
    assert not works(app, made)
    app.ok("CREATE TABLE gate (open)")
    assert works(app, made)


# --- ON SIGNUP, ON SIGNIN ---


def test_on_clauses_see_the_record_and_what_was_given(app):
    define(app, f"""{SIGNUP} {SIGNIN}
        ON SIGNUP (INSERT INTO journal (what, who) VALUES ('up ' || $auth.name || ' ' || $extra || ' ' || $scope, $auth))
        ON SIGNIN (INSERT INTO journal (what, who) VALUES ('in ' || $auth.name || ' ' || $session.ip, $auth.id); UPDATE person SET state = 'seen' WHERE id = $auth;)""")
    assert sign(app, "/signup", "cora", extra="x").status_code == 200
    assert sign(app, "/signin", "cora").status_code == 200
    assert rows(app.root("SELECT what, who FROM journal ORDER BY id")) == [{"what": "up cora x s", "who": 3}, {"what": "in cora 127.0.0.1", "who": 3}]
    assert one_value(app.root("SELECT state FROM person WHERE id = 3")) == "seen"


FAILING = ("INSERT INTO journal (what) VALUES (NULL)", "INSERT INTO journal (what) VALUES ('forbidden')", "INSERT INTO person (id, name) VALUES (1, 'x')",
           "SELECT json('{')", "INSERT INTO journal (what) VALUES ('first'); INSERT INTO journal (what) VALUES ('forbidden')",
           "INSERT INTO journal (what) SELECT 'many' FROM person; SELECT abs(-9223372036854775807 - 1)")


@pytest.mark.parametrize("statements", FAILING)
def test_on_signup_that_fails_makes_nobody(app, statements):
    define(app, f"{SIGNUP} {SIGNIN} ON SIGNUP ({statements})")
    assert refused(sign(app, "/signup", "cora"))
    assert journal(app) == [] and one_value(app.root("SELECT count(*) FROM person")) == 2
    assert refused(sign(app, "/signin", "cora"))
    assert sign(app, "/signin").status_code == 200


@pytest.mark.parametrize("statements", FAILING)
def test_on_signin_that_fails_lets_nobody_in(app, statements):
    define(app, f"{SIGNIN} ON SIGNIN (UPDATE person SET state = 'seen' WHERE id = $auth; {statements})")
    assert refused(sign(app, "/signin"))
    assert journal(app) == [] and one_value(app.root("SELECT count(*) FROM person WHERE state = 'seen'")) == 0


def test_on_clauses_of_those_who_do_not_get_in(app):
    define(app, f"{SIGNUP} {SIGNIN} ON SIGNUP (INSERT INTO journal (what) VALUES ('up')) ON SIGNIN (INSERT INTO journal (what) VALUES ('in'))")
    for how, name in (("/signin", "nobody"), ("/signup", "ada"), ("/signin", None)):
        assert refused(sign(app, how, name))
    assert journal(app) == []


def test_rows_of_on_clauses_do_not_count(app):
    define(app, f"{SIGNIN} ON SIGNIN (SELECT * FROM person; SELECT 1 WHERE 0; DELETE FROM journal RETURNING id)")
    assert works(app, token(app))


def test_on_signin_that_deletes_its_record(app):
    define(app, f"{SIGNIN} ON SIGNIN (DELETE FROM person WHERE id = $auth)")
    assert not works(app, token(app))


def test_refresh_runs_no_clause_and_connect_stays(app):
    define(app, f"WITH REFRESH {SIGNIN} ON SIGNIN (INSERT INTO journal (what) VALUES ('in')) CONNECT (SELECT 1 FROM person WHERE id = $auth AND state = 'fine')")
    pair = sign(app, "/signin").json()
    after = app.server.post("/refresh", token=pair["refresh"]).json()
    assert journal(app) == ["in"] and works(app, after["token"])
    app.ok("UPDATE person SET state = 'locked'")
    last = app.server.post("/refresh", token=after["refresh"])
    assert not works(app, last.json()["token"])


def test_on_signin_that_fails_leaves_no_family(app):
    define(app, f"WITH REFRESH {SIGNUP} {SIGNIN} ON SIGNIN (INSERT INTO journal (what) VALUES ('forbidden')) ON SIGNUP (INSERT INTO journal (what) VALUES ('forbidden'))")
    for how, name in (("/signin", "ada"), ("/signup", "cora")):
        body = sign(app, how, name)
        assert refused(body) and "refresh" not in body.json()
