"""What a rule compares must not change what the query shows of the row."""

import pytest

SCHEMA = """
    CREATE TABLE allowed (number INTEGER); INSERT INTO allowed VALUES (51), (7);
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO person (name) VALUES ('ada');
    CREATE TABLE item (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE, other, secret TEXT);
    INSERT INTO item VALUES (1, '051', '051', 'a'), (2, '9', '9', 'b');
    CREATE TABLE part (code TEXT, secret TEXT); INSERT INTO part VALUES ('051', 'a'), ('9', 'b');
    DEFINE TABLE item PERMISSIONS FOR select WHERE code IN (SELECT number FROM allowed) AND +other IN (SELECT number FROM allowed);
    DEFINE TABLE part PERMISSIONS FULL;
    DEFINE FIELD secret ON part PERMISSIONS FOR select WHERE code IN (SELECT number FROM allowed);
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)
"""


@pytest.fixture(scope="module")
def ada(new_place):
    place = new_place()
    place.ok(SCHEMA)
    token = place.signin("account", name="ada")
    return lambda sql: place.server.sql(sql, token=token)


@pytest.mark.parametrize(
    "sql, rows",
    [
        ("SELECT code AS a FROM item GROUP BY code HAVING abs(id)", [{"a": "051"}]),
        ("SELECT other AS a FROM item GROUP BY other, code HAVING abs(id) > 0", [{"a": "051"}]),
        ("SELECT max(id) AS m, abs(id) AS i, code AS a, other AS b FROM item", [{"m": 1, "i": 1, "a": "051", "b": "051"}]),
        ("SELECT secret AS s, code AS a FROM part GROUP BY code", [{"s": "a", "a": "051"}, {"s": None, "a": "9"}]),
        ("SELECT max(rowid) AS m, secret AS s, code AS a FROM part WHERE rowid = 1", [{"m": 1, "s": "a", "a": "051"}]),
    ],
)
def test_the_value_stays(ada, sql, rows):
    (one,) = ada(sql)
    assert (one["status"], one["result"]) == ("OK", rows)
