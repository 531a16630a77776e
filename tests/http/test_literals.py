"""Texts that differ in literals alone share a plan, and give what each would give alone: what plain SQLite gives."""

import base64
import itertools
import re
import sqlite3

import pytest
from expect import code_of, codes, one_value, rows, values

TABLE = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER, s TEXT, n NUMERIC, r REAL, b BLOB, x, k TEXT COLLATE NOCASE,
                    u TEXT UNIQUE)"""
STRICT = "CREATE TABLE strict (id INTEGER PRIMARY KEY, i INT, s TEXT, r REAL, b BLOB, x ANY) STRICT"
ROWS = [
    "2, 5, '5', 5, 5, '5', 5, 'abc', 'p'",
    "3, -7, '-7', '-7', -7.0, x'2d37', '-7', 'ABC', 'q'",
    "4, 5.5, '5.5', '5.5', '5.5', 5.5, '5.5', 'it''s', 'r'",
    "5, '12', '012', '012', '012', x'ff', 12, '', 's'",
    "6, 'abc', 'abc', 'abc', 'abc', 'abc', 'abc', 'Abc', 't'",
    "7, 0, '', 0.0, 0, x'', 1, NULL, 'u'",
    "8, 9007199254740993, '9007199254740993', 9007199254740993, 0.30000000000000004, NULL, 0.3, 'É', 'v'",
    "9, 9223372036854775807, '9223372036854775808', 9223372036854775808, 1e300, NULL, -9223372036854775808, 'é', 'w'",
]
COLUMNS = ["id", "i", "s", "n", "r", "b", "x", "k"]
LITERALS = [
    "5", "-7", "12", "0", "1", "-1", "007", "5.5", "5.0", "-7.0", "0.3", "0.30000000000000004", "'5'", "'-7'", "'5.0'", "'012'",
    "'abc'", "'ABC'", "'it''s'", "''", "' 5 '", "x'35'", "x''", "x'FF'", "0x05", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "9007199254740993", "9007199254740992.0", "1e300", "'é'", "NULL", "TRUE",
]
COMPARISONS = ["=", "<>", "<", ">=", "IS"]


class Both:
    """The same statements for the server, as its owner and a scope's user, and for SQLite."""

    def __init__(self, place):
        self.place = place
        self.plain = sqlite3.connect(":memory:", isolation_level=None)
        for sql in (TABLE, STRICT, *(f"INSERT INTO t VALUES ({row})" for row in ROWS)):
            self.plain.execute(sql)
            place.ok(sql)
        place.ok("""
            CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO user VALUES (2, 'ada'), (3, 'bob');
            DEFINE TABLE user PERMISSIONS FOR select WHERE id = $auth.id;
            DEFINE TABLE t PERMISSIONS FULL; DEFINE TABLE strict PERMISSIONS FULL;
            DEFINE SCOPE account SIGNIN (SELECT id FROM user WHERE name = $name)""")
        self.token = place.signin("account", name="ada")

    def askers(self):
        return [self.place.root, lambda sql: self.place.sql(sql, self.token)]

    def expected(self, sql):
        try:
            cursor = self.plain.execute(sql)
            return [d[0] for d in cursor.description or []], [tuple(map(shown, row)) for row in cursor.fetchall()]
        except sqlite3.Error:
            return None

    def check(self, texts):
        """Each text by everybody."""
        for ask in self.askers():
            for sql in texts:
                assert_same(ask(sql)[0], self.expected(sql), sql)


def shown(value):
    return ("blob", value.hex()) if isinstance(value, bytes) else value


def assert_same(one, expected, sql):
    if expected is None:
        assert one["status"] == "ERR", sql
        return
    assert one["status"] == "OK", (sql, one)
    columns, wanted = expected
    got = [tuple(("blob", bytes_of(v)) if isinstance(v, dict) else v for v in row.values()) for row in one["result"]]
    assert sorted(map(repr, got)) == sorted(map(repr, wanted)), sql
    if one["result"]:
        assert [re.sub(r":\d+$", "", name) for name in one["result"][0]] == columns, sql


