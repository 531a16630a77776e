"""Long lists of rows behind INSERT, which are read from their text while they are inserted: they must come to what SQLite
itself makes of the same text. Python's sqlite3 is the oracle; it runs the same library."""

import random
import sqlite3

import pytest
from expect import code_of, one_value

SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO person VALUES (1, 'ada');
    CREATE TABLE plain (a, b TEXT, c INTEGER, d REAL, e NUMERIC, f BLOB);
    CREATE TABLE strict (a ANY, b TEXT, c INTEGER) STRICT;
    CREATE TABLE keyed (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE, n INTEGER DEFAULT 7 CHECK (n <> 13));
    CREATE TABLE done (id INTEGER, was TEXT);
    CREATE TABLE watched (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TRIGGER watched_after AFTER INSERT ON watched BEGIN
        INSERT INTO done VALUES (new.id, new.name), (-new.id, changes());
    END;
    CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree);
"""
OURS = """
    DEFINE TABLE plain PERMISSIONS FULL; DEFINE TABLE strict PERMISSIONS FULL; DEFINE TABLE keyed PERMISSIONS FULL;
    DEFINE TABLE watched PERMISSIONS FULL; DEFINE TABLE done PERMISSIONS FULL; DEFINE TABLE tree PERMISSIONS FULL;
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)
"""
TABLES = {"plain": "abcdef", "strict": "abc", "keyed": ["id", "name", "n"], "done": ["id", "was"],
          "watched": ["id", "name"], "tree": ["id", "parent"]}
NUMBERS = """0 1 -1 +5 -0 00012 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
    99999999999999999999999 0.1 -0.1 -0.0 .5 5. 1e3 1E-7 -1.5e+300 1e999 -1e999 123456789012345678.5 0.30000000000000004
    1e-400 2.2250738585072014e-308 - 7""".replace("- 7", "-\t7").split(" ")
NUMBERS = [one.strip() for one in NUMBERS if one.strip()]
OTHERS = ["NULL", "null", "TRUE", "false", "''", "'it''s'", "''''", "'a, (b)'", "'--'", "'/*'", "' 12 '", "'1e3'", "'ü€😀'",
          "'0x10'", "x''", "X'00fF'", "x'27'", "'\n'"]


def rows_of(cells, width, count, seed=1):
    chosen = random.Random(seed)
    comments = ["", "", "", " ", "\n", "/* ) */", "-- (\n"]
    row = lambda: "(" + ", ".join(  # noqa: E731
        chosen.choice(comments) + chosen.choice(cells) + chosen.choice(comments) for _ in range(width)) + ")"
    return (chosen.choice(comments) + ", ").join(row() for _ in range(count))


def numbered(count, what="name", first=1):
    return ", ".join(f"({number}, '{what} {number}')" for number in range(first, first + count))


STATEMENTS = [
    f"INSERT INTO plain VALUES {rows_of(NUMBERS + OTHERS, 6, 400)}",
    f"INSERT INTO plain (f, a) VALUES {rows_of(NUMBERS + OTHERS, 2, 200)} -- the end",
    f"INSERT INTO plain (d) VALUES {rows_of(NUMBERS, 1, 100)};",
    f"INSERT INTO strict VALUES {rows_of(OTHERS, 1, 70)}".replace("INTO strict", "INTO strict (a)"),
    f"INSERT INTO strict VALUES {rows_of(['1', '2.5', chr(39) + 'x' + chr(39)], 3, 30)}",
    f"INSERT INTO keyed (id, name) VALUES {numbered(50)}",
    f"INSERT INTO keyed (name, n) VALUES {rows_of(['1', '13'], 2, 50)}",
    f"INSERT INTO keyed (id, name) VALUES {numbered(50)}, (50, 'again')",
    f"INSERT OR IGNORE INTO keyed (id, name) VALUES {numbered(50)}, (50, 'again'), (51, 'NAME 1'), (52, 'NAME 2')",
    f"INSERT OR IGNORE INTO keyed (id, name, n) VALUES {rows_of(['1', '13', '2'], 3, 50)}",
    f"INSERT OR FAIL INTO keyed (id, name) VALUES {numbered(40)}, (1, 'again')",
    f"INSERT OR ROLLBACK INTO keyed (id, name) VALUES {numbered(40)}, (1, 'again')",
    f"REPLACE INTO keyed (id, name) VALUES {numbered(50)}, (50, 'again'), (60, 'NAME 1')",
    f"INSERT OR REPLACE INTO keyed (id, name) VALUES {numbered(50)}, (7, 'NAME 9')",
    f"INSERT INTO keyed (id, name) VALUES {numbered(50)}, (50, 'again') ON CONFLICT (id) DO UPDATE SET n = n + 1, "
    "name = excluded.name || '!'",
    f"INSERT INTO keyed (id, name) VALUES {numbered(50)}, (50, 'again'), (51, 'NAME 3') ON CONFLICT DO NOTHING",
    f"INSERT INTO keyed (id, name) VALUES {numbered(50)} RETURNING id, name, n, typeof(id)",
    f"INSERT INTO keyed AS k (id, name) VALUES {numbered(50)}, (3, 'x') ON CONFLICT (id) DO UPDATE SET n = k.n + 2 "
    "WHERE k.id > 2 RETURNING id, n",
    f"INSERT INTO watched VALUES {numbered(60)}",
    f"INSERT INTO tree VALUES {', '.join(f'({i}, {i + 1})' for i in range(1, 60))}, (60, 1)",
    f"INSERT INTO tree VALUES {', '.join(f'({i}, {i + 1})' for i in range(1, 60))}, (60, 99)",
    f"INSERT INTO tree VALUES {numbered(60)}, (61, 'not one')",
    f"INSERT INTO keyed VALUES {numbered(60)}",
    f"INSERT INTO keyed (id, name) VALUES {numbered(60)}, (61, 'a', 2)",
    f"INSERT INTO keyed (id, name) VALUES {numbered(60)}, (61, hex('a')), (62, 0x10)",
    f"INSERT INTO keyed (id, name) VALUES {numbered(60)} UNION ALL VALUES {numbered(60, first=100)}",
    f"INSERT INTO keyed (id, name) SELECT * FROM (VALUES {numbered(60)})",
    f"WITH t AS (VALUES {numbered(60)}) INSERT INTO keyed (id, name) SELECT * FROM t",
    f"WITH t(x) AS (SELECT 1) INSERT INTO keyed (id, name) VALUES {numbered(60)}",
    f"INSERT INTO keyed (id, name) VALUES {numbered(60)} WHERE 1",
    f"INSERT INTO keyed (id, name) VALUES {numbered(60)},",
    f"INSERT INTO keyed (id, name) VALUES {numbered(60)}, (61, -'a'), (62, - -1), (63, x'0')",
]


def all_rows(run):
    """Each table with the types and the exact values of what is in it."""
    contents = {}
    for table, columns in TABLES.items():
        shown = " || ';' || ".join(f"typeof({name}) || ' ' || coalesce(printf('%!.17g', {name}), '') || ' ' || "
                                   f"coalesce(hex({name}), '')" for name in columns)
        contents[table] = [row[0] for row in run(f"SELECT {shown} FROM {table} ORDER BY rowid")]
    return contents


def expected(statement):
    """Whether SQLite takes it, what is returned, what is changed, and what is in all tables then."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.executescript(SCHEMA.replace("changes()", "0"))
    database.execute("PRAGMA foreign_keys = ON")
    try:
        database.execute("BEGIN")
        rows = database.execute(statement).fetchall()
        database.execute("COMMIT")
        outcome = [list(row) for row in rows]
    except sqlite3.Error:
        outcome = None
        if database.in_transaction:
            database.execute("ROLLBACK")
    return outcome, all_rows(lambda sql: database.execute(sql).fetchall())


