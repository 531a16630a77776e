"""A term that fails must not tell whether a hidden row is there, whatever tables it reads and wherever it is written."""

import sqlite3

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
    CREATE VIEW failing AS SELECT v FROM mine WHERE abs(v) > 1; DEFINE TABLE failing PERMISSIONS FOR select FULL;
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
        "WITH w AS (SELECT v FROM mine WHERE abs(v) > 1) SELECT 1 FROM post WHERE id = (SELECT max(other) FROM mine) AND EXISTS (SELECT 1 FROM w)",
        "WITH w AS (SELECT v FROM mine WHERE abs(v) > 1), x AS (SELECT v FROM w) SELECT 1 FROM post WHERE id = (SELECT max(other) FROM mine) AND k IN x",
        "WITH w AS (SELECT v FROM mine WHERE abs(v) > 1) SELECT 1 FROM post WHERE id = (SELECT max(other) FROM mine) AND k IN (SELECT v FROM w)",
        "WITH w AS (SELECT v FROM mine WHERE abs(v) > 1) SELECT 1 FROM post WHERE id = (SELECT max(other) FROM mine) AND (k, 1) = (SELECT v, 1 FROM w)",
        "WITH w AS (SELECT v FROM mine WHERE abs(v) > 1) SELECT 1 FROM post JOIN (SELECT other, (SELECT v FROM w) AS z FROM mine) AS m ON m.z = k AND m.other = post.id",
        "WITH RECURSIVE w (v) AS (SELECT 1 UNION SELECT abs(mine.v) FROM w, mine) SELECT 1 FROM post WHERE id = (SELECT max(other) FROM mine) AND k IN w",
        "SELECT 1 FROM post WHERE id = (SELECT max(other) FROM mine) AND k IN failing",
        "SELECT 1 FROM (SELECT abs(v), other FROM mine) AS m JOIN post ON post.id = other WHERE \"abs(v)\" < title",
        "SELECT 1 FROM (SELECT abs(v), other FROM mine) AS m JOIN post ON post.id = other AND m.\"abs(v)\" < title",
        "WITH m AS (SELECT abs(v), other FROM mine) SELECT 1 FROM m JOIN post ON post.id = other WHERE \"abs(v)\" < title",
        "SELECT 1 FROM (SELECT 1 AS \"abs(v)\") AS o WHERE EXISTS (SELECT 1 FROM (SELECT abs(v), other FROM mine) AS m"
        " JOIN post ON post.id = other WHERE \"abs(v)\" < title)",
        "SELECT abs(v) AS a FROM mine JOIN post ON post.id = other WHERE a < title",
        "SELECT count(*) FROM (SELECT abs(v) AS a FROM mine JOIN post ON post.id = other WHERE a < title)",
        "SELECT m.a AS b FROM (SELECT abs(v) AS a, other FROM mine) AS m JOIN post ON post.id = other WHERE b < title",
        "SELECT title AS t FROM mine JOIN post ON post.id = other WHERE abs(v) < t",
        "SELECT abs(v) AS a FROM mine JOIN post ON post.id = other WHERE EXISTS (SELECT 1 WHERE a < title)",
        "SELECT abs(v) AS a FROM mine JOIN post ON post.id = other GROUP BY title HAVING a < title",
        "SELECT 1 FROM post WHERE id = (SELECT max(other) FROM mine) AND EXISTS (SELECT 1 FROM failing)",
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


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM post WHERE id = 2 AND " + "abs(" * 26 + "(SELECT max(v) FROM mine)" + ")" * 26,
        "SELECT 1 FROM post WHERE id = 2 AND k IN (" + "SELECT k FROM post WHERE k IN (" * 8 + "SELECT abs(v) FROM mine" + ")" * 9,
        "SELECT 1 FROM post WHERE id = 2 AND " + "1 + " * 990 + "abs((SELECT max(v) FROM mine))",
        "WITH m AS (SELECT v FROM mine WHERE abs(v) > 0) SELECT 1 FROM post WHERE id = 2 AND " + "EXISTS (SELECT 1 FROM m WHERE " * 11 + "v" + ")" * 11,
    ],
)
def test_a_deep_term_over_a_hidden_row(new_place, sql):
    """Deeper than shields could be nested."""
    place = new_place()
    place.ok(SCHEMA)
    place.ok("INSERT INTO mine VALUES (-9223372036854775808, 1)")
    ada = place.signin("account", name="ada")
    hidden = place.server.sql(sql, token=ada)
    place.ok("DELETE FROM post WHERE id = 2")
    gone = place.server.sql(sql, token=ada)
    assert [hidden[0].get("code"), hidden[0]["result"]] == [gone[0].get("code"), gone[0]["result"]]
    assert hidden[0]["status"] == "OK" or hidden[0]["code"] == "sqlite_error"


