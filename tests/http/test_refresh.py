"""Refresh tokens: one use each, families, theft, races, restarts; what is stored and what INFO tells."""

import pathlib
import re
import sqlite3
import threading

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER, wait_until
from expect import assert_error, code, one_value

PASSWORD = "a password of ann"
SCHEMA = """CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE); INSERT INTO person (name) VALUES ('ada'), ('bob');
    DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth.id;
    DEFINE SCOPE account WITH REFRESH SIGNUP (INSERT INTO person (name) VALUES ($name) RETURNING id) SIGNIN (SELECT id FROM person WHERE name = $name);
    DEFINE SCOPE plain SIGNIN (SELECT id FROM person WHERE name = $name)"""


@pytest.fixture
def app(place):
    place.ok(SCHEMA)
    return place


def scope(app, name="ada", sc="account", **keys):
    return {"NS": app.ns, "DB": app.db, "SC": sc, "name": name} | keys


def sign_in(app, keys=None):
    response = app.server.signin(**(keys or scope(app)))
    assert response.status_code == 200, response.text
    return response.json()


def post_refresh(app, text, **options):
    return app.server.post("/refresh", token=text, **options)


def renew(app, pair):
    response = post_refresh(app, pair["refresh"])
    assert response.status_code == 200, response.text
    return response.json()


def is_refused(app, text, **options):
    body = assert_error(post_refresh(app, text, **options), 401)
    assert body["information"] == "the credentials are not right"
    return True


def works(app, pair):
    response = app.server.post_sql("SELECT 1", token=pair["token"])
    if response.status_code != 200:
        assert_error(response, 401)
    return response.status_code == 200


def login_keys(app, level):
    return {"user": f"ann-{app.ns}", "pass": PASSWORD} | {"ROOT": {}, "NAMESPACE": {"NS": app.ns}, "DATABASE": {"NS": app.ns, "DB": app.db}}[level]


def define_login(app, level, rest="WITH REFRESH", mode=""):
    app.ok(f"DEFINE LOGIN {mode} \"ann-{app.ns}\" ON {level} PASSWORD '{PASSWORD}' {rest}")


# --- a pair for a pair ---


def test_sign_in_and_up_give_a_pair(app):
    for response in (app.server.signin(**scope(app)), app.server.signup(**scope(app, "cora"))):
        assert response.status_code == 200
        assert set(response.json()) == {"code", "details", "token", "refresh"}
    assert "refresh" not in sign_in(app, scope(app, sc="plain"))


def test_each_gives_the_next(app):
    pair, seen = sign_in(app), set()
    for _ in range(5):
        seen |= {pair["token"], pair["refresh"]}
        claims = jwt.decode(pair["token"], options={"verify_signature": False})
        assert claims["ID"] == 1 and set(claims) == {"iss", "iat", "nbf", "exp", "jti", "NS", "DB", "SC", "TK", "ID"}
        assert one_value(app.sql("SELECT name FROM person", pair["token"])) == "ada"
        pair = renew(app, pair)
    assert len(seen) == 10
    assert works(app, pair)


@pytest.mark.parametrize("level", ("ROOT", "NAMESPACE", "DATABASE"))
def test_logins(app, level):
    define_login(app, level)
    pair = sign_in(app, login_keys(app, level))
    after = renew(app, pair)
    assert works(app, after) and works(app, pair)
    define_login(app, level, "", "OVERWRITE")
    assert is_refused(app, after["refresh"])
    assert "refresh" not in sign_in(app, login_keys(app, level))
    app.ok(f"REMOVE LOGIN \"ann-{app.ns}\" ON {level}")


def test_text_is_the_token_alone(app):
    response = app.server.post("/signin", json=scope(app), headers={"Accept": "text/plain"})
    assert response.status_code == 200 and response.text.count(".") == 2
    assert stored(app) == []


def test_the_body_says_nothing(app):
    pair = sign_in(app)
    assert post_refresh(app, pair["refresh"], json={"ID": 2}).status_code == 200


# --- one use ---


def test_second_use_ends_the_family(app):
    first = sign_in(app)
    second = renew(app, first)
    third = renew(app, second)
    other = sign_in(app)
    assert works(app, third)
    assert is_refused(app, first["refresh"])
    for pair in (first, second, third):
        assert is_refused(app, pair["refresh"]) and not works(app, pair)
    assert works(app, other) and works(app, renew(app, other))


