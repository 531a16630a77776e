"""Common table expressions that bear the name of a view or trigger, where views are read or triggers run.

What the owner's view reads is nobody's business, so a user's expression must not pass for the view: neither for
SQLite's authorizer nor in what it shows.
"""

import client
import pytest

SCHEMA = """
    CREATE TABLE note (id INTEGER PRIMARY KEY, own INTEGER, text TEXT);
    CREATE TABLE hidden (id INTEGER PRIMARY KEY, text TEXT);
    INSERT INTO note VALUES (1, 1, 'mine'), (2, 1, 'too'), (3, 0, 'canary');
    INSERT INTO hidden VALUES (1, 'canary');
    CREATE VIEW both AS SELECT note.id, note.own, hidden.text FROM note LEFT JOIN hidden USING (id);
    CREATE VIEW closed AS SELECT text FROM hidden;
    CREATE TRIGGER noted AFTER UPDATE ON note BEGIN INSERT INTO hidden (text) VALUES (new.text); END;
    DEFINE TABLE both PERMISSIONS FOR select WHERE own = 1 AND id = 2;
    DEFINE TABLE note PERMISSIONS FOR select WHERE own = 1 AND EXISTS (SELECT 1 FROM both WHERE both.id = note.id),
      FOR create, update, delete WHERE own = 1;
"""
ARRAYS = {"Prefer": "rows=array"}


@pytest.fixture(scope="module")
def guests():
    with client.running("--allow-guests") as server:
        server.make_database("views", "d", SCHEMA)
        yield server
        server.stop()
        assert [line for line in server.log if "bug" in line] == []


def ask(guests, sql):
    return guests.sql(sql, headers={"NS": "views", "DB": "d", **ARRAYS})[-1]


def rows(guests, sql):
    answer = ask(guests, sql)
    assert answer["status"] == "OK", answer
    return answer["result"]["rows"]


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("WITH both AS (SELECT id FROM note) SELECT both.id FROM both ORDER BY 1", [[1], [2]]),
        ("WITH BOTH AS (SELECT id FROM note) SELECT [both].* FROM \"both\" ORDER BY 1", [[1], [2]]),
        ("WITH both AS (SELECT id FROM main.both) SELECT b.id, both.id FROM both AS b, both", [[2, 2]]),
        ("WITH both AS (SELECT 1) SELECT id FROM note WHERE id IN both", [[1]]),
        ("WITH closed AS (SELECT text FROM note) SELECT * FROM closed, both WHERE closed.text <> 'too'", [["mine", 2, 1, None]]),
        ("WITH RECURSIVE noted(n) AS (SELECT 1 UNION SELECT n + 1 FROM noted WHERE n < 3) SELECT n FROM noted JOIN note ON n = id", [[1], [2]]),
        ("SELECT id FROM both WHERE id IN (WITH both(x) AS (SELECT 2) SELECT x FROM both)", [[2]]),
        ("WITH w AS (SELECT id FROM both), both AS (SELECT 9 AS id FROM note) SELECT DISTINCT * FROM w", [[9]]),
    ],
)
def test_it_is_the_expression(guests, sql, expected):
    assert rows(guests, sql) == expected


def test_in_changes(guests):
    one = ask(guests, "WITH noted AS (SELECT 2 AS id) UPDATE note SET text = 'new' FROM noted WHERE note.id = noted.id RETURNING note.id")
    assert (one["status"], one["result"]["rows"], one["changes"]) == ("OK", [[2]], 1)
    one = ask(guests, "WITH both AS (SELECT 9 AS id) DELETE FROM note WHERE id IN both OR id = (SELECT max(id) FROM both)")
    assert (one["status"], one["changes"]) == ("OK", 0)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH both AS (SELECT * FROM hidden) SELECT * FROM both",
        "WITH both AS (SELECT * FROM main.hidden) SELECT * FROM both, note",
        "WITH closed AS (SELECT * FROM main.closed) SELECT * FROM closed, both",
        "WITH noted AS (SELECT text FROM hidden) UPDATE note SET text = (SELECT text FROM noted)",
        "WITH both AS (SELECT count(*) AS n FROM hidden) SELECT both.n FROM both, note",
        "WITH both AS (SELECT * FROM sqlite_schema) SELECT * FROM both, note",
        "WITH both AS (SELECT * FROM note) SELECT * FROM main.hidden, both",
    ],
)
def test_it_is_not_the_view(guests, sql):
    assert ask(guests, sql)["code"] == "not_found"


@pytest.mark.parametrize(
    "sql",
    [
        "WITH both AS (SELECT * FROM note) SELECT rowid, * FROM both WHERE rowid = 3 OR id = 3",
        "WITH both AS (SELECT * FROM main.both) SELECT id, text FROM both, note WHERE id = 3",
        "WITH both AS (SELECT * FROM both) SELECT * FROM both, note",
        "WITH both AS (SELECT 1, 2) SELECT id FROM note WHERE id IN both",
        "WITH both(a, b) AS (SELECT id FROM note) SELECT * FROM both",
    ],
)
def test_nothing_of_ours_shows(guests, sql):
    text = str(ask(guests, sql))
    assert "canary" not in text and "_bailiwick" not in text