@pytest.fixture(scope="module")
def make(new_place):
    def make_one():
        place = new_place()
        place.ok(SCHEMA.replace("changes()", "0") + OURS)
        return place
    return make_one


@pytest.mark.parametrize("who", ["root", "account"])
@pytest.mark.parametrize("number", range(len(STATEMENTS)))
def test_as_sqlite(make, number, who):
    place, statement = make(), STATEMENTS[number]
    outcome, contents = expected(statement)
    if who == "root":
        response = place.server.post_sql(statement, ns=place.ns, db=place.db, login=("root", "secret-password"))
    else:
        response = place.server.post_sql(statement, token=place.signin("account", name="ada"))
    one = response.json()[0] if response.status_code == 200 else response.json()
    assert (one.get("status") == "OK") == (outcome is not None), one
    if outcome is not None:
        assert [list(row.values()) for row in one["result"]] == outcome
    assert all_rows(lambda sql: [list(row.values()) for row in place.root(sql)[0]["result"]]) == contents


@pytest.mark.parametrize("last", ["(1, 'again')", "(61, 'x', 1)", "(61, 'x'", "(61, x)", "(61, $x)"])
def test_a_failing_row_undoes_all(make, last):
    place = make()
    for sql in ("INSERT INTO keyed (id, name) VALUES {}, {}", "BEGIN; INSERT INTO keyed (id, name) VALUES {}, {}; COMMIT"):
        response = place.server.post_sql(sql.format(numbered(60), last), ns=place.ns, db=place.db,
                                         login=("root", "secret-password"))
        assert response.status_code == 400 or "ERR" in response.text
        assert one_value(place.root("SELECT count(*) FROM keyed")) == 0