def test_of_two_at_the_same_moment_one_wins(app):
    for _ in range(5):
        pair = sign_in(app)
        barrier = threading.Barrier(4)
        answers = []

        def go():
            barrier.wait()
            answers.append(post_refresh(app, pair["refresh"]))

        threads = [threading.Thread(target=go) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one.status_code for one in answers) == [200, 401, 401, 401]
        (winner,) = [one.json() for one in answers if one.status_code == 200]
        assert is_refused(app, winner["refresh"])  # the others have shown a spent one


# --- what is no refresh token ---


def test_forged(app, new_place):
    pair = sign_in(app)
    text = pair["refresh"]
    head, ns, db, family, secret = text.split(".")
    assert (head, ns, db) == ("bwr", app.ns, app.db)
    other = new_place()
    for forged in ("", "x", "bwr", "bwr....", pair["token"], text[:-1], text + "0", text + ".", text.upper(), " ", f"bwr.{ns}.{db}.{family}", f"bwr.{ns}.{db}.{family}.",
                   f"bwr.{ns}.{db}.{'0' * 32}.{secret}", f"bwr.{other.ns}.{other.db}.{family}.{secret}", f"bwr.{ns}..{family}.{secret}", f"bwr..{db}.{family}.{secret}",
                   f"bwr...{family}.{secret}", f"bwr.{ns}.nowhere.{family}.{secret}", f"bwr.../..{db}.{family}.{secret}", f"bwr.{ns}/x.{db}.{family}.{secret}",
                   f"xwr.{ns}.{db}.{family}.{secret}", "bwr." + "a" * 5000, f"bwr.{ns}.{db}.{family}'.{secret}"):
        assert is_refused(app, forged), forged
    assert is_refused(app, None)
    assert_error(app.server.post("/refresh", headers={"Authorization": f"Basic {text}"}), 401)
    assert_error(app.server.post("/refresh", login=(ROOT_USER, ROOT_PASSWORD)), 401)
    assert_error(app.server.get("/refresh", token=text), 405)
    assert_error(app.server.post_sql("SELECT 1", token=text), 401)
    assert works(app, renew(app, pair))  # none of it has harmed the family


def test_a_guessed_secret_ends_the_family(app):
    pair = sign_in(app)
    assert is_refused(app, pair["refresh"][:-1] + ("0" if pair["refresh"][-1] != "0" else "1"))
    assert is_refused(app, pair["refresh"]) and not works(app, pair)


# --- what ends them ---


