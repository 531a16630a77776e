"""ALTER LOGIN: disabling, enabling and another password, and what becomes of tokens and Basic."""

import json

import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import assert_error, code, codes

PASSWORD = "a password of ann"
OTHER = "another password of ann"
LEVELS = ("ROOT", "NAMESPACE", "DATABASE")


def keys_of(place, level):
    return {"ROOT": {}, "NAMESPACE": {"NS": place.ns}, "DATABASE": {"NS": place.ns, "DB": place.db}}[level]


@pytest.fixture(params=LEVELS)
def login(request, place):
    class Login:
        level = request.param
        name = f"ann-{place.ns}"
        on = f'"{name}" ON {request.param}'

        @staticmethod
        def signin(password=PASSWORD):
            return place.server.signin(user=Login.name, **{"pass": password}, **keys_of(place, Login.level))

        @staticmethod
        def token(password=PASSWORD):
            return Login.signin(password).json()["token"]

        @staticmethod
        def basic(password=PASSWORD):
            return place.server.post_sql("SELECT 1", login=(Login.name, password), ns=place.ns, db=place.db)

        @staticmethod
        def bearer(token):
            return place.server.post_sql("SELECT 1", token=token, ns=place.ns, db=place.db)

    place.ok(f"DEFINE LOGIN {Login.on} PASSWORD '{PASSWORD}' DURATION FOR TOKEN 15m")
    Login.place = place
    yield Login
    place.ok(f"REMOVE LOGIN IF EXISTS {Login.on}")


def refusal(response):
    body = assert_error(response, 401)
    return {name: body[name] for name in ("code", "details", "information")}


def test_disabled_at_once_and_enabled_again(login):
    token = login.token()
    for _ in range(2):  # the second time both are remembered
        assert login.bearer(token).status_code == 200 and login.basic().status_code == 200
    login.place.ok(f"ALTER LOGIN {login.on} DISABLE")
    wrong = refusal(login.signin("wrong"))
    assert refusal(login.signin()) == wrong
    refusal(login.bearer(token))
    refusal(login.basic())
    login.place.ok(f"ALTER LOGIN {login.on} ENABLE")
    assert login.basic().status_code == 200
    refusal(login.bearer(token))  # what was ended is not revived
    assert login.bearer(login.token()).status_code == 200


def test_another_password(login):
    token = login.token()
    assert login.basic().status_code == 200
    login.place.ok(f"ALTER LOGIN {login.on} PASSWORD '{OTHER}'")
    refusal(login.bearer(token))
    refusal(login.basic())
    refusal(login.signin())
    assert login.basic(OTHER).status_code == 200
    assert login.bearer(login.token(OTHER)).status_code == 200


def test_password_of_a_disabled_login(login):
    login.place.ok(f"ALTER LOGIN {login.on} DISABLE; ALTER LOGIN {login.on} PASSWORD '{OTHER}'")
    refusal(login.signin(OTHER))
    login.place.ok(f"ALTER LOGIN {login.on} ENABLE")
    assert login.signin(OTHER).status_code == 200
    refusal(login.signin())


def test_info_shows_it_and_no_secret(login):
    def shown():
        return json.dumps(login.place.ok(f"INFO FOR USER {login.on}"))
    before = shown()
    assert "DISABLED" not in before
    login.place.ok(f"ALTER LOGIN {login.on} PASSWORD '{OTHER}'")
    assert shown() == before
    login.place.ok(f"ALTER LOGIN {login.on} DISABLE; ALTER LOGIN {login.on} DISABLE")
    assert "DURATION FOR TOKEN 15m DISABLED" in shown()
    assert OTHER not in shown() and "argon2" not in shown()
    login.place.ok(f"ALTER LOGIN {login.on} ENABLE; ALTER LOGIN {login.on} ENABLE")
    assert shown() == before


def test_in_a_transaction(place):
    place.ok("DEFINE LOGIN d ON DATABASE PASSWORD 'ddddddddd'")
    keys = {"NS": place.ns, "DB": place.db, "user": "d", "pass": "ddddddddd"}
    token = place.server.token(**keys)
    place.root("BEGIN; ALTER LOGIN d ON DATABASE DISABLE; CANCEL")
    assert place.server.post_sql("SELECT 1", token=token).status_code == 200
    place.ok("BEGIN; ALTER LOGIN d ON DATABASE DISABLE; COMMIT")
    assert_error(place.server.post_sql("SELECT 1", token=token), 401)
    assert_error(place.server.signin(**keys), 401)


def test_defined_as_disabled(place):
    place.ok("DEFINE LOGIN d ON DATABASE PASSWORD 'ddddddddd' DISABLED")
    keys = {"NS": place.ns, "DB": place.db, "user": "d", "pass": "ddddddddd"}
    assert_error(place.server.signin(**keys), 401)
    place.ok("ALTER LOGIN d ON DATABASE ENABLE")
    assert place.server.signin(**keys).status_code == 200


