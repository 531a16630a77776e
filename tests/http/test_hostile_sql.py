"""SQL that means harm: each statement ends in a code and within its time, and the server goes on.

The server is started with a short --statement-timeout; everything is done by an owner, whom nothing but the limits stops,
and again by a scope user.
"""

import json
import threading
import time

import client
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import code, codes, one_value, rows, values

SECONDS = 1
# Of a statement that nothing stops. Much more than a statement may take and what cannot be stopped within it, for a
# machine that is busy with other things, and for sanitizers.
PATIENCE = 100 * SECONDS
ENDED = ("timeout", "limit_exceeded")
REFUSED = (*ENDED, "parse_error", "permission_denied", "not_found", "sqlite_error", "invalid_value")

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
DIGITS = "(VALUES " + ", ".join(f"({i})" for i in range(10)) + ")"


@pytest.fixture(scope="module")
def server():
    with client.running("--statement-timeout", f"{SECONDS}s") as running:
        running.make_database("h", "h", """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); DEFINE TABLE t PERMISSIONS FULL; DEFINE SCOPE s SIGNIN (SELECT id FROM t WHERE id = 1)""")
        running.root_ok("INSERT INTO t (a) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT 'row ' || i FROM n",
                        "h", "h")
        running.tokens = {"owner": running.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD}), "scope": running.token(NS="h", DB="h", SC="s")}
        yield running


@pytest.fixture(params=["owner", "scope"])
def ask(server, request):
    def call(sql, vars=None, **options):
        began = time.monotonic()
        response = server.post_sql(sql, token=server.tokens[request.param], ns="h", db="h", vars=vars, **options)
        assert time.monotonic() - began < PATIENCE
        return response

    yield call
    began = time.monotonic()
    assert one_value(server.root("SELECT count(*) FROM t", "h", "h")) == 3000
    assert time.monotonic() - began < PATIENCE


def code_of(response):
    """The code of a statement that failed, or of a request that was refused as a whole."""
    if response.status_code in (400, 413):
        body = response.json()
        assert body["code"] == response.status_code and body["information"]
        return "parse_error" if response.status_code == 400 else "limit_exceeded"
    assert response.status_code == 200, response.text[:300]
    objects = response.json()
    return codes(objects)[-1] if objects else "OK"


# --- what never ends ---


@pytest.mark.parametrize("sql", [
    ENDLESS + "SELECT count(*) FROM n", ENDLESS + "SELECT i FROM n WHERE i < 0", ENDLESS + "SELECT max(i) FROM n ORDER BY 1",
    f"SELECT count(*) FROM {', '.join(f'{DIGITS} AS d{i}' for i in range(12))}", "SELECT count(*) FROM t AS a, t AS b, t AS c, t AS d",
    "SELECT count(*) FROM t AS a JOIN t AS b ON a.a LIKE '%' || b.id || '%' JOIN t AS c ON abs(c.id) > b.id",
    "SELECT a.id FROM t AS a, t AS b, t AS c ORDER BY random() LIMIT 1", "SELECT DISTINCT a.id + b.id * c.id FROM t AS a, t AS b, t AS c",
    "SELECT sum(a.id) OVER (ORDER BY b.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t AS a, t AS b",
    "WITH a(x) AS (SELECT 1 UNION ALL SELECT 1), " + ", ".join(f"{chr(98 + i)}(x) AS (SELECT 1 FROM {chr(97 + i)} AS l, {chr(97 + i)} AS r)" for i in range(7))
    + " SELECT count(*) FROM h", "UPDATE t SET a = (SELECT count(*) FROM t AS x, t AS y, t AS z WHERE x.id > t.id)",
    "DELETE FROM t WHERE (SELECT count(*) FROM t AS x, t AS y, t AS z) < 0", "INSERT INTO t (a) SELECT 'x' FROM t AS a, t AS b, t AS c",
    ENDLESS + "INSERT INTO t (a) SELECT i FROM n", "SELECT count(*) FROM t AS a LEFT JOIN t AS b ON a.id <> b.id LEFT JOIN t AS c ON b.id <> c.id",
], ids=lambda sql: sql[:60])
def test_endless_statements(ask, sql):
    assert code_of(ask(sql)) in ENDED


def test_endless_rows(ask):
    """They are streamed until the time is over, and the JSON is whole."""
    response = ask(ENDLESS + "SELECT i FROM n")
    (one,) = response.json()
    assert (one["status"], one["code"]) == ("ERR", "timeout") and isinstance(one["result"], list) and one["result"]