def bytes_of(value):
    return base64.b64decode(value["$base64"]).hex()


@pytest.fixture(scope="module")
def both(new_place):
    return Both(new_place())


@pytest.mark.parametrize("column", COLUMNS)
def test_comparisons_by_each_affinity_and_collation(both, column):
    for comparison in COMPARISONS:
        texts = [f"SELECT id FROM t WHERE {column} {comparison} {literal}" for literal in LITERALS]
        both.check(texts)
    both.check([f"SELECT id FROM t WHERE {literal} < {column}" for literal in LITERALS])
    both.check([f"SELECT id FROM t WHERE NOT ({column} >= {literal} OR id > 6)" for literal in LITERALS])


@pytest.mark.parametrize("column", COLUMNS)
def test_lists_and_ranges(both, column):
    pairs = list(itertools.product(LITERALS[::3], LITERALS[1::3]))
    both.check([f"SELECT id FROM t WHERE {column} BETWEEN {low} AND {high}" for low, high in pairs])
    both.check([f"SELECT id FROM t WHERE {column} IN ({low}, {high})" for low, high in pairs])
    both.check([f"SELECT id FROM t WHERE {column} NOT IN ({literal})" for literal in LITERALS])


COMPUTED = ["lower(k)", "CAST(s AS INTEGER)", "CAST(i AS TEXT)", "x + i", "-r", "n || ''", "k COLLATE BINARY", "k COLLATE RTRIM",
            "(SELECT max(b) FROM t)", "CASE WHEN id > 4 THEN s ELSE i END", "coalesce(k, n)", "json_array(i) ->> 0", "likely(i)"]


@pytest.mark.parametrize("term", COMPUTED)
def test_comparisons_with_what_is_computed(both, term):
    both.check([f"SELECT id FROM t WHERE {term} = {literal}" for literal in LITERALS])
    both.check([f"SELECT id FROM t WHERE {literal} > {term} OR {term} IN ({literal}, 6)" for literal in LITERALS[::2]])
    both.check([f"SELECT k, count(*) AS c FROM t GROUP BY k HAVING max({term}) >= {literal}" for literal in LITERALS[::2]])


def test_comparisons_of_rows(both):
    pairs = list(itertools.product(LITERALS[::3], LITERALS[1::3]))
    for comparison in ("=", "<", ">=", "IS NOT"):
        both.check([f"SELECT id FROM t WHERE (i, s) {comparison} ({a}, {b})" for a, b in pairs])
    both.check([f"SELECT id FROM t WHERE (r, {a}) < ({b}, n)" for a, b in pairs])


def test_sums_are_stored_alike(both):
    columns = ["i", "s", "n", "r", "b", "x"]
    copy = "INSERT INTO t (id, i, s, n, r, b, x) SELECT id + 200, i, s, n, r, b, x FROM t WHERE id < 10"
    for who, operator in itertools.product(both.askers(), "+-*"):
        for sql in ("DELETE FROM t WHERE id > 200", copy):
            both.plain.execute(sql)
            both.place.ok(sql)
        for column, literal in itertools.product(columns, LITERALS[::4]):
            sql = f"UPDATE t SET {column} = {column} {operator} {literal}, k = {literal} + n WHERE id > 200"
            both.plain.execute(sql)
            assert codes(who(sql)) == ["OK"]
            assert_same(who("SELECT i, s, n, r, b, x, k FROM t")[0], both.expected("SELECT i, s, n, r, b, x, k FROM t"), sql)
    both.plain.execute("DELETE FROM t WHERE id > 200")
    both.place.ok("DELETE FROM t WHERE id > 200")