ENDINGS = {
    "scope is redefined": "DEFINE SCOPE OVERWRITE account WITH REFRESH SIGNIN (SELECT id FROM person WHERE name = $name)",
    "scope is removed": "REMOVE SCOPE account",
    "scope is made anew": "REMOVE SCOPE account; DEFINE SCOPE account WITH REFRESH SIGNIN (SELECT id FROM person WHERE name = $name)",
    "record is deleted": "DELETE FROM person WHERE id = 1",
    "table is dropped": "DROP TABLE person",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_endings_of_a_scope(app, ending):
    pair = sign_in(app)
    app.ok(ENDINGS[ending])
    assert is_refused(app, pair["refresh"])


def test_a_record_that_takes_its_id_gets_no_family(app):
    app.ok("CREATE TABLE u (id INTEGER PRIMARY KEY); INSERT INTO u VALUES (1); DEFINE SCOPE u WITH REFRESH SIGNIN (SELECT id FROM u)")
    pair = sign_in(app, {"NS": app.ns, "DB": app.db, "SC": "u"})
    app.ok("DELETE FROM u")
    assert is_refused(app, pair["refresh"])
    app.ok("INSERT INTO u VALUES (1)")
    assert is_refused(app, pair["refresh"])


SIGN_UP_AGAIN = """CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    DEFINE SCOPE u WITH REFRESH SIGNUP ({} RETURNING id) SIGNIN (SELECT id FROM u WHERE name = $name);
    DEFINE SCOPE phone WITH REFRESH SIGNIN (SELECT id FROM u WHERE name = $name)"""


@pytest.mark.parametrize("insert", ("INSERT INTO u (name) VALUES ($name)", "INSERT OR REPLACE INTO u (id, name) VALUES (1, $name)"))
def test_who_signs_up_with_the_id_of_somebody_deleted_has_its_own_families(app, insert):
    """Nobody has asked in between. SQLite gives the largest id again; the other's refresh tokens, of whatever scope, are not for it."""
    app.ok(SIGN_UP_AGAIN.format(insert))
    old = app.server.signup(**scope(app, "eve", "u")).json()
    other = sign_in(app, scope(app, "eve", "phone"))
    if "REPLACE" not in insert:
        app.ok("DELETE FROM u")
    new = app.server.signup(**scope(app, "victim", "u")).json()
    assert is_refused(app, old["refresh"])
    assert is_refused(app, other["refresh"])
    assert works(app, renew(app, new))


def test_who_signs_up_once_more_keeps_its_families(app):
    app.ok(SIGN_UP_AGAIN.format("INSERT INTO u (name) VALUES ($name) ON CONFLICT (name) DO UPDATE SET name = excluded.name"))
    first = app.server.signup(**scope(app, "eve", "u")).json()
    second = app.server.signup(**scope(app, "eve", "u")).json()
    assert works(app, renew(app, first))
    assert works(app, renew(app, second))


@pytest.mark.parametrize("ending", ("REMOVE LOGIN {} ON DATABASE", "ALTER LOGIN {} ON DATABASE DISABLE", "ALTER LOGIN {} ON DATABASE PASSWORD 'a new password'",
                                    "ALTER LOGIN {0} ON DATABASE DISABLE; ALTER LOGIN {0} ON DATABASE ENABLE"))
def test_endings_of_a_login(app, ending):
    define_login(app, "DATABASE")
    pair = sign_in(app, login_keys(app, "DATABASE"))
    app.ok(ending.format(f'"ann-{app.ns}"'))
    assert is_refused(app, pair["refresh"]) and not works(app, pair)


def test_removed_database(app):
    pair = sign_in(app)
    app.server.root_ok(f"USE NS {app.ns}; REMOVE DATABASE {app.db}")
    assert is_refused(app, pair["refresh"])
    app.server.make_database(app.ns, app.db, SCHEMA)
    assert is_refused(app, pair["refresh"])


def test_expiry(app):
    app.ok("DEFINE SCOPE short WITH REFRESH 1s SIGNIN (SELECT id FROM person WHERE name = $name)")
    pair = sign_in(app, scope(app, sc="short"))
    with database(app) as file:
        (lifetime,) = file.execute("SELECT expires - created / 1000 FROM _bailiwick_family").fetchone()
    assert lifetime == 1


# --- what is kept ---


class database:
    """The file as it is on the disk, in a copy: the server may hold it alone."""

    def __init__(self, app):
        folder = pathlib.Path(app.server.data) / "ns" / app.ns / "db"
        self.copy = pathlib.Path(app.server.data) / "copy.db"
        for end in ("", "-wal"):
            source = folder / f"{app.db}.db{end}"
            target = pathlib.Path(str(self.copy) + end)
            target.unlink(missing_ok=True)
            if source.exists():
                target.write_bytes(source.read_bytes())

    def __enter__(self):
        self.file = sqlite3.connect(self.copy)
        return self.file

    def __exit__(self, *_):
        self.file.close()


def stored(app):
    with database(app) as file:
        return file.execute("SELECT * FROM _bailiwick_family").fetchall()


def test_no_secret_is_stored(app):
    pairs = [sign_in(app)]
    pairs.append(renew(app, pairs[0]))
    texts = [pair["refresh"].split(".")[-1] for pair in pairs]
    (row,) = stored(app)
    for value in row:
        blob = value if isinstance(value, bytes) else str(value).encode()
        for text in texts:
            assert text.encode() not in blob and bytes.fromhex(text) not in blob
    for path in pathlib.Path(app.server.data).rglob("*"):
        if path.is_file():
            assert not any(text.encode() in path.read_bytes() for text in texts), path
    assert not any(text in line for text in texts for line in app.server.log)


def test_it_survives_a_restart_and_a_kill(fresh_server):
    class Place:
        server, ns, db = fresh_server, "a", "b"
    fresh_server.make_database("a", "b", SCHEMA)
    spent = sign_in(Place)
    pair = renew(Place, spent)
    fresh_server.restart()
    pair = renew(Place, pair)
    fresh_server.kill9()
    fresh_server.start()
    after = renew(Place, pair)
    assert works(Place, after)
    assert is_refused(Place, spent["refresh"]) and is_refused(Place, after["refresh"]) and not works(Place, after)


def test_families_are_bounded(app):
    pairs = [sign_in(app) for _ in range(34)]
    bob = sign_in(app, scope(app, "bob"))
    assert len(stored(app)) == 33
    assert is_refused(app, pairs[0]["refresh"])
    assert works(app, renew(app, pairs[-1])) and works(app, renew(app, bob))


def test_expired_ones_are_swept(app):
    app.ok("DEFINE SCOPE short WITH REFRESH 1s SIGNIN (SELECT id FROM person WHERE name = $name)")
    pairs = [sign_in(app, scope(app, sc="short")) for _ in range(3)]
    wait_until(lambda: is_over(app))
    assert is_refused(app, pairs[0]["refresh"])
    sign_in(app)
    assert len(stored(app)) == 1


def is_over(app):
    """Whether the last one has expired. Asking spends it, so it asks the clock that the server goes by."""
    with database(app) as file:
        (expires,) = file.execute("SELECT max(expires) FROM _bailiwick_family WHERE owner = 'short'").fetchone() or (0,)
    now = one_value(app.root("SELECT CAST(strftime('%s', now()) AS integer)"))
    return expires is None or now > expires


def test_info_lists_them_without_secrets(app):
    define_login(app, "DATABASE")
    name = f'"ann-{app.ns}"'
    assert app.ok(f"INFO FOR USER {name} ON DATABASE")[0][0]["families"] == {}
    pairs = [sign_in(app, login_keys(app, "DATABASE")) for _ in range(3)]
    renew(app, pairs[0])
    shown = app.ok(f"INFO FOR USER {name} ON DATABASE")[0][0]
    assert len(shown["families"]) == 3 and "WITH REFRESH 30d" in list(shown["logins"].values())[0]
    assert list(shown["families"]) == ["1", "2", "3"]
    for one in shown["families"].values():
        assert set(one) == {"created", "used", "expires", "ip"} and one["ip"] == "127.0.0.1"
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one[key]) for key in ("created", "used", "expires"))
    text = str(shown)
    assert not any(part in text for pair in pairs for part in pair["refresh"].split(".")[3:])
    is_refused(app, pairs[0]["refresh"])
    assert len(app.ok(f"INFO FOR USER {name} ON DATABASE")[0][0]["families"]) == 2
    app.ok(f"ALTER LOGIN {name} ON DATABASE PASSWORD 'another password'")
    assert app.ok(f"INFO FOR USER {name} ON DATABASE")[0][0]["families"] == {}