def test_its_changes_are_its_own(make):
    place = make()
    token = place.signin("account", name="ada")
    objects = place.sql(f"INSERT INTO keyed (id, name) VALUES {numbered(60)}; SELECT changes(), last_insert_rowid()", token)
    assert objects[0]["changes"] == 60
    assert list(objects[1]["result"][0].values()) == [60, 60]


def test_many_lists_in_one_body(make):
    """Each with its own rows, in one transaction and beside variables and literals that are bound."""
    place = make()
    token = place.signin("account", name="ada")
    body = "BEGIN; "
    for batch in range(13):
        body += f"INSERT INTO keyed (id, name) VALUES {numbered(40, f'b{batch}', 1 + 40 * batch)}; "
        body += f"UPDATE keyed SET n = {batch} WHERE id = {1 + 40 * batch} AND name <> $x; "
    objects = place.sql(body + "COMMIT; SELECT count(*), sum(n), count(DISTINCT name) FROM keyed", token, vars={"x": "no"})
    assert [one["status"] for one in objects] == ["OK"] * len(objects), [one for one in objects if code_of(one) != "cancelled"]
    assert list(objects[-1]["result"][0].values()) == [520, 7 * 507 + sum(range(13)), 520]


def test_a_variable_that_is_the_same_in_each_row(make):
    place = make()
    token = place.signin("account", name="ada")
    place.ok("CREATE TABLE mine (id INTEGER PRIMARY KEY, owner INTEGER, name TEXT, more);"
             "DEFINE TABLE mine PERMISSIONS WHERE owner = $auth.id;"
             "DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth.id")
    rows = lambda *cells, count=50: ", ".join(  # noqa: E731
        f"({number}, " + ", ".join(cells).replace("#", str(number)) + ")" for number in range(1, count + 1))
    insert = lambda rows, **vars: place.sql("DELETE FROM mine; INSERT INTO mine VALUES " + rows, token, vars=vars)[1]  # noqa: E731
    assert insert(rows("$auth.id", "'n#'", "$x"), x="it's")["changes"] == 50
    assert place.root("SELECT DISTINCT owner, more FROM mine")[0]["result"] == [{"owner": 1, "more": "it's"}]
    assert insert(rows("$auth.id", "$name", ":x"), x=2.5, name="n")["changes"] == 50
    assert insert(rows("?2", "?1", "?2") + " RETURNING ?3", **{"1": "n", "2": 1, "3": 4})["changes"] == 50
    assert insert(rows("$auth.id", "changes()", "$x"), x=1)["changes"] == 50
    assert code_of(insert(rows("$owner", "'n#'", "1"), owner=2)) == "permission_denied"
    (gone, missing) = place.sql("DELETE FROM mine; INSERT INTO mine VALUES " + rows("1", "$there", "$missing"), token,
                                vars={"there": 1})
    assert code_of(missing) == "not_found"
    # these differ from row to row
    values = {str(number): 1 for number in range(1, 160)}
    for number in range(1, 51):
        values[f"n{number}"] = 1
    assert insert(rows("$n#", "'n#'", "1"), **values)["changes"] == 50
    assert insert(rows("1", "'n#'", "1") + ", (51, 1, $x, 2)", x="last")["changes"] == 51
    assert insert(rows("1", "$x", "1") + ", (51, 1, 'last', 2)", x="first")["changes"] == 51
    assert place.root("SELECT name FROM mine WHERE id IN (1, 51)")[0]["result"] == [{"name": "first"}, {"name": "last"}]
    assert insert(rows("?", "?", "?"), **values)["changes"] == 50


