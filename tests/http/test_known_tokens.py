"""A token that the server has met before ends as soon as one that it has not."""

import concurrent.futures
import sqlite3
import time

import jwt
import pytest

SCHEMA = """
    CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, role TEXT DEFAULT 'reader',
                         team INTEGER REFERENCES team (id) ON DELETE CASCADE);
    CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, role TEXT);
    INSERT INTO team VALUES (1, 'red');
    INSERT INTO person (id, name, team) VALUES (1, 'ada', 1), (2, 'bob', NULL);
    INSERT INTO note (text, role) VALUES ('for readers', 'reader'), ('for editors', 'editor');
    DEFINE TABLE person PERMISSIONS FOR select FULL, FOR update, delete WHERE id = $auth.id;
    DEFINE TABLE note PERMISSIONS FOR select WHERE role = $auth.role;
"""
SCOPE = "DEFINE SCOPE OVERWRITE account SESSION {} SIGNIN (SELECT id FROM person WHERE name = $name) {}"
READ = "SELECT text FROM note"


@pytest.fixture
def app(place):
    place.ok(SCHEMA + SCOPE.format("1h", ""))
    return place


def is_taken(app, token):
    status = app.server.post_sql(READ, token=token).status_code
    assert status in (200, 401)
    return status == 200


def known(app, name="ada"):
    """A token that has been used."""
    token = app.signin("account", name=name)
    for _ in range(3):
        assert is_taken(app, token)
    return token


ENDS = {
    "deleted": "DELETE FROM person WHERE id = 1",
    "deleted by a cascade": "DELETE FROM team WHERE id = 1",
    "deleted in a transaction": "BEGIN; INSERT INTO note (text) VALUES ('x'); DELETE FROM person WHERE id = 1; COMMIT",
    "deleted with its rows returned": "DELETE FROM person RETURNING id",
    "given another key": "UPDATE person SET id = 77 WHERE id = 1",
    "replaced by another key": "UPDATE OR REPLACE person SET id = 1 WHERE id = 2; UPDATE person SET id = 3",
    "its table dropped": "DROP TABLE person",
    "its scope removed": "REMOVE SCOPE account",
    "its scope defined anew": SCOPE.format("1h", ""),
    "its scope removed and made": "REMOVE SCOPE account; " + SCOPE.format("1h", ""),
}


@pytest.mark.parametrize("end", ENDS)
def test_known_token_ends(app, end):
    token = known(app)
    app.ok(ENDS[end])
    assert not is_taken(app, token)
    assert not is_taken(app, token)


def test_known_token_ends_by_its_own_hand(app):
    token = known(app)
    assert app.sql("DELETE FROM person WHERE id = $auth.id", token)[0]["changes"] == 1
    assert not is_taken(app, token)


def test_a_rolled_back_end_is_none(app):
    token = known(app)
    app.root("BEGIN; DELETE FROM person; ROLLBACK")
    assert is_taken(app, token)


def test_a_record_that_is_there_again(app):
    token = known(app)
    app.ok("DELETE FROM person WHERE id = 1")
    assert not is_taken(app, token)
    app.ok("INSERT INTO person (id, name) VALUES (1, 'ada')")
    assert is_taken(app, token)


def test_known_token_dies_with_its_database(app):
    token = known(app)
    app.server.root_ok(f"USE NS {app.ns}; REMOVE DATABASE {app.db}")
    assert not is_taken(app, token)
    app.server.root_ok(f"USE NS {app.ns}; DEFINE DATABASE {app.db}")
    assert not is_taken(app, token)
    app.ok(SCHEMA + SCOPE.format("1h", ""))
    assert not is_taken(app, token)


def test_known_token_expires(app):
    app.ok(SCOPE.format("2s", ""))
    token = app.signin("account", name="ada")
    uses = 0
    while is_taken(app, token):  # all the time, so that it is known
        uses += 1
    ends = jwt.decode(token, options={"verify_signature": False})["exp"]
    assert time.time() >= ends, f"it ended early, after {uses} uses"
    assert not is_taken(app, token)


def test_login_of_a_known_token_is_removed(app):
    app.ok("DEFINE LOGIN dora ON DATABASE PASSWORD 'password-dd'")
    token = app.server.token(NS=app.ns, DB=app.db, user="dora", **{"pass": "password-dd"})
    assert is_taken(app, token) and is_taken(app, token)
    app.ok("REMOVE LOGIN dora ON DATABASE")
    assert not is_taken(app, token)
    app.ok("DEFINE LOGIN dora ON DATABASE PASSWORD 'password-dd'")
    assert not is_taken(app, token)


def test_another_token_is_not_the_known_one(app):
    token = known(app)
    for at in range(0, len(token), 7):
        if token[at] != ".":
            assert not is_taken(app, token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:])
    assert not is_taken(app, token + "A") and not is_taken(app, token[:-1])
    assert is_taken(app, token)


def test_connect_is_asked_of_a_known_token(app):
    app.ok("CREATE TABLE gate (open INTEGER); INSERT INTO gate VALUES (1);"
           + SCOPE.format("1h", "CONNECT (SELECT 1 FROM gate WHERE open)"))
    token = known(app)
    app.ok("UPDATE gate SET open = 0")
    assert not is_taken(app, token)
    app.ok("UPDATE gate SET open = 1")
    assert is_taken(app, token)


def test_permissions_follow_a_known_record(app):
    token = known(app)
    texts = lambda: [row["text"] for row in app.sql(READ, token)[0]["result"]]  # noqa: E731
    assert texts() == ["for readers"]
    for role in ("editor", "reader", "editor", None):
        app.ok("UPDATE person SET role = $role WHERE id = 1", vars={"role": role})
        assert texts() == ([f"for {role}s"] if role else [])


def test_a_record_is_what_its_transaction_made_it(app):
    token = known(app)
    app.ok("DEFINE TABLE OVERWRITE person PERMISSIONS FULL")
    block = f"BEGIN; {READ}; UPDATE person SET role = 'editor' WHERE id = $auth.id; {READ}; {{}}; {READ}"
    for end, last in (("ROLLBACK", "for readers"), ("COMMIT", "for editors")):
        objects = app.sql(block.format(end), token)
        if end == "COMMIT":
            assert [one["result"][0]["text"] for one in (objects[1], objects[3])] == ["for readers", "for editors"]
        assert objects[-1]["result"] == [{"text": last}]


def test_another_process_deletes_the_record(start_server):
    server = start_server("--share-files")
    server.make_database("a", "b", SCHEMA + SCOPE.format("1h", ""))
    token = server.token(NS="a", DB="b", SC="account", name="ada")
    for _ in range(3):
        assert server.post_sql(READ, token=token).status_code == 200
    with sqlite3.connect(server.data / "ns" / "a" / "db" / "b.db") as other:
        other.execute("PRAGMA foreign_keys = off")
        other.execute("DELETE FROM person WHERE id = 1")
    other.close()
    assert server.post_sql(READ, token=token).status_code == 401


def test_many_know_one_token_while_it_ends(app):
    """What was acknowledged before a request began counts for it."""
    tokens = [known(app) for _ in range(4)]
    ended = False

    def use(token):
        while True:
            had_ended = ended
            taken = is_taken(app, token)
            assert not (had_ended and taken)
            if had_ended:
                return taken

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        uses = [pool.submit(use, token) for token in tokens]
        try:
            app.ok("DELETE FROM person WHERE id = 1")
        finally:
            ended = True
        assert not any(one.result() for one in uses)