def test_the_tables_are_out_of_reach(app):
    define_login(app, "DATABASE")
    pair = sign_in(app, login_keys(app, "DATABASE"))
    user = sign_in(app)
    for table in ("_bailiwick_family", "_bailiwick_ended", "_BAILIWICK_FAMILY", '"_bailiwick_family"', "main._bailiwick_ended"):
        for sql in ("SELECT * FROM {}", "SELECT count(*) FROM {}", "DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "UPDATE {} SET ip = 1", "DROP TABLE {}",
                    "CREATE VIEW v AS SELECT * FROM {}", "CREATE TRIGGER t AFTER INSERT ON person BEGIN DELETE FROM {}; END", "CREATE INDEX i ON {} (id)",
                    "ALTER TABLE {} RENAME TO x", "ANALYZE {}", "DEFINE TABLE {} PERMISSIONS FULL", "INFO FOR TABLE {}", "PRAGMA table_info({})",
                    "DEFINE SCOPE x SIGNIN (SELECT id FROM {})", "SELECT 1 WHERE 1 IN {}", "CREATE TABLE y AS SELECT * FROM {}"):
            for asker in ({"login": (ROOT_USER, ROOT_PASSWORD), "ns": app.ns, "db": app.db}, {"token": pair["token"]}, {"token": user["token"]}):
                response = app.server.post_sql(sql.format(table), **asker)
                assert response.status_code in (200, 400), response.text
                if response.status_code == 200:
                    assert code(response.json()) in ("permission_denied", "not_found", "invalid_value", "sqlite_error", "parse_error"), (sql, table, response.text)
    assert "_bailiwick" not in app.server.post_sql("SELECT group_concat(name || coalesce(sql, '')) FROM sqlite_schema", login=(ROOT_USER, ROOT_PASSWORD), ns=app.ns, db=app.db).text
    assert works(app, renew(app, user))


def test_words_stay_names(app):
    app.ok("CREATE TABLE refresh (refresh, audience, issuer)")
    for wrong in ("DEFINE SCOPE x WITH REFRESH 7d WITH REFRESH 7d", "DEFINE SCOPE x WITH REFRESH 7x", "DEFINE SCOPE x REFRESH 7d", "DEFINE LOGIN x ON ROOT PASSWORD 'password-x' WITH REFRESH 0s"):
        assert_error(app.server.post_sql(wrong, login=(ROOT_USER, ROOT_PASSWORD), ns=app.ns, db=app.db), 400)
    assert app.ok("INFO FOR SCOPE account")[0][0]["scopes"]["account"].startswith('DEFINE SCOPE "account" WITH REFRESH 7d SIGNUP')
