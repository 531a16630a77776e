"""What a request does with the auth record is decided by the record as the last answered change has left it, whichever way
that change came about, and however many others have been made to other tables since it was read."""

import sqlite3

import pytest
from expect import code_of

SCHEMA = """
    CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE, role TEXT DEFAULT 'reader',
                         team INTEGER REFERENCES team (id) ON DELETE CASCADE ON UPDATE CASCADE);
    CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, role TEXT, team INTEGER);
    CREATE TABLE event (what TEXT, who INTEGER);
    CREATE TABLE job (id INTEGER PRIMARY KEY, who INTEGER UNIQUE);
    CREATE TABLE worker (id INTEGER PRIMARY KEY, name TEXT, role TEXT);
    CREATE VIEW people AS SELECT id, role FROM person;
    CREATE VIRTUAL TABLE words USING fts5 (word);
    INSERT INTO team VALUES (1, 'red'), (2, 'blue');
    INSERT INTO person VALUES (1, 'ada', 'reader', 1), (2, 'bob', 'reader', 2);
    INSERT INTO worker VALUES (1, 'ada', 'nobody');
    INSERT INTO job VALUES (1, 1);
    CREATE TRIGGER promotes AFTER INSERT ON event WHEN new.what = 'promote' BEGIN
        UPDATE person SET role = 'editor' WHERE id = new.who;
    END;
    CREATE TRIGGER fires BEFORE INSERT ON event WHEN new.what = 'fire' BEGIN
        INSERT INTO event VALUES ('fired', new.who);
    END;
    CREATE TRIGGER is_fired AFTER INSERT ON event WHEN new.what = 'fired' BEGIN
        DELETE FROM person WHERE id = new.who;
    END;
    CREATE TRIGGER through_view INSTEAD OF UPDATE ON people BEGIN
        UPDATE person SET role = new.role WHERE id = old.id;
    END;
    CREATE TRIGGER goes AFTER DELETE ON job BEGIN DELETE FROM person WHERE id = old.who; END;
    DEFINE TABLE note PERMISSIONS FOR select WHERE role = $auth.role, FOR create WHERE role = $auth.role AND team = $auth.team;
    DEFINE TABLE event PERMISSIONS FULL;
"""
SCOPE = "DEFINE SCOPE OVERWRITE account SESSION 1h SIGNIN (SELECT id FROM {} WHERE name = $name);"
WRITE = "INSERT INTO note (text, role, team) VALUES ('x', '{}', {})"


@pytest.fixture
def app(place):
    place.ok(SCHEMA + SCOPE.format("person"))
    return place


def outcome(app, token, role, team):
    response = app.server.post_sql(WRITE.format(role, team), token=token)
    if response.status_code == 401:
        return "ended"
    return code_of(response.json()[0])


def known(app):
    """A token whose record has been read, for reads and within shared transactions, while others write elsewhere."""
    token = app.signin("account", name="ada")
    for _ in range(3):
        assert outcome(app, token, "reader", 1) == "OK"
        assert app.sql("SELECT count(*) FROM note", token)[0]["status"] == "OK"
        app.ok("INSERT INTO event VALUES ('nothing', 1); INSERT INTO words VALUES ('a word')")
    assert outcome(app, token, "editor", 1) == "permission_denied"
    return token


PROMOTIONS = {
    "by itself": "UPDATE person SET role = 'editor' WHERE id = 1",
    "of all": "UPDATE person SET role = 'editor'",
    "by an upsert": "INSERT INTO person VALUES (1, 'x', 'y', 1) ON CONFLICT (id) DO UPDATE SET role = 'editor'",
    "replaced": "REPLACE INTO person VALUES (1, 'ada', 'editor', 1)",
    "replaced by another key": "INSERT OR REPLACE INTO person VALUES (1, 'bob', 'editor', 1)",
    "from another table": "UPDATE person SET role = 'editor' FROM job WHERE job.who = person.id",
    "by another spelling": "UPDATE main.\"PERSON\" SET role = 'editor' WHERE id = 1",
    "behind WITH": "WITH one (id) AS (SELECT 1) UPDATE person SET role = 'editor' WHERE id IN (SELECT id FROM one)",
    "by a trigger": "INSERT INTO event VALUES ('promote', 1)",
    "through a view": "UPDATE people SET role = 'editor' WHERE id = 1",
    "in a transaction": "BEGIN; INSERT INTO event VALUES ('x', 1); UPDATE person SET role = 'editor'; "
                        "INSERT INTO event VALUES ('y', 1); COMMIT",
    "behind a savepoint": "BEGIN; SAVEPOINT a; DELETE FROM person; ROLLBACK TO a; UPDATE person SET role = 'editor'; COMMIT",
    "with rows returned": "UPDATE person SET role = 'editor' RETURNING id",
    "by a long list": "REPLACE INTO person VALUES " + ", ".join(f"({i}, 'n{i}', 'editor', 1)" for i in range(1, 40)),
    "with its table": "BEGIN; ALTER TABLE person RENAME TO old; CREATE TABLE person (id INTEGER PRIMARY KEY, name, role, team); "
                      "INSERT INTO person VALUES (1, 'ada', 'editor', 1); COMMIT",
    "with its column": "DROP VIEW people; DROP TRIGGER promotes; ALTER TABLE person DROP COLUMN role; ALTER TABLE person ADD COLUMN role TEXT DEFAULT 'editor'",
}