def test_the_same_text_again(make):
    """And one of the same form with other values: nothing of the first is remembered."""
    place = make()
    token = place.signin("account", name="ada")
    for first in (1, 101, 201, 301):
        (one,) = place.sql(f"INSERT INTO keyed (id, name) VALUES {numbered(40, first=first)} RETURNING id", token)
        assert [row["id"] for row in one["result"]] == list(range(first, first + 40))
    for _ in range(3):
        (one,) = place.sql(f"REPLACE INTO keyed (id, name) VALUES {numbered(40)}", token)
        assert one["changes"] == 40
    assert one_value(place.root("SELECT count(*) FROM keyed")) == 160


@pytest.mark.parametrize("sql", [
    "SELECT * FROM _bailiwick_literal_rows",
    "SELECT * FROM _bailiwick_literal_rows(1)",
    "SELECT * FROM _bailiwick_literal_rows($rows)",
    "SELECT * FROM main._bailiwick_literal_rows('x')",
    "SELECT count(*) FROM \"_BAILIWICK_LITERAL_ROWS\"",
    "INSERT INTO _bailiwick_literal_rows VALUES (1)",
    f"INSERT INTO _bailiwick_literal_rows VALUES {numbered(100)}",
    "SELECT 1 IN _bailiwick_literal_rows",
    "CREATE VIEW v AS SELECT * FROM _bailiwick_literal_rows(1)",
    "CREATE VIRTUAL TABLE v USING _bailiwick_literal_rows",
    "CREATE TABLE v AS SELECT * FROM _bailiwick_literal_rows",
    "DROP TABLE _bailiwick_literal_rows",
])
@pytest.mark.parametrize("who", ["root", "account"])
def test_nobody_has_a_word_for_the_rows(make, sql, who):
    place = make()
    if who == "root":
        (one,) = place.root(sql, vars={"rows": "(1)"})
    else:
        (one,) = place.sql(sql, place.signin("account", name="ada"), vars={"rows": "(1)"})
    assert code_of(one) == "permission_denied"


def test_permissions_hold_for_each_row(make):
    place = make()
    place.ok("CREATE TABLE mine (id INTEGER PRIMARY KEY, owner INTEGER, note TEXT, secret TEXT, UNIQUE (note));"
             "DEFINE TABLE mine PERMISSIONS WHERE owner = $auth.id; DEFINE FIELD secret ON mine PERMISSIONS NONE")
    token = place.signin("account", name="ada")
    rows = lambda last: ", ".join(f"({i}, 1, 'n{i}')" for i in range(100)) + last  # noqa: E731
    for last in (", (100, 2, 'n100')", ", (100, NULL, 'n100')", ", (100, '1x', 'n100')", ", (50, 2, 'n50')"):
        (one,) = place.sql(f"INSERT INTO mine (id, owner, note) VALUES {rows(last)}", token)
        assert code_of(one) == "permission_denied", last
        assert one_value(place.root("SELECT count(*) FROM mine")) == 0
    (one,) = place.sql(f"INSERT INTO mine (id, owner, note, secret) VALUES {rows('').replace(chr(39) + ')', chr(39) + ', 1)')}",
                       token)
    assert code_of(one) in ("permission_denied", "not_found")
    (one,) = place.sql(f"INSERT INTO mine (id, owner, note) VALUES {rows('')} RETURNING *", token)
    assert [row["id"] for row in one["result"]] == list(range(100)) and "secret" not in one["result"][0]
    # a row that may not be made does not tell that its key is there
    place.ok("INSERT INTO mine VALUES (1000, 2, 'theirs', NULL)")
    (there,) = place.sql(f"INSERT INTO mine (id, owner, note) VALUES {rows(', (1000, 2, 0)')}", token)
    (free,) = place.sql(f"INSERT INTO mine (id, owner, note) VALUES {rows(', (1001, 2, 0)')}", token)
    assert code_of(there) == code_of(free) == "permission_denied"