def test_faults(place):
    assert code(place.root("ALTER LOGIN nobody ON DATABASE DISABLE")) == "not_found"
    place.ok("DEFINE LOGIN d ON DATABASE PASSWORD 'ddddddddd'")
    assert code(place.root("ALTER LOGIN d ON NAMESPACE DISABLE")) == "not_found"
    assert code(place.root("ALTER LOGIN d ON DATABASE PASSWORD ''")) == "invalid_value"
    for wrong in ("ALTER LOGIN d ON DATABASE", "ALTER LOGIN d DISABLE", "ALTER LOGIN d ON SCOPE s DISABLE", "ALTER LOGIN d ON DATABASE DISABLE ENABLE",
                  "ALTER LOGIN d ON DATABASE PASSWORD x", "ALTER LOGIN d ON DATABASE PASSHASH 'x'",
                  "DEFINE LOGIN x ON DATABASE PASSWORD 'ddddddddd' DISABLED DISABLED"):
        assert_error(place.server.post_sql(wrong, login=(ROOT_USER, ROOT_PASSWORD), ns=place.ns, db=place.db), 400)
    assert codes(place.root("CREATE TABLE disable (enable, disabled); SELECT enable, disabled FROM disable")) == ["OK", "OK"]


def test_rights(place, new_place):
    other = new_place()
    password = "a long password"
    for where in (place, other):
        where.ok(f"DEFINE LOGIN d ON DATABASE PASSWORD '{password}'; DEFINE LOGIN n ON NAMESPACE PASSWORD '{password}'; DEFINE LOGIN e ON DATABASE PASSWORD '{password}'")
    place.ok("""CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1); DEFINE SCOPE s SIGNIN (SELECT id FROM person)""")
    database = place.server.token(NS=place.ns, DB=place.db, user="d", **{"pass": password})
    namespace = place.server.token(NS=place.ns, user="n", **{"pass": password})
    scope = place.signin("s")
    assert codes(place.sql("ALTER LOGIN e ON DATABASE DISABLE; ALTER LOGIN e ON DATABASE ENABLE; ALTER LOGIN n ON NAMESPACE DISABLE; ALTER LOGIN root ON ROOT DISABLE", database)) == [
        "OK", "OK", "permission_denied", "permission_denied"]
    assert codes(place.sql("ALTER LOGIN e ON DATABASE DISABLE; ALTER LOGIN root ON ROOT PASSWORD 'xxxxxxxxx'", namespace, db=place.db)) == ["OK", "permission_denied"]
    assert codes(place.sql("ALTER LOGIN d ON DATABASE DISABLE; ALTER LOGIN nobody ON DATABASE PASSWORD 'xxxxxxxxx'", scope)) == ["permission_denied"] * 2
    for where in (f"USE NS {other.ns} DB {other.db}; ALTER LOGIN d ON DATABASE DISABLE", f"USE NS {other.ns}; ALTER LOGIN n ON NAMESPACE DISABLE"):
        place.sql(where, namespace)
    assert other.server.signin(NS=other.ns, DB=other.db, user="d", **{"pass": password}).status_code == 200


def test_nobody_disables_oneself(place):
    password = "a long password"
    place.ok(f"DEFINE LOGIN same ON DATABASE PASSWORD '{password}'; DEFINE LOGIN same ON NAMESPACE PASSWORD '{password}'")
    database = place.server.token(NS=place.ns, DB=place.db, user="same", **{"pass": password})
    namespace = place.server.token(NS=place.ns, user="same", **{"pass": password})
    assert code(place.sql("ALTER LOGIN same ON DATABASE DISABLE", database)) == "invalid_value"
    assert code(place.sql("ALTER LOGIN same ON NAMESPACE DISABLE", namespace)) == "invalid_value"
    assert code(place.root(f"ALTER LOGIN {ROOT_USER} ON ROOT DISABLE")) == "invalid_value"
    assert code(place.sql("ALTER LOGIN same ON DATABASE PASSWORD 'mine is another one'", database)) == "OK"
    assert_error(place.server.post_sql("SELECT 1", token=database), 401)
    assert code(place.sql("ALTER LOGIN same ON DATABASE DISABLE", namespace, db=place.db)) == "OK"


def test_it_survives_a_restart(fresh_server):
    server = fresh_server
    server.make_database("a", "b", "DEFINE LOGIN d ON DATABASE PASSWORD 'ddddddddd'; ALTER LOGIN d ON DATABASE DISABLE")
    keys = {"NS": "a", "DB": "b", "user": "d", "pass": "ddddddddd"}
    assert_error(server.signin(**keys), 401)
    server.restart()
    assert_error(server.signin(**keys), 401)
    server.root_ok("ALTER LOGIN d ON DATABASE ENABLE", "a", "b")
    assert server.signin(**keys).status_code == 200
