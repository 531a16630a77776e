"""What a rule compares must not change what the query shows of the row."""

import sqlite3

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
    CREATE TABLE unit (number INTEGER UNIQUE, other INTEGER); INSERT INTO unit VALUES (51, 51), (7, 7);
    CREATE TABLE lot (code TEXT COLLATE NOCASE, other, name TEXT); INSERT INTO lot VALUES ('051', '051', 'a'), ('9', '9', 'b');
    DEFINE TABLE lot PERMISSIONS FULL;
    DEFINE FIELD code ON lot PERMISSIONS FOR select WHERE NOT EXISTS (SELECT 1 FROM unit WHERE number = lot.code AND unit.other < 0);
    DEFINE FIELD other ON lot PERMISSIONS FOR select WHERE (SELECT count(*) FROM unit WHERE number IS lot.other) < 9;
    DEFINE FIELD name ON lot PERMISSIONS FOR select WHERE NOT EXISTS (SELECT 1 FROM unit WHERE (number, 0) = (lot.code, unit.other) OR number IN (lot.other, 7, 8) AND unit.other < 0);
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
        ("SELECT code AS a FROM lot GROUP BY code", [{"a": "051"}, {"a": "9"}]),
        ("SELECT other AS a FROM lot GROUP BY other", [{"a": "051"}, {"a": "9"}]),
        ("SELECT code AS a, other AS b, name AS n FROM lot GROUP BY name, other, code", [{"a": "051", "b": "051", "n": "a"}, {"a": "9", "b": "9", "n": "b"}]),
        ("SELECT DISTINCT code AS a, max(other) AS b FROM lot GROUP BY code", [{"a": "051", "b": "051"}, {"a": "9", "b": "9"}]),
        ("SELECT max(rowid) AS m, secret AS s, code AS a FROM part WHERE rowid = 1", [{"m": 1, "s": "a", "a": "051"}]),
    ],
)
def test_the_value_stays(ada, sql, rows):
    (one,) = ada(sql)
    assert (one["status"], one["result"]) == ("OK", rows)


NAMES = """
    CREATE TABLE word (binary TEXT UNIQUE, plain TEXT COLLATE NOCASE UNIQUE, bare UNIQUE);
    INSERT INTO word VALUES ('ada', 'bob', 'cyd'), ('ADA', 'DAN', 7);
    CREATE TABLE human (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, note); INSERT INTO human VALUES (1, 'Ada', 'ada'), (2, 'ADA', 'BOB'), (3, 'Bob', 7), (4, 'dan', '7')
"""
RULES = [
    "{t}.note IN (SELECT plain FROM word)", "{t}.name IN (SELECT binary FROM word)", "{t}.name COLLATE BINARY IN (SELECT plain FROM word)",
    "EXISTS (SELECT 1 FROM word WHERE binary = {t}.name)", "EXISTS (SELECT 1 FROM word WHERE {t}.name = binary)",
    "EXISTS (SELECT 1 FROM word WHERE plain = {t}.note)", "EXISTS (SELECT 1 FROM word WHERE {t}.note = plain)", "EXISTS (SELECT 1 FROM word WHERE bare = {t}.note)",
    "EXISTS (SELECT 1 FROM word WHERE {t}.name = binary COLLATE BINARY)", "EXISTS (SELECT 1 FROM word WHERE binary COLLATE NOCASE = {t}.name)",
    "EXISTS (SELECT 1 FROM word WHERE lower(binary) = {t}.name)", "EXISTS (SELECT 1 FROM word WHERE (binary, plain) IS ({t}.name, {t}.note))",
    "EXISTS (SELECT 1 FROM word WHERE binary IN ({t}.name, {t}.note))", "EXISTS (SELECT 1 FROM word WHERE {t}.name IN (binary, bare))",
    "EXISTS (SELECT 1 FROM word WHERE +plain = ({t}.name || ''))", "EXISTS (SELECT 1 FROM word WHERE {t}.name IS 'ADA' AND {t}.name = 'ada' COLLATE BINARY)",
]


@pytest.mark.parametrize("table", ["human", "person"])
@pytest.mark.parametrize("rule", RULES)
def test_collations_stay(new_place, rule, table):
    """A rule says of a row that is grouped what SQLite says of it."""
    place = new_place()
    view = "CREATE VIEW person AS SELECT name, note, id FROM human"
    place.ok(f"{NAMES}; {view}; DEFINE TABLE {table} PERMISSIONS FULL; DEFINE FIELD id ON {table} PERMISSIONS FOR select WHERE {rule.format(t=table)};"
             "DEFINE SCOPE account SIGNIN (SELECT id FROM human WHERE id = 1)")
    plain = sqlite3.connect(":memory:")
    plain.executescript(f"{NAMES}; {view}")
    expected = plain.execute(f"SELECT name, note, CASE WHEN {rule.format(t=table)} THEN id END FROM {table} ORDER BY 1 COLLATE BINARY").fetchall()
    (one,) = place.server.sql(f"SELECT name, note, max(id) AS id FROM {table} GROUP BY name COLLATE BINARY, note ORDER BY 1 COLLATE BINARY",
                              token=place.signin("account"))
    assert one["status"] == "OK", one
    assert [(row["name"], row["note"], row["id"]) for row in one["result"]] == expected