def test_what_follows_a_timeout_is_run(ask):
    response = ask(f"SELECT 1; {ENDLESS}SELECT count(*) FROM n; SELECT 2")
    assert codes(response.json()) == ["OK", "timeout", "OK"]


def test_a_block_has_one_time_for_all(server):
    some = ENDLESS.replace("FROM n)", "FROM n WHERE i < 1500000)") + "SELECT count(*) FROM n"
    began = time.monotonic()
    objects = server.root("BEGIN; INSERT INTO t (a) VALUES ('x'); " + f"{some}; " * 60 + "COMMIT", "h", "h")
    assert time.monotonic() - began < PATIENCE
    assert "timeout" in codes(objects) and "OK" not in codes(objects)
    assert one_value(server.root("SELECT count(*) FROM t", "h", "h")) == 3000


def test_others_are_served_meanwhile(server):
    threads = [threading.Thread(target=server.post_sql, args=(ENDLESS + "SELECT count(*) FROM n",), kwargs={"token": server.tokens["owner"], "ns": "h", "db": "h"})
               for _ in range(4)]
    for thread in threads:
        thread.start()
    with client.requests.Session() as session:
        for _ in range(5):
            assert session.get(server.url + "/health", timeout=PATIENCE).status_code == 200
            response = session.post(server.url + "/sql", "SELECT 1", headers={"Authorization": f"Bearer {server.tokens['scope']}"}, timeout=PATIENCE)
            assert codes(response.json()) == ["OK"]
    for thread in threads:
        thread.join()


# --- what is too large ---


@pytest.mark.parametrize("sql", [
    "SELECT zeroblob(2147483647)", "SELECT zeroblob(900000000)", "SELECT zeroblob(9223372036854775807)", "SELECT randomblob(2000000000)",
    "SELECT hex(zeroblob(60000000))", "SELECT printf('%.*c', 999999999, 'x')", "SELECT printf('%999999999d', 1)", "SELECT format('%.999999999f', 1.5)",
    "SELECT printf('%*d', 2000000000, 1)", "SELECT length(printf('%.*c', 999999999, 'x'))", "SELECT replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000)))",
    "SELECT group_concat(hex(zeroblob(100000)), hex(zeroblob(100000))) FROM t", "SELECT quote(zeroblob(100000000))",
    "WITH RECURSIVE n(i, s) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, s || s FROM n) SELECT max(length(s)) FROM n",
    ENDLESS + "SELECT group_concat(i) FROM n", ENDLESS + "SELECT json_group_array(i) FROM n", ENDLESS + "SELECT json_group_object(i, i) FROM n",
    "SELECT json_array(zeroblob(1), hex(zeroblob(50000000)))", "SELECT count(*) FROM t AS a, t AS b GROUP BY a.a || b.a || hex(zeroblob(1000))",
    "SELECT sum(length(a.a || zeroblob(17000000))) FROM t AS a", "SELECT json_set('{}', '$.a', hex(zeroblob(40000000)))",
], ids=lambda sql: sql[:60])
def test_huge_values(ask, sql):
    assert code_of(ask(sql)) in REFUSED


@pytest.mark.skipif(client.IS_SANITIZED, reason="the sanitizer keeps what was freed")
def test_huge_values_do_not_stay(server):
    """A hundred times what one statement may have, one after the other: the memory is given back."""
    def resident():
        with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    sql = "SELECT length(hex(randomblob(10000000)))"
    server.root(sql, "h", "h")
    before = resident()
    for _ in range(30):
        server.root(sql, "h", "h")
    assert resident() - before < 100 << 20


# --- patterns and searches that run away in one call ---


LONG = "hex(zeroblob(400000))"