@pytest.mark.parametrize("how", PROMOTIONS)
def test_a_changed_record_decides(app, how):
    token = known(app)
    app.ok(PROMOTIONS[how])
    assert outcome(app, token, "editor", 1) == "OK"
    assert outcome(app, token, "reader", 1) == "permission_denied"
    assert {row["role"] for row in app.sql("SELECT * FROM note", token)[0]["result"] or [{"role": "none"}]} <= {"editor", "none"}


ENDS = {
    "by a trigger of a trigger": "INSERT INTO event VALUES ('fire', 1)",
    "by a trigger on DELETE": "DELETE FROM job",
    "by a trigger where REPLACE deletes": "REPLACE INTO job VALUES (7, 1)",
    "by a cascade": "DELETE FROM team WHERE id = 1",
    "by a cascade of REPLACE": "REPLACE INTO team VALUES (1, 'green')",
    "all at once": "DELETE FROM person",
}


@pytest.mark.parametrize("how", ENDS)
def test_a_record_that_goes_ends_its_token(app, how):
    token = known(app)
    app.ok(ENDS[how])
    assert outcome(app, token, "reader", 1) == "ended"


def test_a_cascade_changes_the_record(app):
    token = known(app)
    app.ok("UPDATE team SET id = 9 WHERE id = 1")
    assert outcome(app, token, "reader", 9) == "OK"
    assert outcome(app, token, "reader", 1) == "permission_denied"


def test_a_user_changes_the_record_itself(app):
    """By the owner's trigger, and within the transaction that goes on."""
    token = known(app)
    objects = app.sql(f"BEGIN; INSERT INTO event VALUES ('promote', 1); {WRITE.format('editor', 1)}; COMMIT", token)
    assert [code_of(one) for one in objects] == ["OK"] * 4
    objects = app.sql(f"BEGIN; INSERT INTO event VALUES ('promote', 1); {WRITE.format('reader', 1)}; COMMIT", token)
    assert code_of(objects[2]) == "permission_denied"


def test_what_is_rolled_back_has_changed_nothing(app):
    token = known(app)
    for end in ("ROLLBACK", "INSERT INTO job VALUES (1, 1); COMMIT"):
        app.root(f"BEGIN; UPDATE person SET role = 'editor'; {end}")
        assert outcome(app, token, "reader", 1) == "OK"
        assert outcome(app, token, "editor", 1) == "permission_denied"


def test_records_of_another_table(app):
    """The scope is defined anew with its key: the token, if it is good still, is of a row of the other table."""
    token = known(app)
    app.ok(SCOPE.format("worker"))
    assert outcome(app, token, "reader", 1) in ("ended", "permission_denied")
    app.ok("DELETE FROM worker")
    assert outcome(app, token, "reader", 1) in ("ended", "permission_denied")


@pytest.mark.parametrize("made, table", [("fts5 (c0)", "content"), ("fts4 (c0)", "content"), ("rtree (id, c0, c1)", "rowid")])
def test_records_that_a_module_keeps(app, made, table):
    """What a module writes to its own tables no authorizer tells: nobody's record is there."""
    app.ok(f"CREATE VIRTUAL TABLE member USING {made}")
    (one,) = app.root(f"DEFINE SCOPE odd SIGNIN (SELECT * FROM member_{table})")
    assert code_of(one) == "invalid_value"
    (one,) = app.root("DEFINE SCOPE odd SIGNIN (SELECT rowid FROM member)")
    assert code_of(one) == "invalid_value"


def test_another_process_changes_the_record(start_server):
    server = start_server("--share-files")
    server.make_database("a", "b", SCHEMA + SCOPE.format("person"))
    token = server.token(NS="a", DB="b", SC="account", name="ada")
    write = lambda role: code_of(server.sql(WRITE.format(role, 1), token=token)[0])  # noqa: E731
    read = lambda: server.sql("SELECT DISTINCT role FROM note", token=token)[0]["result"]  # noqa: E731
    for _ in range(3):
        assert write("reader") == "OK" and read() == [{"role": "reader"}]
    (path,) = server.data.rglob("b.db")
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("UPDATE person SET role = 'editor' WHERE id = 1")
    other.close()
    assert read() == []
    assert write("editor") == "OK" and write("reader") == "permission_denied"
