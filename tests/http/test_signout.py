"""Signing out: one token, all of them; what stays signed out, and what does not go along."""

import time

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, one_value

PASSWORD = "a password of ann"
SECRET = "a secret that an issuer shares with this server, sixty-four bytes"
SCHEMA = """CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO person (name) VALUES ('ada'), ('bob');
    DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth.id;
    DEFINE SCOPE account WITH REFRESH SIGNUP (INSERT INTO person (name) VALUES ($name) RETURNING id) SIGNIN (SELECT id FROM person WHERE name = $name);
    DEFINE SCOPE other WITH REFRESH SIGNIN (SELECT id FROM person WHERE name = $name)"""


@pytest.fixture
def app(place):
    place.ok(SCHEMA)
    return place


def pair_of(app, name="ada", sc="account"):
    response = app.server.signin(NS=app.ns, DB=app.db, SC=sc, name=name)
    assert response.status_code == 200, response.text
    return response.json()


def works(app, pair):
    token = pair["token"] if isinstance(pair, dict) else pair
    response = app.server.post_sql("SELECT 1", token=token, ns=app.ns, db=app.db)
    if response.status_code != 200:
        assert assert_error(response, 401)["information"] == "the credentials are not right"
    return response.status_code == 200


def refresh(app, pair):
    return app.server.post("/refresh", token=pair["refresh"])


def sign_out(app, pair, **options):
    response = app.server.post("/signout", token=pair["token"] if isinstance(pair, dict) else pair, **options)
    assert response.status_code == 200 and response.json() == {"code": 200, "details": "Signed out"}, response.text


# --- one token ---


def test_this_token_and_its_family(app):
    first, second, bob = pair_of(app), pair_of(app), pair_of(app, "bob")
    for pair in (first, second, bob) * 2:  # the second time they are remembered
        assert works(app, pair)
    sign_out(app, first)
    assert not works(app, first)
    assert_error(refresh(app, first), 401)
    assert works(app, second) and works(app, bob) and refresh(app, second).status_code == 200
    assert_error(app.server.post("/signout", token=first["token"]), 401)
    assert works(app, pair_of(app))


def test_the_whole_chain_of_a_device(app):
    chain = [pair_of(app)]
    for _ in range(3):
        chain.append(refresh(app, chain[-1]).json())
    assert all(works(app, pair) for pair in chain)
    sign_out(app, chain[1])  # an older one: the device is what signs out
    assert not any(works(app, pair) for pair in chain)
    assert_error(refresh(app, chain[-1]), 401)


def test_without_refresh(place):
    place.ok(SCHEMA.replace("WITH REFRESH", ""))
    first, second = pair_of(place), pair_of(place)
    sign_out(place, first)
    assert not works(place, first) and works(place, second)


# --- all of them ---


def test_all(app):
    pairs = [pair_of(app) for _ in range(3)]
    bob, elsewhere = pair_of(app, "bob"), pair_of(app, sc="other")
    assert all(works(app, pair) for pair in pairs)
    sign_out(app, pairs[1], json={"all": True})
    for pair in pairs:
        assert not works(app, pair)
        assert_error(refresh(app, pair), 401)
    assert works(app, bob) and works(app, elsewhere)
    after = pair_of(app)  # in the same second
    assert works(app, after) and refresh(app, after).status_code == 200


def test_all_in_every_form(app):
    for body in ({"json": {"all": True}}, {"data": {"all": "true"}}, {"files": {"all": (None, "true")}}):
        pairs = [pair_of(app), pair_of(app)]
        sign_out(app, pairs[0], **body)
        assert not works(app, pairs[0]) and not works(app, pairs[1])
    for body in ({"json": {"all": False}}, {"data": {"all": "false"}}, {"json": {}}, {"body": b""}, {}):
        pairs = [pair_of(app), pair_of(app)]
        sign_out(app, pairs[0], **body)
        assert not works(app, pairs[0]) and works(app, pairs[1])