@pytest.mark.parametrize("sql", [
    f"SELECT {LONG} LIKE '" + "%0" * 400 + "x'", f"SELECT {LONG} GLOB '" + "*0" * 400 + "x'", f"SELECT {LONG} LIKE '" + "%_" * 490 + "'",
    f"SELECT {LONG} LIKE '" + "%" * 20000 + "'", f"SELECT {LONG} GLOB '*[0-9]*[0-9]*[0-9]*[0-9]*x'",
    f"SELECT {LONG} LIKE replace(hex(zeroblob(400)), '0', '%0') || 'x'", f"SELECT instr({LONG} || {LONG}, {LONG} || '1')",
    f"SELECT replace({LONG}, substr({LONG}, 1, 200000) || '1', 'x')", f"SELECT trim({LONG}, printf('%.800000c', '1'))",
    f"SELECT sum(instr({LONG}, substr({LONG}, 1, 300000) || a)) FROM t", f"SELECT count(*) FROM t WHERE {LONG} || a LIKE '%0%0%0%0%0%0%0x'",
    f"SELECT json_extract({LONG}, '$" + "[0]" * 900 + "')", "SELECT json('" + "[" * 100000 + "')", "SELECT json_valid('" + "[" * 100000 + "]" * 100000 + "')",
    "SELECT * FROM json_tree('" + "[" * 1500 + "]" * 1500 + "')", "SELECT json('" + '{"a":' * 50000 + "1" + "}" * 50000 + "')",
    "SELECT strftime('" + "%Y" * 100000 + "')", "SELECT unicode(char(" + ",".join(["1114111"] * 120) + "))", "SELECT 1e308 * 1e308, -1e308 * 1e308, 9e999 - 9e999",
    "SELECT -9223372036854775808 / -1, -9223372036854775808 % -1, 1 << 99, 1 >> -99, ~0, 1 / 0, 1 % 0", "SELECT substr('x', -9223372036854775808, 9223372036854775807)",
    "SELECT round(1e300, 2147483647), round(1.5, -9223372036854775808)", "SELECT date('now', '+9223372036854775807 days')", "SELECT CAST(1e19 AS INTEGER)",
], ids=lambda sql: sql[:60])
def test_runaway_functions(ask, sql):
    got = code_of(ask(sql))
    assert got == "OK" or got in REFUSED


# --- text that is too deep, long or odd ---