@pytest.mark.parametrize(
    "before, each, inner, after, count",
    [
        ("SELECT 1 FROM post WHERE ", "abs(", "k", ")", 28),
        ("SELECT 1 FROM post WHERE ", "CASE WHEN 1 THEN ", "abs(k)", " END", 16),
        ("SELECT 1 FROM post WHERE ", "(SELECT ", "abs(k)", " FROM post)", 17),
        ("SELECT 1 FROM post WHERE ", "EXISTS (SELECT 1 FROM post WHERE ", "abs(k)", ")", 12),
        ("SELECT 1 FROM post WHERE ", "k IN (SELECT abs(k) FROM post WHERE ", "k", ")", 10),
        ("SELECT 1 FROM post WHERE ", "1 IN (SELECT 1 FROM post JOIN post AS p ON ", "abs(p.k)", ")", 7),
        ("SELECT 1 FROM post WHERE ", "1 + ", "abs(k)", "", 999),
        ("SELECT ", "(SELECT ", "abs(k)", " FROM post)", 17),
        ("", "SELECT * FROM (", "SELECT k FROM post", ") WHERE abs(k)", 14),
        ("", "WITH c AS (", "SELECT k FROM post", ") SELECT * FROM c WHERE abs(k)", 17),
    ],
)
def test_permissions_nest_nothing_too_deep(ada, before, each, inner, after, count):
    """As deep as SQLite itself takes it, or almost; one more is the client's own affair."""
    text = before + each * count + inner + after * count + ("" if before != "SELECT " else " FROM post")
    assert ada(text)[0]["status"] == "OK"


@pytest.mark.parametrize(
    "condition",
    [
        "word = (SELECT n FROM item AS i WHERE abs(i.v) = 5)",
        "word = (SELECT n FROM counted AS c WHERE c.id = item.id)",
        "'1' = (SELECT n FROM counted AS c WHERE c.id = item.id)",
        "'01' IN (SELECT n FROM counted AS c WHERE c.id = item.id)",
        "(SELECT n FROM counted AS c WHERE c.id = item.id) IN ('01', 7)",
        "(1, '01') = (SELECT 1, n FROM counted AS c WHERE c.id = item.id)",
        "(1, word) IN (SELECT 1, n FROM counted)",
        "EXISTS (SELECT 1 FROM counted AS c WHERE c.n = item.word)",
        "EXISTS (SELECT 1 FROM counted AS c WHERE lower(item.name) = c.name)",
        "EXISTS (SELECT 1 FROM (SELECT * FROM counted) AS c WHERE lower(item.name) = c.name)",
        "EXISTS (SELECT 1 FROM (SELECT CAST(abs(n) AS INTEGER) AS n FROM item) AS c WHERE c.n = item.word)",
        "EXISTS (SELECT 1 FROM (SELECT (SELECT n FROM counted) AS n FROM item) AS c WHERE c.n = item.word)",
        "EXISTS (SELECT 1 FROM (SELECT abs(n) || 'A' COLLATE NOCASE AS n FROM item) AS c WHERE c.n = abs(item.n) || 'a')",
    ],
)
def test_a_shielded_term_compares_as_it_did(new_place, condition):
    """A shield loses neither the affinity nor the collation of what it holds."""
    place = new_place()
    place.ok("""
        CREATE TABLE item (id INTEGER PRIMARY KEY, own, word TEXT, n INTEGER, name TEXT COLLATE NOCASE, v);
        INSERT INTO item VALUES (1, 1, '01', 1, 'Ab', 5), (2, 0, '02', 2, 'Cd', -9223372036854775808);
        CREATE VIEW counted AS SELECT id, n, name, abs(v) AS a FROM item WHERE own = 1;
        DEFINE TABLE item PERMISSIONS FOR select WHERE own = 1; DEFINE TABLE counted PERMISSIONS FOR select WHERE id > 0;
        CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person DEFAULT VALUES;
        DEFINE SCOPE account SIGNIN (SELECT id FROM person)
    """)
    (one,) = place.server.sql(f"SELECT id FROM item WHERE {condition}", token=place.signin("account"))
    assert one["result"] == [{"id": 1}]