def test_what_stays_in_the_text(both):
    """Places and names depend on what is written."""
    for n in (1, 2, 3, 1, 2):
        both.check([f"SELECT id, s, n FROM t WHERE i <> {n + 4} ORDER BY {n} LIMIT {n} OFFSET {n - 1}",
                    f"SELECT {n}, i = {n + 4}, 'x{n}', (SELECT s FROM t WHERE id = {n + 2}) FROM t WHERE id = {n + 3}",
                    f"SELECT a FROM (SELECT id + {n} AS a, {n} FROM t WHERE id <> {n + 3}) WHERE a > {n + 5}",
                    f"SELECT i, count(*) AS c FROM t WHERE id > {n} GROUP BY {n} HAVING c > {n - 1}",
                    f"SELECT id FROM t WHERE s LIKE '%{n}%' AND id > {n}",
                    f"SELECT id FROM t WHERE substr(s, {n}, {n}) = '{n}' OR id + {n} = {n + 4} OR id = {n + 2}",
                    f"SELECT id FROM t WHERE {n} = 2 AND id > 3",
                    f"SELECT id FROM t WHERE id > {n} UNION SELECT {n} FROM t WHERE id = {n + 1} ORDER BY 1 LIMIT 2, 3",
                    f"WITH c(a) AS (VALUES ({n})) SELECT a FROM c, t WHERE t.id = {n + 4} AND a > {n - 2}",
                    f"SELECT id, sum(i) OVER (ORDER BY id ROWS {n} PRECEDING) AS s FROM t WHERE id < {n + 4}",
                    f"SELECT value FROM json_each('[{n}, 5]') WHERE value <> {n + 1}"])


def test_values_are_stored_alike(both):
    columns = ["i", "s", "n", "r", "b", "x", "k"]
    for table in ("t", "strict"):
        some = columns if table == "t" else ["i", "s", "r", "b", "x"]
        for number, (literal, column) in enumerate(itertools.product(LITERALS, some)):
            ask, key = both.askers()[number % 2], 1000 + number
            sql = f"INSERT INTO {table} (id, {column}) VALUES ({key}, {literal})"
            try:
                both.plain.execute(sql)
            except sqlite3.Error:
                assert ask(sql)[0]["status"] == "ERR", sql
                continue
            assert ask(sql)[0]["status"] == "OK", sql
            update = f"UPDATE {table} SET {column} = {literal} WHERE id = {key}"
            assert ask(update)[0]["status"] == "OK", update
        look = f"SELECT id, {', '.join(f'{c}, typeof({c}) AS t{c}' for c in some)} FROM {table} WHERE id > 999"
        both.check([look])


def test_conflicts(both):
    for n, (key, text) in enumerate([(2, "p"), (300, "q"), (301, "new"), (2, "r"), (302, "it''s")]):
        upsert = (f"INSERT INTO t (id, u, s) VALUES ({key + 50000}, '{text}', 'first') "
                  f"ON CONFLICT (u) DO UPDATE SET s = 'again {n}', i = {n} WHERE t.id < {9 + n}")
        both.plain.execute(upsert)
        assert codes(both.place.root(upsert)) == ["OK"]
        both.check([f"SELECT id, u, s, i FROM t WHERE u = '{text}'"])
        ignore = f"INSERT OR IGNORE INTO t (id, u) VALUES ({key}, 'other {n}')"
        both.plain.execute(ignore)
        assert both.place.root(ignore)[0]["changes"] == both.plain.execute("SELECT changes()").fetchone()[0]
        taken = f"INSERT INTO t (u) VALUES ('{text}')"
        for ask in both.askers():
            assert codes(ask(taken)) == ["constraint_violation"], taken