def test_bodies_that_are_refused(app):
    pair = pair_of(app)
    for body in ({"json": {"all": "yes"}}, {"json": {"all": None}}, {"json": {"all": 2}}, {"json": {"all": [True]}}, {"json": {"every": True}}, {"json": []}, {"json": "all"},
                 {"body": b"{"}, {"data": {"all": "1"}}, {"body": b'{"all":true,"all":false}'}):
        assert_error(app.server.post("/signout", token=pair["token"], **body), 400)
    assert_error(app.server.post("/signout", body=b"all", token=pair["token"], headers={"Content-Type": "text/plain"}), 415)
    assert_error(app.server.post("/signout", body=b"x" * 5000, token=pair["token"]), 413)
    assert works(app, pair)


@pytest.mark.parametrize("level", ("ROOT", "NAMESPACE", "DATABASE"))
def test_logins(app, level):
    name = f"ann-{app.ns}"
    keys = {"user": name, "pass": PASSWORD} | {"ROOT": {}, "NAMESPACE": {"NS": app.ns}, "DATABASE": {"NS": app.ns, "DB": app.db}}[level]
    app.ok(f"DEFINE LOGIN \"{name}\" ON {level} PASSWORD '{PASSWORD}' WITH REFRESH")
    first, second, third = (app.server.signin(**keys).json() for _ in range(3))
    sign_out(app, first)
    assert not works(app, first) and works(app, second)
    assert_error(refresh(app, first), 401)
    sign_out(app, second, json={"all": True})
    assert not works(app, second) and not works(app, third)
    assert_error(refresh(app, third), 401)
    assert works(app, app.server.signin(**keys).json())
    app.ok(f"REMOVE LOGIN \"{name}\" ON {level}")


def test_basic_has_only_all(app):
    app.ok(f"DEFINE LOGIN d ON DATABASE PASSWORD '{PASSWORD}' WITH REFRESH")
    pair = app.server.signin(NS=app.ns, DB=app.db, user="d", **{"pass": PASSWORD}).json()
    login = {"login": ("d", PASSWORD), "ns": app.ns, "db": app.db}
    assert_error(app.server.post("/signout", **login), 400)
    assert works(app, pair)
    assert app.server.post("/signout", json={"all": True}, **login).status_code == 200
    assert not works(app, pair)
    assert app.server.post_sql("SELECT 1", **login).status_code == 200


def test_who_may_not(app):
    pair = pair_of(app)
    for credentials in ({}, {"token": "x"}, {"token": pair["refresh"]}, {"login": ("nobody", "x")}, {"headers": {"Authorization": "Other x"}}):
        assert_error(app.server.post("/signout", **credentials), 401)
    assert_error(app.server.get("/signout", token=pair["token"]), 405)
    assert works(app, pair)


def test_guests_have_nothing_to_end(start_server):
    server = start_server("--allow-guests")
    assert_error(server.post("/signout"), 401)
    assert_error(server.post("/signout", json={"all": True}), 401)


# --- how long ---


def test_it_survives_a_restart_and_a_kill(fresh_server):
    class Place:
        server, ns, db = fresh_server, "a", "b"
    fresh_server.make_database("a", "b", SCHEMA)
    one, all_of_bob, bystander = pair_of(Place), pair_of(Place, "bob"), pair_of(Place)
    sign_out(Place, one)
    sign_out(Place, all_of_bob, json={"all": True})
    for again in (fresh_server.restart, lambda: (fresh_server.kill9(), fresh_server.start())):
        again()
        assert not works(Place, one) and not works(Place, all_of_bob) and works(Place, bystander)
        assert works(Place, pair_of(Place, "bob"))
        assert_error(refresh(Place, one), 401)
        assert_error(refresh(Place, all_of_bob), 401)


