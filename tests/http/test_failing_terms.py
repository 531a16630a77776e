"""A term that fails must not tell whether a hidden row is there, whatever tables it reads and wherever it is written."""

import pytest

SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO person (name) VALUES ('ada');
    CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT, circle INTEGER, k INTEGER);
    CREATE TABLE mine (v, other INTEGER); CREATE TABLE member (person INTEGER, circle INTEGER);
    INSERT INTO post VALUES (1, 'a', 1, 1), (2, 'b', 2, 2); INSERT INTO member VALUES (1, 1);
    DEFINE TABLE mine PERMISSIONS FULL;
    CREATE VIEW shown AS SELECT abs(v) AS a, other FROM mine; DEFINE TABLE shown PERMISSIONS FOR select FULL;
    CREATE VIEW outer_view (b, other) AS SELECT a + 1, other FROM shown; DEFINE TABLE outer_view PERMISSIONS FOR select FULL;
    CREATE VIEW seen AS SELECT abs(v) AS a FROM mine WHERE EXISTS (SELECT 1 FROM post WHERE id = other AND circle = 7);
    DEFINE TABLE seen PERMISSIONS FOR select FULL;
    DEFINE TABLE post PERMISSIONS FOR select WHERE EXISTS (SELECT 1 FROM member WHERE person = $auth.id AND member.circle = post.circle);
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)
"""


@pytest.fixture(scope="module")
def ada(new_place):
    place = new_place()
    place.ok(SCHEMA)
    token = place.signin("account", name="ada")
    return lambda sql, **vars: place.server.sql(sql, token=token, vars=vars or None)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM mine JOIN post ON post.id = other WHERE abs(v) < title",
        "SELECT 1 FROM mine JOIN post ON post.id = other AND abs(v) < title",
        "SELECT 1 FROM mine CROSS JOIN post WHERE post.id = other AND (abs(v) = 1 OR title = 'q')",
        "SELECT 1 FROM mine CROSS JOIN post WHERE post.id = other AND title LIKE 'b%' AND title > abs(v)",
        "SELECT 1 FROM mine LEFT JOIN post ON post.id = other AND abs(v) < title",
        "SELECT 1 FROM mine, post WHERE post.id = other GROUP BY title HAVING abs(v) < title",
        "SELECT 1 FROM mine WHERE EXISTS (SELECT 1 FROM post WHERE post.id = other AND abs(v) < title)",
        "SELECT 1 FROM (SELECT abs(v) AS a, other FROM mine) AS s JOIN post ON post.id = s.other WHERE s.a < title",
        "SELECT 1 FROM (SELECT * FROM (SELECT abs(v) AS a, other FROM mine)) AS s JOIN post ON post.id = s.other WHERE s.a < title",
        "WITH s (a, o) AS (SELECT abs(v), other FROM mine) SELECT 1 FROM s JOIN post ON post.id = s.o WHERE s.a < title",
        "WITH s AS (SELECT abs(v) AS a, other FROM mine), t AS (SELECT * FROM s) SELECT 1 FROM t JOIN post ON post.id = t.other WHERE t.a + 1 < title",
        "SELECT 1 FROM (SELECT abs(v) AS a, title AS t FROM mine JOIN post ON post.id = other) WHERE a < t",
        "SELECT 1 FROM (SELECT abs(v) AS a, other AS id FROM mine) AS s JOIN post USING (id) WHERE a < title",
        "SELECT 1 FROM (SELECT abs(v) AS k, other AS id FROM mine) AS s JOIN post ON post.id = s.id AND post.k = s.k",
        "SELECT 1 FROM (SELECT abs(v) AS k, other AS id FROM mine) AS s JOIN post USING (id, k)",
        "SELECT 1 FROM (SELECT abs(v) AS k, other AS id FROM mine) AS s NATURAL JOIN post",
        "SELECT 1 FROM (SELECT abs(v) AS a, other FROM mine) AS s WHERE EXISTS (SELECT 1 FROM post WHERE id = s.other AND title > s.a)",
        "SELECT 1 FROM shown AS s JOIN post ON post.id = s.other WHERE s.a < title",
        "SELECT 1 FROM outer_view AS s JOIN post ON post.id = s.other WHERE s.b < title",
        "SELECT 1 FROM (SELECT * FROM shown) AS s JOIN post ON post.id = s.other WHERE s.a < title",
        "SELECT 1 FROM (SELECT a AS k, other AS id FROM shown) AS s NATURAL JOIN post",
        "SELECT 1 FROM shown AS s WHERE EXISTS (SELECT 1 FROM post WHERE id = s.other AND title > s.a)",
        "SELECT 1 FROM mine JOIN post ON post.id = other WHERE json_extract(v, '$.a') < title",
        "SELECT 1 FROM mine JOIN post ON post.id = other WHERE (SELECT abs(v)) < title",
        "SELECT 1 FROM mine JOIN post ON post.id = other WHERE CASE WHEN title = 'b' THEN abs(v) END IS NULL",
        "UPDATE mine SET other = other FROM post WHERE post.id = other AND abs(v) < title",
        "DELETE FROM mine WHERE other IN (SELECT id FROM post WHERE id = other AND abs(v) < title)",
    ],
)
def test_a_term_over_a_hidden_row(ada, sql):
    """Row 2 is hidden; row 99 is not there."""
    outcomes = []
    for other in (2, 99):
        ada("DELETE FROM mine")
        ada("INSERT INTO mine VALUES (-9223372036854775808, $other)", other=other)
        (one,) = ada(sql)
        outcomes.append((one["status"], one.get("code"), one.get("changes"), one["result"]))
    assert outcomes[0] == outcomes[1]


def test_a_view_hides_by_its_own_condition(ada):
    ada("DELETE FROM mine; INSERT INTO mine VALUES (-9223372036854775808, 1)")
    assert ada("SELECT 1 FROM seen WHERE a = 1")[0]["result"] == []


def test_they_still_fail_on_rows_that_are_seen(ada):
    ada("DELETE FROM mine; INSERT INTO mine VALUES (-9223372036854775808, 1)")
    assert ada("SELECT 1 FROM mine JOIN post ON post.id = other WHERE abs(v) < title")[0]["code"] == "sqlite_error"