AHEAD = [
    "SELECT id FROM item WHERE id IN (SELECT abs(v) FROM mine)",
    "SELECT id FROM item WHERE id = 5 AND id NOT IN (SELECT v FROM mine WHERE abs(v) > 1)",
    "SELECT id FROM item WHERE word > 'a' AND id > (SELECT max(v) FROM mine WHERE abs(v)) ORDER BY word",
    "SELECT id FROM item WHERE EXISTS (SELECT 1 FROM mine WHERE abs(v) = 9) LIMIT 3 OFFSET 1",
    "SELECT i.id FROM item AS i LEFT JOIN mine ON (i.id, 1) = (SELECT v, abs(v) FROM mine ORDER BY 1)",
    "SELECT count(*) FROM item WHERE id IN (SELECT abs(v) FROM mine) GROUP BY word HAVING word IN (SELECT abs(v) FROM mine)",
    "SELECT word, row_number() OVER () FROM item WHERE id IN (SELECT abs(v) FROM mine)",
    "WITH w AS (SELECT abs(v) AS a FROM mine) SELECT DISTINCT id FROM item WHERE id IN (SELECT a FROM w)",
    "SELECT id FROM item WHERE id IN (SELECT abs(v) FROM mine) UNION SELECT 1",
    "SELECT id FROM item WHERE id IN (SELECT id FROM item WHERE id IN (SELECT abs(v) FROM mine))",
]


@pytest.mark.parametrize("sql", AHEAD)
def test_whether_a_sub_select_runs_tells_of_no_hidden_row(new_place, sql):
    """It fails on what the user sees, and in the same way whether or not there are hidden rows that would ask for it."""
    answers = []
    for hidden in ("", "(1, 0, 'x'), (5, 0, 'y'), (9, 0, 'z')"):
        place = new_place()
        place.ok("""
            CREATE TABLE item (id INTEGER PRIMARY KEY, own, word TEXT); CREATE INDEX item_word ON item (word);
            CREATE TABLE mine (v); INSERT INTO mine VALUES (5), (-9223372036854775808);
            DEFINE TABLE item PERMISSIONS FOR select WHERE own = 1; DEFINE TABLE mine PERMISSIONS FULL;
            CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person DEFAULT VALUES;
            DEFINE SCOPE account SIGNIN (SELECT id FROM person);
        """ + (f"INSERT INTO item VALUES {hidden}" if hidden else ""))
        (one,) = place.server.sql(sql, token=place.signin("account"))
        del one["time"]
        answers.append(one)
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "condition",
    [
        "id IN (SELECT abs(v) FROM n)",
        "id NOT IN (SELECT abs(v) FROM n)",
        "id NOT IN (SELECT abs(r) FROM n)",
        "word IN (SELECT v FROM n WHERE abs(v) < 9)",
        "word IN (SELECT r FROM n WHERE abs(v) < 9)",
        "word IN (SELECT abs(v) FROM n)",
        "word COLLATE NOCASE IN (SELECT t FROM n WHERE abs(v) < 9)",
        "word = (SELECT abs(v) FROM n ORDER BY v LIMIT 1)",
        "word = (SELECT i FROM n WHERE abs(v) = 1)",
        "word = (SELECT t COLLATE NOCASE FROM n WHERE abs(v) = 3)",
        "(id, word) IN (SELECT v, t FROM n WHERE abs(v) < 9)",
        "(SELECT r FROM n WHERE abs(v) = 3) = 3.0 AND typeof((SELECT r FROM n WHERE abs(v) = 3)) = 'real'",
        "EXISTS (SELECT 1 FROM n WHERE abs(v) = 2)",
        "NOT EXISTS (SELECT 1 FROM n WHERE abs(v) = 2) AND id < 3",
        "id IN (SELECT abs(v) FROM n) ORDER BY id DESC LIMIT 1 OFFSET 1",
        "id IN (SELECT abs(v) FROM n) LIMIT 0",
        "id IN (SELECT abs(v) FROM n WHERE v > 7)",
        "id > (SELECT min(abs(v)) FROM n) AND id IN (SELECT abs(v) FROM n)",
    ],
)
def test_what_runs_ahead_gives_the_same_rows(new_place, condition):
    """The rows that plain SQLite gives, of a database without the hidden row."""
    tables = """
        CREATE TABLE item (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO item VALUES (1, '1'), (2, '02'), (3, 'c'), (4, NULL);
        CREATE TABLE n (v, own, r REAL, t TEXT, i INTEGER); INSERT INTO n VALUES (1, 1, 1, '1', 1), (3, 1, 3, 'C', 3), (4, 1, NULL, NULL, NULL);
    """
    place, plain = new_place(), sqlite3.connect(":memory:")
    place.ok(tables + """
        INSERT INTO n VALUES (2, 0, 2, '02', 2);
        DEFINE TABLE item PERMISSIONS FOR select WHERE id > 0; DEFINE TABLE n PERMISSIONS FOR select WHERE own = 1;
        CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person DEFAULT VALUES;
        DEFINE SCOPE account SIGNIN (SELECT id FROM person)
    """)
    plain.executescript(tables)
    (one,) = place.server.sql(f"SELECT id FROM item WHERE {condition}", token=place.signin("account"))
    assert [row["id"] for row in one["result"]] == [row[0] for row in plain.execute(f"SELECT id FROM item WHERE {condition}")]