def test_many_are_bounded_and_none_revives(app):
    ended = []
    for _ in range(70):
        ended.append(pair_of(app))
        assert works(app, ended[-1])
        sign_out(app, ended[-1])
    assert not any(works(app, pair) for pair in ended)
    after = pair_of(app)
    assert works(app, after)
    sign_out(app, after)
    assert not works(app, after) and works(app, pair_of(app))


def test_a_record_with_the_same_id_in_another_scope_is_another(app):
    here, there = pair_of(app), pair_of(app, sc="other")
    sign_out(app, here, json={"all": True})
    assert works(app, there) and not works(app, here)


# --- tokens of other issuers ---


def foreign(app, key=SECRET, **changes):
    given = {"NS": app.ns, "DB": app.db, "SC": "account", "TK": "shop", "ID": 1, "exp": int(time.time()) + 600} | changes
    return jwt.encode({name: value for name, value in given.items() if value is not ...}, key, "HS512")


def test_foreign_tokens(app):
    app.ok(f"DEFINE TOKEN shop ON SCOPE account TYPE HS512 VALUE '{SECRET}'")
    first, second = foreign(app, x=1), foreign(app, x=2)
    assert works(app, first) and works(app, second)
    sign_out(app, first)
    assert not works(app, first) and works(app, second)
    same = foreign(app, x=3, jti="one"), foreign(app, x=4, jti="one")
    sign_out(app, same[0])
    assert not works(app, same[0]) and works(app, same[1])


def test_all_reaches_foreign_and_own_alike(app):
    app.ok(f"DEFINE TOKEN shop ON SCOPE account TYPE HS512 VALUE '{SECRET}'")
    now = int(time.time())
    own, old, spelt, timeless, bob = pair_of(app), foreign(app, iat=now - 10), foreign(app, ID="1", iat=now - 10), foreign(app), foreign(app, ID=2, iat=now - 10)
    assert all(works(app, token) for token in (own, old, spelt, timeless, bob))
    sign_out(app, spelt, json={"all": True})
    assert not any(works(app, token) for token in (own, old, spelt, timeless)) and works(app, bob)
    assert works(app, pair_of(app))


def test_foreign_tokens_of_a_database(app):
    app.ok(f"DEFINE TOKEN shop ON DATABASE TYPE HS512 VALUE '{SECRET}'; DEFINE LOGIN ann ON DATABASE PASSWORD '{PASSWORD}'")
    now = int(time.time())
    login = app.server.signin(NS=app.ns, DB=app.db, user="ann", **{"pass": PASSWORD}).json()
    one, two, ann = (foreign(app, SC=..., ID=name, iat=now - 5) for name in ("one", "two", "ann"))
    for token in (one, ann):
        sign_out(app, token, json={"all": True})
    assert not works(app, one) and not works(app, ann) and works(app, two)
    assert works(app, login)  # who is called ann by another issuer is not the login ann


def test_elliptic_token_with_another_signature_is_the_same(app):
    """ECDSA signatures of one text are many: none of them revives what was signed out."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    app.ok(f"DEFINE TOKEN shop ON SCOPE account TYPE ES256 VALUE '{pem}'")
    claims = {"NS": app.ns, "DB": app.db, "SC": "account", "TK": "shop", "ID": 1, "exp": int(time.time()) + 600}
    one, same = jwt.encode(claims, key, "ES256"), jwt.encode(claims, key, "ES256")
    assert one != same and works(app, one) and works(app, same)
    sign_out(app, one)
    assert not works(app, one) and not works(app, same)


# --- what does not end ---


def test_a_request_of_its_own_sees_the_end(app):
    app.ok("DEFINE SCOPE guarded SIGNIN (SELECT id FROM person WHERE name = $name) CONNECT (SELECT 1 FROM person WHERE id = $auth)")
    pair = pair_of(app, sc="guarded")
    assert works(app, pair)
    sign_out(app, pair)
    assert not works(app, pair)
    assert one_value(app.root("SELECT count(*) FROM person")) == 2
    assert app.server.post_sql("SELECT 1", login=(ROOT_USER, ROOT_PASSWORD)).status_code == 200