DEPTH = 1000
TEXTS = {
    "parentheses": "SELECT " + "(" * DEPTH + "1" + ")" * DEPTH,
    "more parentheses": "SELECT " + "(" * 100000 + "1" + ")" * 100000,
    "open parentheses": "SELECT " + "(" * 500000,
    "operators": "SELECT 1" + " + 1" * 50000,
    "concatenations": "SELECT 'a'" + " || 'a'" * 50000,
    "conjunctions": "SELECT 1" + " AND 1" * 50000,
    "negations": "SELECT " + "- " * 50000 + "1",
    "nots": "SELECT " + "NOT " * 50000 + "1",
    "comparisons": "SELECT 1" + " = 1" * 50000,
    "collations": "SELECT 'a'" + " COLLATE nocase" * 20000,
    "cases": "SELECT " + "CASE WHEN 1 THEN " * 20000 + "1" + " END" * 20000,
    "functions": "SELECT " + "abs(" * 20000 + "1" + ")" * 20000,
    "arguments": "SELECT max(" + ", ".join(["1"] * 50000) + ")",
    "sub-selects": "SELECT " + "(SELECT " * 5000 + "1" + ")" * 5000,
    "derived tables": "SELECT * FROM " + "(SELECT * FROM " * 2000 + "t" + ")" * 2000,
    "nested joins": "SELECT 1 FROM " + "(" * 2000 + "t" + ")" * 2000,
    "compounds": "SELECT 1" + " UNION ALL SELECT 1" * 600,
    "many compounds": "SELECT 1" + " UNION SELECT 1" * 50000,
    "compounds of values": "VALUES (1)" + " EXCEPT VALUES (1)" * 600,
    "columns": "SELECT " + ", ".join(["1"] * 20000),
    "joins": "SELECT 1 FROM " + ", ".join(f"t AS t{i}" for i in range(200)),
    "common tables": "WITH " + ", ".join(f"c{i} AS (SELECT 1)" for i in range(20000)) + " SELECT 1",
    "nested common tables": "WITH a AS (" * 1000 + "SELECT 1" + ") SELECT 1" * 1000,
    "doubling common tables": "WITH c0(x) AS (SELECT 1)" + "".join(f", c{i}(x) AS (SELECT a.x FROM c{i - 1} AS a, c{i - 1} AS b)" for i in range(1, 40)) + " SELECT count(*) FROM c39",
    "doubling unions": "WITH c0(x) AS (SELECT 1)" + "".join(f", c{i}(x) AS (SELECT x FROM c{i - 1} UNION ALL SELECT x FROM c{i - 1})" for i in range(1, 40)) + " SELECT count(*) FROM c39",
    "doubling guards": "WITH c0(x) AS (SELECT id FROM t)" + "".join(f", c{i}(x) AS (SELECT a.x FROM c{i - 1} AS a JOIN c{i - 1} AS b USING (x))" for i in range(1, 30)) + " SELECT count(*) FROM c29",
    "windows": "SELECT " + ", ".join(f"sum(id) OVER (PARTITION BY id % {i + 1})" for i in range(100)) + " FROM t",
    "variables": "SELECT " + ", ".join(f"?{i}" for i in range(1, 1900)),
    "a large variable": "SELECT ?4294967297", "variable beyond": "SELECT ?99999", "no variable": "SELECT ?0",
    "list of IN": "SELECT 1 IN (" + ", ".join(["1"] * 300000) + ")",
    "rows of VALUES": "VALUES " + ", ".join(["(1)"] * 300000),
    "a long name": "SELECT " + "x" * 1000000,
    "a long quoted name": 'SELECT 1 AS "' + "x" * 1000000 + '"',
    "a long text": "SELECT length('" + "x" * 3000000 + "')",
    "a long number": "SELECT " + "1" * 1000000, "a long real": "SELECT 0." + "1" * 1000000, "a huge exponent": "SELECT 1e" + "9" * 100000,
    "a long blob": "SELECT length(x'" + "00" * 1500000 + "')",
    "comment": "SELECT 1 /*" + "x" * 3000000 + "*/", "comments": "SELECT 1 " + "/**/" * 800000, "line comments": "--\n" * 1000000 + "SELECT 1",
    "semicolons": ";" * 4000000, "blanks": " " * 4000000 + "SELECT 1", "quotes": "'" * 3999999, "brackets": "[" * 3000000,
    "order by": "SELECT 1 ORDER BY " + ", ".join(["1"] * 50000), "group by": "SELECT 1 FROM t GROUP BY " + ", ".join(["id"] * 50000),
    "set": "UPDATE t SET " + ", ".join(["a = a"] * 50000) + " WHERE 0", "aliases": "SELECT 1 FROM t AS " + "t" * 100000,
    "upserts": "INSERT INTO t (id, a) VALUES (1, 'row 1')" + " ON CONFLICT (id) DO NOTHING" * 5000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_texts(ask, name):
    got = code_of(ask(TEXTS[name]))
    assert got == "OK" or got in REFUSED


@pytest.mark.parametrize("name", ["operators", "compounds", "more parentheses", "sub-selects", "columns", "joins", "doubling unions"])
def test_hostile_texts_are_refused(ask, name):
    assert code_of(ask(TEXTS[name])) in REFUSED


BYTES = [
    b"SELECT 1\0", b"\0SELECT 1", b"SELECT '\0'", b"SELECT \"\0\"", b"SELECT 1;\0\0\0", b"SELECT '\xff\xfe\x80'", b"\xff\xfe\xfd", b"SELECT \xc3",
    b"SELECT 1 AS \xf0\x9f\x98\x80", b"SELECT 1 AS \xff", b"SELECT '\xed\xa0\x80'", b"\xef\xbb\xbfSELECT 1", b"SELECT\x0b1", b"SELECT\x0c1", b"SELECT\xa01",
    b"SELECT\xe2\x80\xa81", b"SELECT 1 -- \xff\r\x00\n; SELECT 2", b"\x1b[31mSELECT 1", b"SELECT '\r\n\t\x01\x1f\x7f'", b"\r\rSELECT 1", bytes(range(256)),
    "SELECT '\ufeff\u202e\ufffe\uffff\U0010ffff'".encode(), "ＳＥＬＥＣＴ 1".encode(), "SELECT ‘1’".encode(),
]


@pytest.mark.parametrize("body", BYTES, ids=lambda body: repr(body)[:40])
def test_odd_bytes(ask, body):
    response = ask(body)
    assert response.status_code in (200, 400)
    json.loads(response.content.decode("utf-8", errors="strict"))


def test_many_variables(ask):
    some = {f"v{i}": i for i in range(900)}
    assert code_of(ask("SELECT $v0 + $v899", vars=some)) == "OK"
    assert code_of(ask("SELECT 1", vars={f"v{i}": i for i in range(50000)})) in ("OK", *REFUSED)
    assert code_of(ask("SELECT $" + "x" * 100000, vars={"x" * 100000: 1})) in ("OK", *REFUSED)


def test_statements_of_one_request_share_nothing_that_grows(ask):
    assert set(codes(ask("SELECT hex(zeroblob(100000)) WHERE 0;" * 1000).json())) == {"OK"}


@pytest.mark.parametrize("sql", [
    "CREATE TABLE wide (" + ", ".join(f"c{i}" for i in range(3000)) + ")",
    "DROP TABLE IF EXISTS c; CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES c ON DELETE CASCADE);"
    "INSERT INTO c WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, nullif(i - 1, 0) FROM n; DELETE FROM c WHERE id = 1",
    "DROP TABLE IF EXISTS r; CREATE TABLE r (a); CREATE TRIGGER g AFTER INSERT ON r BEGIN INSERT INTO r VALUES (new.a + 1); END; INSERT INTO r VALUES (1)",
    "CREATE VIEW v1 AS SELECT * FROM v2; CREATE VIEW v2 AS SELECT * FROM v1; SELECT * FROM v1",
    "DEFINE TABLE OVERWRITE t PERMISSIONS WHERE " + "(" * 3000 + "1" + ")" * 3000, "DEFINE SCOPE x SIGNIN (SELECT " + "1 + " * 20000 + "1)",
], ids=lambda sql: sql[:40])
def test_hostile_schemas(server, sql):
    began = time.monotonic()
    response = server.post_sql(sql, login=(ROOT_USER, ROOT_PASSWORD), ns="h", db="h")
    assert code_of(response) != "internal"
    assert time.monotonic() - began < PATIENCE
    assert one_value(server.root("SELECT count(*) FROM t", "h", "h")) == 3000


WINDOWS = "SELECT " + ", ".join(f"sum(id) OVER (PARTITION BY id % {i + 1})" for i in range(1000)) + " FROM t"


def test_preparing_has_a_time_too(ask):
    """What takes long before its first step."""
    assert code_of(ask(WINDOWS)) in REFUSED


DOUBLING = ["CREATE VIEW w0 AS SELECT 1 AS a"] + [f"CREATE VIEW w{i} AS SELECT x.a FROM w{i - 1} AS x, w{i - 1} AS y" for i in range(1, 30)]


def test_views_of_views_are_bounded(place):
    """Views that double: the first that comes to too much is not made, and nor is what would read it."""
    objects = place.root("; ".join(DOUBLING))
    first = next(i for i, one in enumerate(objects) if one["status"] == "ERR")
    assert 5 <= first <= 10 and codes(objects[:first]) == ["OK"] * first
    assert objects[first]["code"] == "limit_exceeded" and "more than 1000 tables" in objects[first]["result"]
    assert len(rows(place.root("SELECT name FROM sqlite_schema WHERE name LIKE 'w%'"))) >= first
    assert codes(place.root("SELECT a FROM w3; CREATE TABLE after (a)")) == ["OK", "OK"]


def test_views_that_are_made_from_the_top_are_bounded_too(place):
    """Each is small when it is made, because what it reads is not there yet; SQLite is never asked what the last is."""
    assert set(codes(place.root("; ".join(reversed(DOUBLING))))) == {"OK"}
    assert code(place.root("CREATE TABLE after (a)")) == "OK"
    for sql in ("SELECT * FROM w29", "SELECT count(*) FROM w29", "SELECT a FROM w20", "CREATE VIEW more AS SELECT a FROM w29"):
        assert code(place.root(sql)) in REFUSED, sql
    assert values(place.root("SELECT a FROM w4")) == [(1,)]
    assert set(codes(place.root("; ".join(f"DROP VIEW w{i}" for i in range(29, -1, -1))))) == {"OK"}


def test_views_in_a_circle(place):
    assert codes(place.root("CREATE VIEW c1 AS SELECT * FROM c2; CREATE VIEW c2 AS SELECT * FROM c1; CREATE TABLE t (a)")) == ["OK"] * 3
    assert code(place.root("SELECT * FROM c1")) in REFUSED
    assert codes(place.root("DROP VIEW c1; DROP VIEW c2")) == ["OK"] * 2


def test_views_that_are_many_and_not_deep(place):
    """What people make: a chain, and one over many."""
    chain = ["CREATE TABLE t (a); INSERT INTO t VALUES (7); CREATE VIEW v0 AS SELECT a FROM t"] + [f"CREATE VIEW v{i} AS SELECT a FROM v{i - 1}" for i in range(1, 40)]
    wide = "CREATE VIEW wide AS " + " UNION ALL ".join(f"SELECT a FROM v{i % 3}" for i in range(100))
    assert set(codes(place.root("; ".join([*chain, wide])))) == {"OK"}
    assert values(place.root("SELECT a FROM v39; SELECT count(*) FROM wide")) == [(100,)]


def test_no_crash_and_no_complaint_in_the_log(server):
    assert server.process.poll() is None
    log = "".join(server.log)
    for word in ("internal:", "AddressSanitizer", "runtime error", "assert"):
        assert word not in log, [line for line in server.log if word in line][:5]