def test_partial_indexes(place):
    place.ok("CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT, at INTEGER);"
             "CREATE INDEX live ON job (at) WHERE state = 'live'; CREATE UNIQUE INDEX one ON job (at) WHERE state = 'one'")
    place.ok("INSERT INTO job (state, at) SELECT 'done', value FROM json_each($rows)", {"rows": list(range(50))})
    place.ok("INSERT INTO job (state, at) VALUES ('live', 7), ('one', 8), ('live', 9)")
    place.ok("CREATE TABLE user (id INTEGER PRIMARY KEY); INSERT INTO user VALUES (9); DEFINE TABLE user PERMISSIONS FULL;"
             "DEFINE TABLE job PERMISSIONS FOR select WHERE at < $auth.id; DEFINE SCOPE account SIGNIN (SELECT id FROM user)")
    token = place.signin("account")
    for state, at, wanted in [("live", 7, 1), ("one", 8, 1), ("live", 8, 0), ("done", 7, 1), ("live", 9, 1), ("x", 9, 0)]:
        for _ in range(3):
            sql = f"SELECT count(*) FROM job WHERE state = '{state}' AND at = {at}"
            assert one_value(place.root(sql)) == wanted
            assert one_value(place.sql(sql, token)) == (wanted if at < 9 else 0)
        hinted = place.root(f"SELECT count(*) FROM job INDEXED BY live WHERE state = '{state}' AND at = {at}")
        assert codes(hinted) == (["OK"] if state == "live" else ["sqlite_error"])
    assert codes(place.root("INSERT INTO job (state, at) VALUES ('one', 8)")) == ["constraint_violation"]
    assert codes(place.root("INSERT INTO job (state, at) VALUES ('two', 8)")) == ["OK"]
    assert codes(place.root("INSERT INTO job (state, at) VALUES ('one', 8) ON CONFLICT (at) WHERE state = 'one' DO NOTHING")) == ["OK"]
    assert codes(place.root("INSERT INTO job (state, at) VALUES ('one', 8) ON CONFLICT (at) WHERE state = 'two' DO NOTHING")) == ["sqlite_error"]


def test_places_are_those_of_the_text_that_was_sent(both):
    for text in ("x", "a much longer one", "", "it''s", "é"):
        sql = f"SELECT id\nFROM t WHERE s = '{text}' AND k = $missing"
        for ask in both.askers():
            (one,) = ask(sql)
            assert code_of(one) == "not_found" and one["result"] == "no such variable: $missing"
            assert (one["line"], one["column"]) == (2, sql.split("\n")[1].index("$missing") + 1)
        sql = f"SELECT id FROM t WHERE s = '{text}' AND missing = {len(text) + 2}"
        (one,) = both.place.sql(sql, both.token)
        assert (code_of(one), one["column"]) == ("not_found", sql.index("missing") + 1)
        response = both.place.server.post_sql(f"SELECT id FROM t WHERE s = '{text}' AND AND", token=both.token)
        assert response.status_code == 400 and response.json()["column"] == len(f"SELECT id FROM t WHERE s = '{text}' AND ") + 1
        statements = [f"SELECT id FROM t WHERE s = '{text}'", f"SELECT id FROM t WHERE i = 5 AND s <> '{text}' AND k = $gone"]
        one = both.place.sql(";\n".join(statements), both.token)[1]
        assert (one["line"], one["column"]) == (2, statements[1].index("$gone") + 1)


@pytest.fixture
def notes(place):
    place.ok("""
        CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO user VALUES (2, 'ada'), (3, 'bob');
        CREATE TABLE note (id INTEGER PRIMARY KEY, author INTEGER, text TEXT, hidden TEXT DEFAULT 'hidden');
        INSERT INTO note (id, author, text) VALUES (10, 2, 'a10'), (11, 2, 'a11'), (12, 3, 'b12');
        DEFINE TABLE user PERMISSIONS FOR select WHERE id = $auth.id;
        DEFINE TABLE note PERMISSIONS FOR select, delete WHERE author = $auth.id, FOR create WHERE author = $auth.id AND text <> 'never',
            FOR update WHERE author = $auth.id AND text <> 'fixed';
        DEFINE FIELD hidden ON note PERMISSIONS FOR select NONE, FOR create, update NONE;
        DEFINE SCOPE account SIGNIN (SELECT id FROM user WHERE name = $name)""")
    return place