@pytest.mark.parametrize("select", [
    "SELECT (SELECT x FROM (SELECT {0} AS x FROM e)) FROM c", "SELECT (SELECT x FROM (SELECT {0} AS x FROM c)) FROM e", "SELECT (SELECT x FROM (SELECT {0} AS x)) FROM e",
    "SELECT (SELECT count(x) FROM (SELECT {0} AS x FROM e)) FROM c", "SELECT (SELECT d.x FROM c LEFT JOIN (SELECT {0} AS x FROM e) AS d) FROM c",
    "SELECT (SELECT x FROM (SELECT {0} AS x FROM e) WHERE x > 0) FROM c", "SELECT (SELECT 1 FROM e WHERE {0}) FROM c", "SELECT 1 FROM e WHERE {0}",
    "SELECT (SELECT x FROM (SELECT {0} AS x, e.x AS y FROM e) ORDER BY y) FROM c", "WITH d AS (SELECT {0} AS x FROM e) SELECT (SELECT x FROM d) FROM c",
    "SELECT 1 FROM c ORDER BY (SELECT x FROM (SELECT {0} AS x FROM e))", "SELECT (SELECT x FROM (SELECT {0} AS x FROM c)) FROM c LEFT JOIN e",
])
def test_a_constant_that_fails_tells_of_no_hidden_row(new_place, select):
    """In a derived table below a sub-select of the result, above all: the answer is the same with and without rows that are hidden."""
    answers = []
    for hidden in ("", "INSERT INTO e VALUES (-1), (-2); INSERT INTO c VALUES (-5);"):
        place = new_place()
        place.ok("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me');"
                 "DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name); CREATE TABLE c (x); INSERT INTO c VALUES (1); CREATE TABLE e (x);"
                 + hidden + "DEFINE TABLE c PERMISSIONS WHERE x > 0; DEFINE TABLE e PERMISSIONS WHERE x > 0")
        answer = place.server.sql(select.format("abs(-9223372036854775807 - 1)"), token=place.signin("account", name="me"))[-1]
        answers.append({key: value for key, value in answer.items() if key != "time"})
    assert answers[0] == answers[1]
