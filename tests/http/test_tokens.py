"""Tokens: what they say, that only ours are taken, and when they die."""

import base64
import json
import time

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER, wait_until
from expect import assert_error, one_value

SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, secret TEXT, locked INTEGER DEFAULT 0);
    INSERT INTO person (name, secret) VALUES ('ada', 'not-for-tokens');
    DEFINE TABLE person PERMISSIONS FULL;
    DEFINE SCOPE account SESSION 2h SIGNUP (INSERT INTO person (name) VALUES ($name) RETURNING id)
        SIGNIN (SELECT id FROM person WHERE name = $name);
    DEFINE LOGIN dora ON DATABASE PASSWORD 'password-dd' DURATION FOR TOKEN 15m;
    DEFINE LOGIN nick ON NAMESPACE PASSWORD 'password-nn'
"""


@pytest.fixture
def app(place):
    place.ok(SCHEMA.replace("CREATE TABLE", "BEGIN; CREATE TABLE", 1).replace("DEFINE LOGIN nick", "COMMIT; DEFINE LOGIN nick"))
    return place


def tokens_of(app):
    return {
        "root": app.server.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD}),
        "namespace": app.server.token(NS=app.ns, user="nick", **{"pass": "password-nn"}),
        "database": app.server.token(NS=app.ns, DB=app.db, user="dora", **{"pass": "password-dd"}),
        "scope": app.signin("account", name="ada"),
    }


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def is_taken(app, token):
    response = app.server.post_sql("SELECT 1", token=token)
    if response.status_code == 200:
        return True
    assert_error(response, 401)
    return False


# --- what they say ---


def test_claims(app):
    lives = {"root": 3600, "namespace": 3600, "database": 900, "scope": 7200}
    names = {"root": ROOT_USER, "namespace": "nick", "database": "dora", "scope": 1}
    for level, token in tokens_of(app).items():
        assert jwt.get_unverified_header(token)["alg"] == "HS512"
        given = claims(token)
        wanted = {"iss", "iat", "nbf", "exp", "jti", "TK", "ID"}
        wanted |= {"NS"} if level != "root" else set()
        wanted |= {"DB"} if level in ("database", "scope") else set()
        wanted |= {"SC"} if level == "scope" else set()
        assert set(given) == wanted, level
        assert given["iss"] == "Bailiwick" and given["TK"] == "default" and given["ID"] == names[level]
        assert given["exp"] - given["iat"] == lives[level], level
        assert abs(given["iat"] - time.time()) < 60 and given["nbf"] <= given["iat"]
        assert "not-for-tokens" not in base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()


def test_each_token_has_an_id_of_its_own(app):
    assert len({claims(app.signin("account", name="ada"))["jti"] for _ in range(4)}) == 4


def test_claims_are_variables(app):
    token = app.signin("account", name="ada")
    given = claims(token)
    for name in ("iss", "exp", "jti", "NS", "SC", "ID"):
        assert one_value(app.sql(f"SELECT $token.{name}", token)) == given[name]


def test_id_that_is_a_text(app):
    app.ok("""CREATE TABLE u (name TEXT PRIMARY KEY); INSERT INTO u VALUES ('7'), ('ö"x');
              DEFINE TABLE u PERMISSIONS WHERE name = $auth.name;
              DEFINE SCOPE u SIGNIN (SELECT name FROM u WHERE name = $name)""")
    for name in ("7", 'ö"x'):
        token = app.signin("u", name=name)
        assert claims(token)["ID"] == name
        assert one_value(app.sql("SELECT name FROM u", token)) == name


# --- forged ones ---


def with_claims(token, key="guess", algorithm="HS512", headers=None, **changes):
    given = claims(token) | changes
    return jwt.encode({name: value for name, value in given.items() if value is not ...}, key, algorithm, headers=headers)


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def forged(token):
    head, body, signature = token.split(".")
    given = claims(token)
    other = part(given | {"ID": 2})
    return {
        "none": with_claims(token, None, "none"),
        "none with the old signature": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.{signature}",
        "NONE": f"{part({'alg': 'NONE', 'typ': 'JWT'})}.{body}.",
        "HS256 of a guessed key": with_claims(token, "guess", "HS256"),
        "HS256 of the empty key": with_claims(token, "", "HS256"),
        "HS512 of the empty key": with_claims(token, ""),
        "HS512 of a guessed key": with_claims(token),
        "other algorithm in the header": f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{body}.{signature}",
        "other claims": f"{head}.{other}.{signature}",
        "no signature": f"{head}.{body}.",
        "no signature at all": f"{head}.{body}",
        "short signature": token[:-4],
        "long signature": token + "AAAA",
        "padded": token + "==",
        "a part more": token + ".x",
        "other letter in the signature": f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        "last bits of the signature": token[:-1] + chr(ord(token[-1]) ^ 1),
        "blank": token[:9] + " " + token[9:],
        "critical header": f"{part({'alg': 'HS512', 'typ': 'JWT', 'crit': ['x'], 'x': 1})}.{body}.{signature}",
        "key in the header": with_claims(token, headers={"jwk": {"kty": "oct", "k": "Z3Vlc3M"}, "kid": "../../dev/null"}),
        "deep header": f"{part(b'[' * 3000)}.{body}.{signature}",
        "deep body": f"{head}.{part(b'[' * 3000)}.{signature}",
        "header that is no object": f"{part([])}.{body}.{signature}",
        "empty parts": "..",
        "huge": f"{head}.{part({'x': 'y' * 12000})}.{signature}",
    }


def test_forged_tokens(app):
    for level, token in tokens_of(app).items():
        assert is_taken(app, token), level
        for name, forgery in forged(token).items():
            response = app.server.post_sql("SELECT 1", token=forgery)
            assert response.status_code in ((401, 400, 413) if name in ("huge", "blank") else (401,)), f"{level}: {name}"
        assert is_taken(app, token), level


def test_claims_that_do_not_fit(app):
    """They cannot be signed from here, so all that a stranger sees is that none gets through, whatever it claims."""
    now = int(time.time())
    token = app.signin("account", name="ada")
    for changes in ({"exp": now - 1}, {"exp": ...}, {"exp": "9999999999"}, {"exp": 1e300}, {"exp": None}, {"nbf": now + 600},
                    {"nbf": "0"}, {"iat": now + 600}, {"iss": "other"}, {"iss": 7}, {"ID": "1"}, {"ID": None}, {"ID": [1]},
                    {"ID": 1.0}, {"NS": "nowhere"}, {"NS": 7}, {"NS": "../x"}, {"DB": None}, {"SC": "x" * 5000}, {"SC": ...},
                    {"TK": "other"}, {"TK": 1}, {"NS": ..., "DB": ..., "SC": ..., "ID": ROOT_USER}):
        assert not is_taken(app, with_claims(token, **changes)), changes


def test_token_of_one_is_not_anothers(app):
    """Signed by the scope's key, presented as the database's login: each has a key of its own."""
    by_level = {level: token.split(".") for level, token in tokens_of(app).items()}
    for level, (head, body, _) in by_level.items():
        for other, (_, _, signature) in by_level.items():
            assert is_taken(app, f"{head}.{body}.{signature}") == (level == other)


def test_expiry(app):
    app.ok("DEFINE SCOPE short SESSION 1s SIGNIN (SELECT id FROM person WHERE id = 1)")
    token = app.signin("short")
    assert claims(token)["exp"] - claims(token)["iat"] == 1
    assert is_taken(app, token) or time.time() >= claims(token)["exp"]
    wait_until(lambda: not is_taken(app, token))
    assert time.time() >= claims(token)["exp"] - 0.01


# --- when they die ---


REDEFINE_SCOPE = """DEFINE SCOPE {} account SESSION 2h SIGNUP (INSERT INTO person (name) VALUES ($name) RETURNING id)
                    SIGNIN (SELECT id FROM person WHERE name = $name)"""
DEATHS = {
    "login is removed": ("database", ["REMOVE LOGIN dora ON DATABASE"]),
    "login is redefined": ("database", ["DEFINE LOGIN OVERWRITE dora ON DATABASE PASSWORD 'password-dd' DURATION FOR TOKEN 15m"]),
    "login is made anew": ("database", ["REMOVE LOGIN dora ON DATABASE", "DEFINE LOGIN dora ON DATABASE PASSWORD 'password-dd'"]),
    "namespace login is removed": ("namespace", ["REMOVE LOGIN nick ON NAMESPACE"]),
    "namespace login is redefined": ("namespace", ["DEFINE LOGIN OVERWRITE nick ON NAMESPACE PASSWORD 'password-nn'"]),
    "scope is removed": ("scope", ["REMOVE SCOPE account"]),
    "scope is redefined": ("scope", [REDEFINE_SCOPE.format("OVERWRITE")]),
    "scope is made anew": ("scope", ["REMOVE SCOPE account", REDEFINE_SCOPE.format("")]),
    "record is deleted": ("scope", ["DELETE FROM person WHERE id = 1"]),
    "table is dropped": ("scope", ["DROP TABLE person"]),
    "table is removed": ("scope", ["REMOVE TABLE person"]),
}


@pytest.mark.parametrize("death", DEATHS)
def test_token_dies(app, death):
    level, statements = DEATHS[death]
    tokens = tokens_of(app)
    assert all(is_taken(app, token) for token in tokens.values())
    app.ok("; ".join(statements))
    for other, token in tokens.items():
        assert is_taken(app, token) == (other != level), other


@pytest.mark.parametrize("what, levels", [("DATABASE", ("database", "scope")), ("NAMESPACE", ("database", "scope", "namespace"))])
def test_token_dies_with_its_place(app, what, levels):
    tokens = tokens_of(app)
    name = app.db if what == "DATABASE" else app.ns
    app.server.root_ok(f"USE NS {app.ns}; REMOVE {what} {name}")
    for level, token in tokens.items():
        assert is_taken(app, token) == (level not in levels), level
    app.server.make_database(app.ns, app.db, SCHEMA.replace("DEFINE LOGIN", "DEFINE LOGIN OVERWRITE"))
    for level in levels:
        assert not is_taken(app, tokens[level]), f"{level}: revived"


def test_root_login_dies(app):
    app.server.root_ok("DEFINE LOGIN OVERWRITE temporary ON ROOT PASSWORD 'password-x'")
    token = app.server.token(user="temporary", **{"pass": "password-x"})
    assert is_taken(app, token)
    app.server.root_ok("REMOVE LOGIN temporary ON ROOT")
    assert not is_taken(app, token)
    app.server.root_ok("DEFINE LOGIN temporary ON ROOT PASSWORD 'password-x'")
    assert not is_taken(app, token)


def test_define_that_did_nothing_kills_nothing(app):
    tokens = tokens_of(app)
    app.ok("DEFINE LOGIN IF NOT EXISTS dora ON DATABASE PASSWORD 'password-other'; " + REDEFINE_SCOPE.format("IF NOT EXISTS"))
    app.root("BEGIN; REMOVE SCOPE account; REMOVE LOGIN dora ON DATABASE; DELETE FROM person; CANCEL")
    assert all(is_taken(app, token) for token in tokens.values())


def test_connect_runs_on_each_use(app):
    app.ok("""DEFINE SCOPE guarded SIGNIN (SELECT id FROM person WHERE name = $name)
                  CONNECT (SELECT 1 FROM person WHERE id = $auth.id AND NOT locked)""")
    token = app.signin("guarded", name="ada")
    assert is_taken(app, token)
    app.ok("UPDATE person SET locked = 1")
    assert not is_taken(app, token)
    app.ok("UPDATE person SET locked = 0")
    assert is_taken(app, token)


def test_restart_keeps_tokens(fresh_server):
    fresh_server.make_database("keep", "keep", SCHEMA)
    tokens = [fresh_server.token(NS="keep", DB="keep", SC="account", name="ada"),
              fresh_server.token(NS="keep", DB="keep", user="dora", **{"pass": "password-dd"})]
    fresh_server.restart()
    assert [fresh_server.post_sql("SELECT 1", token=token).status_code for token in tokens] == [200, 200]


def test_token_is_for_its_database_alone(app):
    app.ok("DEFINE DATABASE elsewhere")
    app.server.make_database(app.ns, "elsewhere", SCHEMA.replace("DEFINE LOGIN nick ON", "DEFINE LOGIN OVERWRITE nick ON"))
    token = app.signin("account", name="ada")
    head, body, signature = token.split(".")
    moved = part(claims(token) | {"DB": "elsewhere"})
    assert not is_taken(app, f"{head}.{moved}.{signature}")
    app.ok("REMOVE DATABASE elsewhere")
