"""Aggregates of no rows, where something that can fail stands around them; and rowids that are named further in.

The owner sees the same rows of copies of the tables that hold only what the guest may see.
"""

import client
import pytest

SCHEMA = """
    CREATE TABLE note (id INTEGER PRIMARY KEY, own INTEGER, n INTEGER, text TEXT);
    CREATE TABLE other (id INTEGER PRIMARY KEY, own INTEGER, n INTEGER);
    CREATE TABLE bare (own INTEGER, n INTEGER);
    CREATE TABLE keyed (k TEXT PRIMARY KEY, id INTEGER) WITHOUT ROWID;
    INSERT INTO note VALUES (1, 1, 5, '[1,2]'), (2, 1, NULL, '[3]'), (7, 0, -9223372036854775808, '{broken');
    INSERT INTO other VALUES (2, 1, 1), (5, 1, 7), (9, 0, -9223372036854775808);
    INSERT INTO bare VALUES (1, 4), (1, 5), (0, 6); INSERT INTO keyed VALUES ('a', 1), ('b', 2), ('c', 3);
    DEFINE TABLE note PERMISSIONS FOR select WHERE own = 1; DEFINE TABLE other PERMISSIONS FOR select WHERE own = 1;
    DEFINE TABLE bare PERMISSIONS FOR select WHERE own = 1; DEFINE TABLE keyed PERMISSIONS FULL;
"""
ARRAYS = {"Prefer": "rows=array"}


@pytest.fixture(scope="module")
def both():
    with client.running("--allow-guests") as server:
        server.make_database("gathered", "all", SCHEMA)
        server.make_database("gathered", "seen", SCHEMA)
        delete = "; ".join(f"DELETE FROM {table} WHERE own = 0" for table in ("note", "other", "bare"))
        server.root_ok(delete, ns="gathered", db="seen")

        def ask(sql):
            guest = server.sql(sql, headers={"NS": "gathered", "DB": "all", **ARRAYS})
            return guest[-1], server.root(sql, ns="gathered", db="seen", headers=ARRAYS)[-1]
        yield ask


NONE = "json_array_length(json_group_array(n))"


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT min(n) FROM note WHERE n > 90 HAVING {NONE} = 0",
        f"SELECT min(n) FROM note HAVING {NONE} = 2",
        f"SELECT 1 FROM note WHERE 1 NOT IN (SELECT min(n) FROM other WHERE n > 90 HAVING {NONE} <> 1)",
        f"SELECT * FROM (SELECT {NONE} AS c FROM other WHERE n > 90)",
        f"SELECT id FROM note WHERE (SELECT {NONE} FROM other WHERE other.n = note.n) = 0",
        f"SELECT id FROM note WHERE EXISTS (SELECT max(n) FROM other WHERE n > 90 HAVING {NONE} = 0)",
        f"SELECT id FROM note WHERE (1, 0) IN (SELECT 1, {NONE} FROM other WHERE n > 90)",
        "SELECT x FROM (SELECT json_array(max(n), n) AS x FROM other WHERE n > 90)",
        "SELECT x FROM (SELECT json_array(n) AS x, count(*) FROM other WHERE n > 90)",
        "SELECT own FROM note GROUP BY own HAVING EXISTS (SELECT 1 FROM (SELECT abs(other.n) AS z, max(note.id) FROM other) WHERE z > 1)",
        "SELECT x FROM (SELECT abs(n) AS x, count(*) OVER () FROM other) WHERE x > 0",
        "SELECT id FROM note WHERE (SELECT max(abs(n)) FROM other) > 1",
        "SELECT id FROM note WHERE EXISTS (SELECT count(*) FROM other HAVING abs(note.n) > 1)",
        "SELECT (SELECT k FROM keyed WHERE keyed.id = rowid) FROM note",
        "SELECT (SELECT k FROM keyed WHERE keyed.id = rowid) FROM bare",
        "SELECT (SELECT max(rowid) FROM other) FROM note",
    ],
)
def test_guest_sees_what_is_there(both, sql):
    guest, owner = both(sql)
    assert owner["status"] == "OK", owner
    assert guest.get("result") == owner["result"], guest


@pytest.mark.parametrize("sql", ["SELECT (SELECT oid FROM json_each(note.text)) FROM note", "SELECT (SELECT rowid FROM (SELECT 5 AS id)) FROM note"])
def test_what_has_no_rowid(both, sql):
    assert both(sql)[0]["code"] == "not_found"