def test_permissions_hold_for_every_value(notes):
    ada, bob = (notes.signin("account", name=name) for name in ("ada", "bob"))
    for _ in range(2):
        for key, of_ada, of_bob in [(10, 1, 0), (12, 0, 1), (11, 1, 0), (99, 0, 0)]:
            sql = f"SELECT text FROM note WHERE id = {key}"
            assert len(rows(notes.sql(sql, ada))) == of_ada and len(rows(notes.sql(sql, bob))) == of_bob
            assert len(rows(notes.root(sql))) == of_ada + of_bob
            assert code_of(notes.sql(f"SELECT text FROM note WHERE hidden = 'hidden' AND id = {key}", ada)[0]) == "not_found"
    for author, text, wanted in [(2, "x", "OK"), (3, "x", "permission_denied"), (2, "never", "permission_denied"), (2, "fixed", "OK")]:
        assert codes(notes.sql(f"INSERT INTO note (author, text) VALUES ({author}, '{text}')", ada)) == [wanted]
        assert codes(notes.sql(f"UPDATE note SET text = '{text}', author = {author} WHERE id = 11 AND author <> {author + 1}", ada))[0] in (
            ["OK"] if wanted == "OK" and text != "fixed" else ["OK", "permission_denied"])
    for key, author in [(10, 3), (10, 2), (12, 2)]:
        one = notes.sql(f"UPDATE note SET author = {author} WHERE id = {key}", ada)[0]
        assert code_of(one) == ("permission_denied" if author == 3 else "OK")
        assert author == 3 or one["changes"] == (1 if key == 10 else 0)
    for text in ("a", "b"):
        assert codes(notes.sql(f"UPDATE note SET hidden = '{text}' WHERE id = 10", ada)) == ["permission_denied"]
    assert values(notes.root("SELECT author, hidden FROM note WHERE id IN (10, 12)")) == [(2, "hidden"), (3, "hidden")]


def test_nobody_meets_anothers_literals(notes):
    """Of the one who came first nothing is left but the text around: not in names, messages, or explanations."""
    ada, bob = (notes.signin("account", name=name) for name in ("ada", "bob"))
    secret = "ada's own"
    for value in (secret, secret + "!", "x"):
        quoted = value.replace("'", "''")
        for sql in (f"SELECT id, text = '{quoted}' FROM note WHERE text = '{quoted}' OR id = 12",
                    f"SELECT id, (SELECT text FROM note WHERE text = '{quoted}') FROM note WHERE text = '{quoted}' OR id = 12",
                    f"SELECT id FROM note WHERE text = '{quoted}' AND missing = 5",
                    f"SELECT id FROM note WHERE text = '{quoted}' AND author = $missing",
                    f"INSERT INTO note (author, text) VALUES (7, '{quoted}') RETURNING id, '{quoted}'",
                    f"BEGIN; UPDATE note SET text = '{quoted}' WHERE id = 12; SELECT text FROM note WHERE id = 12; CANCEL"):
            for who in (ada, bob) if secret in value else (bob,):
                answer = notes.server.post_sql(sql, token=who).text
                if secret not in value:
                    assert "ada" not in answer, answer
    explained = rows(notes.root("EXPLAIN PERMISSIONS FOR SCOPE account ID 3 SELECT id FROM note WHERE text = 'mine' AND id = 12"))
    assert "'mine'" in explained[0]["sql"] and "?" not in explained[0]["sql"].split("mine")[1]


def test_changed_definitions_count_at_once(notes):
    ada = notes.signin("account", name="ada")

    def found(key):
        return len(rows(notes.sql(f"SELECT text FROM note WHERE id = {key}", ada)))

    assert [found(10), found(11), found(12)] == [1, 1, 0]
    notes.ok("DEFINE TABLE OVERWRITE note PERMISSIONS FOR select WHERE author <> $auth.id")
    assert [found(10), found(11), found(12)] == [0, 0, 1]
    notes.ok("DROP TABLE note; CREATE TABLE note (id TEXT, text); INSERT INTO note VALUES ('11', 5); DEFINE TABLE OVERWRITE note PERMISSIONS FULL")
    assert [found(10), found(11), found("'11'")] == [0, 1, 1]
    notes.ok("ALTER TABLE note RENAME COLUMN text TO words")
    assert code_of(notes.sql("SELECT text FROM note WHERE id = 13", ada)[0]) == "not_found"


