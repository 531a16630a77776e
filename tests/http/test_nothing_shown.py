"""Tables and views that show no column, and views whose columns no table declares: no name of the rewriter's own shows, and nothing crashes."""

import pytest
from expect import code, rows, values

BLIND = (
    "CREATE TABLE blind (id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE keyed (k TEXT PRIMARY KEY, body TEXT);"
    "CREATE TABLE open (n INTEGER);"
    "INSERT INTO blind VALUES (1, 'CANARY'); INSERT INTO keyed VALUES ('CANARY', 'CANARY'); INSERT INTO open VALUES (5);"
    "DEFINE TABLE open PERMISSIONS FULL;"
    + "".join(
        f"DEFINE TABLE {table} PERMISSIONS FULL;"
        f"DEFINE FIELD {key} ON {table} PERMISSIONS FOR create, update FULL; DEFINE FIELD body ON {table} PERMISSIONS FOR create, update FULL;"
        for table, key in (("blind", "id"), ("keyed", "k"))
    )
)


@pytest.fixture
def me(place):
    place.ok(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me');"
        "DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)"
    )
    token = place.signin("account", name="me")
    return lambda sql: place.server.sql(sql, token=token)


@pytest.mark.parametrize("table", ["blind", "keyed"])
def test_a_star_over_a_table_that_shows_no_column(place, me, table):
    place.ok(BLIND)
    for select in (
        "SELECT * FROM {t}", "SELECT {t}.* FROM {t}", "SELECT x.* FROM open, {t} AS x", "SELECT * FROM (SELECT * FROM {t})",
        "WITH c AS (SELECT * FROM {t}) SELECT count(*) FROM c", "SELECT EXISTS (SELECT * FROM {t})", "SELECT 1 IN (SELECT * FROM {t})",
        "SELECT * FROM {t} UNION SELECT 1", "INSERT INTO open SELECT * FROM {t}",
    ):
        assert code(me(select.format(t=table))) == "not_found", select
    for select in ("SELECT * FROM open NATURAL JOIN {t}", "SELECT * FROM ({t} JOIN open)"):
        assert "_bailiwick" not in str(me(select.format(t=table))), select
    assert rows(me(f"SELECT * FROM {table}, open")) == [{"n": 5}]
    assert values(me(f"SELECT count(*) FROM {table}")) == [(1,)]


@pytest.mark.parametrize("write", [
    "INSERT INTO blind (id) VALUES (9) RETURNING *",
    "INSERT INTO blind (id) VALUES (1) ON CONFLICT DO UPDATE SET body = 'x' RETURNING *",
    "REPLACE INTO blind (id) VALUES (1) RETURNING *",
    "UPDATE blind SET body = 'x' RETURNING *",
    "DELETE FROM blind RETURNING *",
    "INSERT INTO keyed (k) VALUES ('new') RETURNING *",
    "UPDATE keyed SET body = 'x' RETURNING *",
    "UPDATE keyed SET body = 'x' FROM open RETURNING *",
    "DELETE FROM keyed RETURNING *",
])
def test_returning_everything_of_a_table_that_shows_nothing(place, me, write):
    """It took the server down."""
    place.ok(BLIND)
    assert code(me(write)) in ("not_found", "permission_denied")
    assert values(place.root("SELECT * FROM blind")) == [(1, "CANARY")] and values(place.root("SELECT * FROM keyed")) == [("CANARY", "CANARY")]


def test_a_view_over_json_has_its_columns(place, me):
    place.ok(
        "CREATE TABLE post (id INTEGER PRIMARY KEY, author INTEGER, tags TEXT COLLATE NOCASE);"
        "INSERT INTO post VALUES (1, 1, '[\"a\", \"b\"]'), (2, 2, '[\"CANARY\"]');"
        "CREATE VIEW tagged AS SELECT post.id, post.author, post.tags, tag.value AS tag FROM post, json_each(post.tags) AS tag;"
        "DEFINE TABLE tagged PERMISSIONS FOR select WHERE author = $auth.id; DEFINE FIELD tags ON tagged PERMISSIONS FOR select NONE"
    )
    assert rows(me("SELECT * FROM tagged ORDER BY tag")) == [{"id": 1, "author": 1, "tag": "a"}, {"id": 1, "author": 1, "tag": "b"}]
    assert values(me("SELECT count(*) FROM tagged WHERE tag = 'CANARY'")) == [(0,)]
    assert code(me("SELECT tags FROM tagged")) == "not_found"


def test_a_view_that_is_broken_shows_nothing(place, me):
    place.ok(
        "CREATE TABLE gone (x); CREATE VIEW broken AS SELECT x FROM gone; DEFINE TABLE broken PERMISSIONS FULL; DROP TABLE gone"
    )
    for select in ("SELECT * FROM broken", "SELECT count(*) FROM broken", "SELECT x FROM broken"):
        objects = me(select)
        assert code(objects) == "not_found" and "_bailiwick" not in str(objects)


def test_full_text_over_the_catalogue_shows_none_of_it(place, me):
    """The module reads its content by statements of its own: not by anybody, by a predicate, a view, a trigger or a scope's clause."""
    place.ok(
        "DEFINE LOGIN bob ON DATABASE PASSWORD 'a long one'; CREATE TABLE q (x); INSERT INTO q VALUES (1); CREATE TABLE sink (a, b);"
        "CREATE VIRTUAL TABLE z USING fts5 (kind, name, secret, content = '_bailiwick_definition', content_rowid = 'kind');"
        "CREATE VIEW shown AS SELECT name, secret FROM z;"
        "CREATE TRIGGER copies AFTER INSERT ON sink BEGIN UPDATE sink SET b = (SELECT group_concat(secret) FROM z); END;"
        "DEFINE TABLE q PERMISSIONS FOR select WHERE (SELECT count(secret) FROM z) > 0; DEFINE TABLE z PERMISSIONS FULL;"
        "DEFINE TABLE shown PERMISSIONS FULL; DEFINE TABLE sink PERMISSIONS FULL;"
        "DEFINE SCOPE thief SIGNIN (SELECT id FROM person WHERE name = $name) ON SIGNIN (INSERT INTO sink SELECT name, secret FROM z)"
    )
    for sql in ("SELECT * FROM q", "SELECT * FROM z", "SELECT * FROM shown", "INSERT INTO sink (a) VALUES (1)"):
        assert code(me(sql)) == "permission_denied", sql
    for sql in ("SELECT * FROM z", "SELECT * FROM shown", "INSERT INTO z (z) VALUES ('rebuild')", "INSERT INTO sink (a) VALUES (1)"):
        assert code(place.root(sql)) == "permission_denied", sql
    assert place.server.signin(NS=place.ns, DB=place.db, SC="thief", name="me").status_code == 401
    assert values(place.root("SELECT * FROM sink")) == []
