"""Aggregates and window functions where a change has one row at a time: refused as SQLite refuses them, and no row less is changed."""

import pytest
from expect import code, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, n INTEGER); INSERT INTO t VALUES (1, 1, 10), (2, 1, 20), (3, 2, 1000);
CREATE TABLE tag (x INTEGER); INSERT INTO tag VALUES (1), (2);
CREATE TABLE open (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO open VALUES (1, 10), (2, 20);
CREATE VIEW v AS SELECT * FROM t;
CREATE TRIGGER v_i INSTEAD OF INSERT ON v BEGIN SELECT 1; END;
CREATE TRIGGER v_u INSTEAD OF UPDATE ON v BEGIN SELECT 1; END;
CREATE TRIGGER v_d INSTEAD OF DELETE ON v BEGIN SELECT 1; END;
DEFINE TABLE t PERMISSIONS WHERE own = $auth.id; DEFINE TABLE v PERMISSIONS WHERE own = $auth.id;
DEFINE TABLE tag PERMISSIONS FULL; DEFINE TABLE open PERMISSIONS FULL;
"""
CHANGES = [
    "INSERT INTO t (id, own) VALUES (9, 1)", "INSERT INTO open (id) VALUES (9)", "INSERT INTO v (id, own) VALUES (9, 1)",
    "INSERT INTO t (id, own) VALUES (1, 1) ON CONFLICT DO UPDATE SET n = 5", "REPLACE INTO t (id, own) VALUES (1, 1)",
    "UPDATE t SET n = 5", "UPDATE open SET n = 5", "UPDATE v SET n = 5", "UPDATE t SET n = 5 FROM tag",
    "DELETE FROM t", "DELETE FROM open", "DELETE FROM v",
]


@pytest.fixture
def me(place):
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql: place.server.sql(sql, token=token)


def assert_misuse(objects, what):
    assert code(objects) == "sqlite_error" and objects[-1]["result"].startswith("misuse of " + what), objects


def assert_unchanged(place):
    assert values(place.root("SELECT * FROM t")) == [(1, 1, 10), (2, 1, 20), (3, 2, 1000)]
    assert values(place.root("SELECT * FROM open")) == [(1, 10), (2, 20)]


@pytest.mark.parametrize("change", CHANGES)
def test_in_returning(place, me, change):
    for function in ("count(*)", "1 + max(id)", "sum(n) FILTER (WHERE 1)", "group_concat(n)", "CASE WHEN count(*) THEN 1 END"):
        assert_misuse(me(f"{change} RETURNING {function}"), "aggregate")
    for function in ("row_number() OVER ()", "sum(n) OVER (ORDER BY n)"):
        assert_misuse(me(f"{change} RETURNING {function}"), "window function")
    assert_unchanged(place)
    if " v " not in change:
        assert code(me(f"{change} RETURNING max(id, 0), (SELECT count(*) FROM tag)")) == "OK"


@pytest.mark.parametrize("change", CHANGES)
def test_of_the_row_in_a_sub_select_of_returning(place, me, change):
    """It would belong to the query that looks the row up, or picks the rows."""
    for select in ("SELECT count(id)", "SELECT sum(id) FROM tag", "SELECT x FROM tag WHERE count(id)", "SELECT (SELECT max(id)) FROM tag",
                   "SELECT sum((SELECT x FROM tag WHERE x = id)) FROM tag", "VALUES (total(id))"):
        assert_misuse(me(f"{change} RETURNING ({select})"), "aggregate")
    assert_unchanged(place)


def test_of_a_sub_selects_own_rows(me):
    assert values(me("UPDATE t SET n = n RETURNING (SELECT sum(x + t.id) FROM tag), (SELECT count(*) FROM tag WHERE x = t.id)")) == [(5, 1), (7, 1)]
    assert values(me("UPDATE t SET n = (SELECT sum(x + t.id) FROM tag) RETURNING n")) == [(5,), (7,)]
    assert values(me("DELETE FROM t RETURNING (SELECT count(x) FROM tag WHERE x <= t.id), (SELECT sum(id + (SELECT max(x + t.id) FROM tag)) FROM open)")) == [(1, 9), (2, 11)]


@pytest.mark.parametrize("change", [
    "UPDATE {0} SET n = {1}", "UPDATE {0} SET n = 1 WHERE {1}", "UPDATE {0} SET n = 1 ORDER BY {1} LIMIT 1", "DELETE FROM {0} WHERE {1}",
    "DELETE FROM {0} ORDER BY {1} LIMIT 1",
])
@pytest.mark.parametrize("table", ["t", "open", "v"])
def test_of_the_row_in_a_change(place, me, table, change):
    for aggregate in ("count({0}.id)", "(SELECT sum({0}.id))", "(SELECT sum({0}.id) FROM tag)", "id IN (SELECT max({0}.id) FROM tag)"):
        assert_misuse(me(change.format(table, aggregate.format(table))), "aggregate")
    assert_unchanged(place)


def test_in_values(place, me):
    for row in ("(9, 1, count(*))", "(9, 1, rank() OVER ())"):
        assert code(me(f"INSERT INTO t VALUES {row}")) == "sqlite_error"
    assert_unchanged(place)
    assert code(me("INSERT INTO t VALUES (9, 1, (SELECT count(*)))")) == "OK"
    assert code(me("INSERT INTO t SELECT 10, 1, count(*)")) == "OK"
    assert values(me("SELECT n FROM t WHERE id > 8")) == [(1,), (1,)]
