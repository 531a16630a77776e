"""`*` in joins of every kind, where the statement also asks for what only a guard shows: a rowid, or a term that can fail.

The owner sees the same rows of copies of the tables that hold only what the guest may see.
"""

import sqlite3

import client
import pytest

SCHEMA = """
    CREATE TABLE open (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO open VALUES (1, 'x'), (2, 'y'), (3, 'z');
    CREATE TABLE note (b TEXT, n INTEGER, own INTEGER);
    CREATE TABLE other (n INTEGER, z TEXT, own INTEGER);
    INSERT INTO note VALUES ('x', 5, 1), ('y', 6, 1), ('z', 7, 0), ('w', 8, 1);
    INSERT INTO other VALUES (5, 'p', 1), (6, 'q', 0), (9, 'r', 1);
    CREATE TABLE dark (c, d); INSERT INTO dark VALUES (1, 2), (3, 4);
    DEFINE TABLE open PERMISSIONS FULL;
    DEFINE TABLE note PERMISSIONS FOR select WHERE own = 1; DEFINE TABLE other PERMISSIONS FOR select WHERE own = 1;
    DEFINE TABLE dark PERMISSIONS FULL; DEFINE FIELD c ON dark PERMISSIONS NONE; DEFINE FIELD d ON dark PERMISSIONS NONE;
"""
ARRAYS = {"Prefer": "rows=array"}


@pytest.fixture(scope="module")
def guests():
    """A server that lets guests in."""
    with client.running("--allow-guests") as server:
        yield server


@pytest.fixture(scope="module")
def both(guests):
    """The same statement of a guest, and of the owner where nothing is hidden."""
    guests.make_database("stars", "all", SCHEMA)
    guests.make_database("stars", "seen", SCHEMA)
    guests.root_ok("DELETE FROM note WHERE own = 0; DELETE FROM other WHERE own = 0", ns="stars", db="seen")

    def ask(sql):
        guest = guests.sql(sql, headers={"NS": "stars", "DB": "all", **ARRAYS})
        return guest[-1], guests.root(sql, ns="stars", db="seen", headers=ARRAYS)[-1]
    return ask


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT *, note.rowid FROM open NATURAL JOIN note",
        "SELECT *, note.rowid FROM open JOIN note USING (b)",
        "SELECT *, note.rowid FROM open LEFT JOIN note USING (b)",
        "SELECT *, note.rowid FROM open RIGHT JOIN note USING (b)",
        "SELECT *, note.rowid FROM open FULL JOIN note USING (b)",
        "SELECT *, note.rowid, other.rowid FROM note NATURAL FULL JOIN other",
        "SELECT *, note.rowid, other.rowid FROM note FULL JOIN other USING (n, own)",
        "SELECT *, note.rowid FROM open NATURAL FULL JOIN note NATURAL FULL JOIN other",
        "SELECT *, note.rowid FROM open FULL JOIN note USING (b) FULL JOIN other USING (n)",
        "SELECT other.*, open.*, note.*, note.rowid FROM open FULL JOIN note USING (b) FULL JOIN other USING (n)",
        "SELECT *, note.rowid FROM open LEFT JOIN note USING (b) RIGHT JOIN other USING (n)",
        "SELECT * FROM note AS x JOIN note AS y USING (b) JOIN note AS z USING (b) WHERE z.rowid > 0",
        "SELECT *, note.rowid FROM (SELECT b, a FROM open) JOIN note",
        "SELECT *, note.rowid FROM (VALUES ('x', 1)) JOIN note",
        "SELECT * FROM (note NATURAL JOIN open) NATURAL JOIN other WHERE note.rowid > 0",
        "SELECT * FROM other LEFT JOIN (open JOIN note ON note.rowid = 2 AND open.b = note.b) USING (n)",
        "SELECT * FROM other NATURAL LEFT JOIN (note JOIN open ON note.rowid = 2 AND open.b = note.b)",
        "SELECT * FROM (SELECT * FROM note NATURAL JOIN open WHERE note.rowid) AS d NATURAL JOIN other WHERE other.rowid",
        "SELECT * FROM open NATURAL JOIN note WHERE abs(note.n) > 1",
        "SELECT *, * FROM note NATURAL JOIN open WHERE note.rowid UNION ALL SELECT *, * FROM note NATURAL JOIN open",
        "WITH c AS (SELECT *, note.rowid AS r FROM open NATURAL JOIN note) SELECT *, (SELECT count(*) FROM c) FROM c",
    ],
)
def test_a_star_shows_what_it_shows_without_permissions(both, sql):
    guest, owner = both(sql)
    assert guest["status"] == "OK", guest
    assert guest["result"]["columns"] == owner["result"]["columns"]
    assert sorted(map(repr, guest["result"]["rows"])) == sorted(map(repr, owner["result"]["rows"]))


def test_a_table_that_shows_nothing_has_rows_all_the_same(both):
    guest, _ = both("SELECT * FROM open NATURAL JOIN dark WHERE a = 1")
    assert guest["result"] == {"columns": ["a", "b"], "rows": [[1, "x"], [1, "x"]]}
    guest, _ = both("SELECT * FROM dark NATURAL JOIN dark AS d")
    assert (guest["code"], guest["result"]) == ("not_found", "no column is left: all are hidden")


@pytest.mark.parametrize("sql", [
    "SELECT B FROM open FULL JOIN note USING (b)", "SELECT B, N FROM open NATURAL FULL JOIN note", "SELECT \"b\", [B], a FROM open NATURAL FULL JOIN note",
    "SELECT N FROM note NATURAL FULL JOIN other", "SELECT open.B FROM open FULL JOIN note USING (b)", "SELECT B FROM open RIGHT JOIN note USING (b)",
    "SELECT VALUE FROM (SELECT b AS value FROM open) FULL JOIN json_each('[\"x\", \"v\"]') USING (value)", "SELECT B FROM (SELECT B FROM open FULL JOIN note USING (b))",
    "SELECT B FROM open FULL JOIN note USING (b) UNION SELECT 1", "SELECT *, B FROM open FULL JOIN note USING (b)",
])
def test_names_that_a_full_join_merges(both, sql):
    """SQLite calls them as they are written, and other columns as they are declared."""
    plain = sqlite3.connect(":memory:")
    for statement in SCHEMA.split(";"):
        if not statement.strip().startswith("DEFINE"):
            plain.execute(statement)
    names = [description[0] for description in plain.execute(sql).description]
    guest, owner = both(sql)
    assert guest["status"] == owner["status"] == "OK", (guest, owner)
    for answer in (guest, owner):
        assert [name.split(":")[0] for name in answer["result"]["columns"]] == names
    assert sorted(map(repr, guest["result"]["rows"])) == sorted(map(repr, owner["result"]["rows"]))