def test_transactions(notes):
    for key in (20, 21, 22):
        objects = notes.root(f"BEGIN; INSERT INTO note (id, author, text) VALUES ({key}, 2, 'n{key}'); "
                             f"UPDATE note SET text = 'm{key}' WHERE id = {key}; SELECT text FROM note WHERE id = {key}; COMMIT")
        assert codes(objects) == ["OK"] * 5 and objects[3]["result"] == [{"text": f"m{key}"}]
    objects = notes.root("BEGIN; INSERT INTO note (id, author, text) VALUES (23, 2, 'n23'); "
                         "UPDATE note SET text = 'm23' WHERE id = 23; SELECT text FROM missing WHERE id = 23; COMMIT")
    assert codes(objects) == ["cancelled", "cancelled", "cancelled", "not_found", "cancelled"]
    for key in (24, 25, 24):
        objects = notes.root(f"INSERT INTO note (id, author) VALUES ({key}, 2); DELETE FROM note WHERE id = 24 AND author = {key - 22}")
        assert codes(objects) == ["OK", "OK"]
    assert one_value(notes.root("SELECT count(*) FROM note WHERE id > 22")) == 1


def test_plans_are_shared(fresh_server):
    """The server counts them; of those that may not be shared each text has its own."""
    server = fresh_server
    server.make_database("a", "b", "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)")
    for key in range(2, 22):
        for sql in (f"INSERT INTO t VALUES ({key}, 's{key}')", f"SELECT s FROM t WHERE id = {key}", f"SELECT {key} FROM t"):
            assert code_of(server.root(sql, ns="a", db="b")[0]) == "OK"
    assert shared_plans(server) == (38, 0)


def test_plans_that_depend_on_values_are_not_shared(fresh_server):
    """Where a partial index may be used SQLite would prepare the statement anew for each value."""
    server = fresh_server
    server.make_database("a", "b", "CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT, at INTEGER, gone INTEGER);"
                                   "CREATE INDEX live ON job (at) WHERE state = 'live';"
                                   "CREATE UNIQUE INDEX one ON job (at) WHERE gone IS NULL")
    for round in range(2):
        for number in range(2, 22):
            server.root_ok(f"SELECT id FROM job WHERE state = 's{number}' AND at = {number}", ns="a", db="b")
            server.root_ok("SELECT id FROM job WHERE state = 'live' AND at = 5", ns="a", db="b")
    assert shared_plans(server)[0] < 10
    server.start()
    for number in range(2, 22):
        server.root_ok(f"SELECT id FROM job WHERE at = {number} AND gone IS NULL", ns="a", db="b")
    assert shared_plans(server)[0] == 19


def shared_plans(server):
    """How many statements have shared a plan, and how many could not; the server is stopped."""
    server.stop()
    (line,) = [line for line in server.log if "shared a plan but for their literals" in line]
    shared, unshared = re.findall(r"\d+", line)
    return int(shared), int(unshared)


def test_many_kinds_do_no_harm(place):
    """More kinds than are remembered, and more literals than are bound."""
    place.ok("CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (5, 'five'), (70, 'seventy')")
    for batch in range(0, 5000, 250):
        sql = ";".join(f"SELECT s AS n{n} FROM t WHERE id = 5" for n in range(batch, batch + 250))
        assert codes(place.root(sql)) == ["OK"] * 250
        assert values(place.root(f"SELECT s AS n{batch} FROM t WHERE id = 5")) == [("five",)]
        assert values(place.root(f"SELECT s AS n{batch} FROM t WHERE id = 70")) == [("seventy",)]
    for count in (63, 64, 65, 200):
        for first in (5, 70):
            items = ", ".join(map(str, [first] + list(range(100, 99 + count))))
            assert rows(place.root(f"SELECT id FROM t WHERE id IN ({items})")) == [{"id": first}]
    many = ", ".join(f"({n}, 's{n}')" for n in range(1000, 1100))
    assert place.root(f"INSERT INTO t VALUES {many}")[0]["changes"] == 100
