"""A column and a table whose name is empty, "": read, written and hidden as any other."""

import pytest
from expect import code, rows, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, "" TEXT, own INTEGER); INSERT INTO t VALUES (1, 'a', 1), (2, 'CANARY', 2), (3, 'c', 1);
CREATE TABLE g ("" INTEGER PRIMARY KEY, own INTEGER, k TEXT); INSERT INTO g VALUES (1, 1, 'a'), (2, 2, 'CANARY'), (3, 1, 'c');
CREATE TABLE h ("" TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID; INSERT INTO h VALUES ('a', 1), ('CANARY', 2);
CREATE TABLE masked (id INTEGER PRIMARY KEY, "" TEXT, n INTEGER); INSERT INTO masked VALUES (1, 'a', 1), (2, 'CANARY', 2);
CREATE TABLE hidden (id INTEGER PRIMARY KEY, "" TEXT); INSERT INTO hidden VALUES (1, 'CANARY');
CREATE TABLE "" (x); INSERT INTO "" VALUES (5); CREATE VIEW v AS SELECT "", own FROM t; CREATE TABLE nobody ("" TEXT); INSERT INTO nobody VALUES ('CANARY');
DEFINE TABLE t PERMISSIONS WHERE own = $auth.id; DEFINE TABLE g PERMISSIONS WHERE own = $auth.id AND "" < 100; DEFINE TABLE h PERMISSIONS WHERE "" = 'a';
DEFINE TABLE masked PERMISSIONS FULL; DEFINE FIELD "" ON masked PERMISSIONS FOR select WHERE n = 1;
DEFINE TABLE hidden PERMISSIONS FULL; DEFINE FIELD "" ON hidden PERMISSIONS NONE;
DEFINE TABLE "" PERMISSIONS FULL; DEFINE TABLE v PERMISSIONS WHERE own = $auth.id;
"""


@pytest.fixture
def me(place):
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    yield lambda sql: place.server.sql(sql, token=token)
    assert not [line for line in place.server.log if "bug" in line]


@pytest.mark.parametrize("select, wanted", [
    ("SELECT * FROM t", [(1, "a", 1), (3, "c", 1)]), ('SELECT "" FROM t', [("a",), ("c",)]), ("SELECT q.[] FROM t AS q WHERE q.`` > 'a'", [("c",)]),
    ('SELECT d."" FROM (SELECT * FROM t) AS d', [("a",), ("c",)]), ('WITH c AS (SELECT * FROM t) SELECT c."", id FROM c', [("a", 1), ("c", 3)]),
    ('WITH c("") AS (SELECT id FROM t) SELECT "" FROM c', [(1,), (3,)]), ('SELECT id FROM t WHERE abs("") = 0 AND "" LIKE \'c\'', [(3,)]),
    ("SELECT t.rowid, * FROM t NATURAL JOIN h", [(1, 1, "a", 1, 1)]), ('SELECT id, n FROM t JOIN h USING ("")', [(1, 1)]),
    ('SELECT "", count(*) FROM t GROUP BY "" ORDER BY ""', [("a", 1), ("c", 1)]), ('SELECT (SELECT t."") FROM t', [("a",), ("c",)]),
    ("SELECT * FROM g", [(1, 1, "a"), (3, 1, "c")]), ('SELECT k FROM g WHERE "" = 3', [("c",)]), ("SELECT count(*) FROM g", [(2,)]),
    ("SELECT * FROM h", [("a", 1)]), ("SELECT * FROM masked ORDER BY id", [(1, "a", 1), (2, None, 2)]), ("SELECT * FROM hidden", [(1,)]),
    ("SELECT count(*) FROM hidden", [(1,)]), ('SELECT * FROM ""', [(5,)]), ('SELECT "".x FROM main."", t', [(5,), (5,)]),
    ("SELECT * FROM v", [("a", 1), ("c", 1)]), ('SELECT v."" FROM v WHERE "" > \'a\'', [("c",)]), ("SELECT count(*) FROM v", [(2,)]),
])
def test_reads(me, select, wanted):
    objects = me(select)
    assert values(objects) == wanted
    if select == "SELECT * FROM t":
        assert list(rows(objects)[0]) == ["id", "", "own"]


def test_writes(place, me):
    assert values(me("INSERT INTO t VALUES (7, 'z', 1) RETURNING *")) == [(7, "z", 1)]
    assert values(me('INSERT INTO t (id, "", own) VALUES (7, \'z\', 1) ON CONFLICT (id) DO UPDATE SET "" = excluded."" || t."" RETURNING ""')) == [("zz",)]
    assert values(me('UPDATE t SET "" = "" || id WHERE "" > \'b\' RETURNING "", t.""')) == [("c3", "c3"), ("zz7", "zz7")]
    assert values(me('DELETE FROM t WHERE "" LIKE \'c%\' RETURNING *')) == [(3, "c3", 1)]
    assert values(me('UPDATE g SET "" = "" + 10 RETURNING *')) == [(11, 1, "a"), (13, 1, "c")]
    assert values(me('DELETE FROM g WHERE "" = 13 RETURNING k')) == [("c",)]
    assert values(me("UPDATE h SET n = 9 RETURNING *")) == [("a", 9)]
    assert code(me("UPDATE h SET \"\" = 'b'")) == code(me('INSERT INTO t ("", own) VALUES (1, 2)')) == code(me('UPDATE g SET "" = 100')) == "permission_denied"
    assert values(place.root("SELECT * FROM t")) == [(1, "a", 1), (2, "CANARY", 2), (7, "zz7", 1)]
    assert values(place.root("SELECT * FROM g")) == [(2, 2, "CANARY"), (11, 1, "a")]


def test_what_is_hidden_stays_hidden(place, me):
    for read in ('SELECT "" FROM hidden', 'SELECT hidden."" FROM hidden', "UPDATE hidden SET id = 1 RETURNING \"\"", 'SELECT d."" FROM (SELECT * FROM hidden) AS d',
                 'SELECT * FROM nobody', 'SELECT count(*) FROM nobody', "SELECT id FROM hidden WHERE \"\" = 'CANARY'"):
        assert code(me(read)) == "not_found", read
    assert code(me('SELECT * FROM hidden JOIN t USING ("")')) == "sqlite_error"  # not present in both tables
    assert code(me("UPDATE hidden SET \"\" = 'x'")) == "permission_denied"
    for read in ('SELECT "" FROM masked WHERE id = 2', 'SELECT max("") FROM masked WHERE n = 2', 'UPDATE masked SET n = 2 WHERE id = 2 RETURNING ""'):
        assert values(me(read)) == [(None,)], read
    assert values(place.root("SELECT * FROM hidden")) == [(1, "CANARY")]
