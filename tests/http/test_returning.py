"""RETURNING where the key is hidden: what may be seen is returned, in an order that tells nothing."""

import pytest
from expect import code, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, a TEXT, n INTEGER);
INSERT INTO t VALUES (-7, 1, 'd', 0), (40, 1, 'c', 0), (41, 2, 'x', 0), (900, 1, 'b', 0), (901, 1, 'a', 0);
DEFINE TABLE t PERMISSIONS WHERE own = $auth.id; DEFINE FIELD id ON t PERMISSIONS FOR create FULL;
CREATE TABLE u (k TEXT COLLATE NOCASE, j INTEGER, own INTEGER, a TEXT, n INTEGER, PRIMARY KEY (k, j)) WITHOUT ROWID;
INSERT INTO u VALUES ('A', 1, 1, 'd', 0), ('b', 2, 1, 'c', 0), ('b', 3, 2, 'x', 0), ('C', 4, 1, 'b', 0), ('d', 5, 1, 'a', 0);
DEFINE TABLE u PERMISSIONS WHERE own = $auth.id; DEFINE FIELD k ON u PERMISSIONS FOR select WHERE n > 99, FOR create FULL;
CREATE TABLE w (id INTEGER PRIMARY KEY, own INTEGER, a TEXT, n INTEGER);
INSERT INTO w VALUES (1, 1, 'd', 0), (2, 1, 'c', 0), (3, 2, 'x', 0), (4, 1, 'b', 0), (5, 1, 'a', 0);
DEFINE TABLE w PERMISSIONS WHERE own = $auth.id; DEFINE FIELD id ON w PERMISSIONS FOR select WHERE a = 'c', FOR create FULL;
"""
ARRAYS = {"Prefer": "rows=array"}
TABLES = ["t", "u", "w"]


@pytest.fixture
def me(place):
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql, **options: place.server.sql(sql, token=token, **options)


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_returned_in_their_own_order(me, name):
    assert values(me(f"UPDATE {name} SET n = n + 1 RETURNING a, n")) == [("a", 1), ("b", 1), ("c", 1), ("d", 1)]
    for _ in range(2):  # by a plan that is kept, too
        assert values(me(f"UPDATE {name} SET n = 5 RETURNING a")) == [("a",), ("b",), ("c",), ("d",)]
    assert me(f"UPDATE {name} SET n = 6 WHERE a > 'a' RETURNING a, n", headers=ARRAYS)[0]["result"]["rows"] == [["b", 6], ["c", 6], ["d", 6]]
    block = me(f"BEGIN; UPDATE {name} SET n = 7 RETURNING a; DELETE FROM {name} WHERE a < 'c' RETURNING a, n; COMMIT")
    assert values([block[1]]) == [("a",), ("b",), ("c",), ("d",)] and values([block[2]]) == [("a", 7), ("b", 7)]
    assert values(me(f"DELETE FROM {name} RETURNING n, a, own")) == [(7, "c", 1), (7, "d", 1)]


def test_what_is_hidden_row_by_row(me):
    assert values(me("UPDATE w SET n = 1 RETURNING id, a")) == [(2, "c"), (None, "a"), (None, "b"), (None, "d")]
    assert values(me("UPDATE u SET n = 100 WHERE a = 'c' RETURNING *")) == [("b", 2, 1, "c", 100)]
    assert values(me("UPDATE u SET n = 0 RETURNING k, j")) == [(None, 1), (None, 2), (None, 4), (None, 5)]


@pytest.mark.parametrize("name", TABLES)
def test_an_insert_returns_its_rows_as_they_came(me, name):
    key = "k, j" if name == "u" else "id"
    new = [("'zz', 9" if name == "u" else "5000"), ("'aa', 9" if name == "u" else "4000")]
    rows = ", ".join(f"({one}, 1, '{a}', {n})" for one, a, n in zip(new, "zy", (3, 4)))
    assert values(me(f"INSERT INTO {name} ({key}, own, a, n) VALUES {rows} RETURNING a, n, own")) == [("z", 3, 1), ("y", 4, 1)]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("expression", ["(SELECT count(*) FROM {0} x WHERE x.n = 1)", "n, now()", "EXISTS (SELECT 1 FROM {0} x WHERE x.n = 1 LIMIT 1 OFFSET 2)",
                                        "a IN (SELECT x.a FROM {0} x WHERE n = 1)", "coalesce(NULL, NOW())"])
def test_how_far_the_change_has_come_is_not_told(me, name, expression):
    """The first row that is changed would see one that is, the last all of them."""
    assert code(me(f"UPDATE {name} SET n = 1 RETURNING a, " + expression.format(name))) == "permission_denied"
    assert values(me(f"SELECT DISTINCT n FROM {name}")) == [(0,)]
    assert values(me(f"DELETE FROM {name} RETURNING a, (SELECT count(*) FROM {name})")) == [(a, 4) for a in "abcd"]


OTHERS = """
CREATE TABLE side (k TEXT, n INTEGER); INSERT INTO side VALUES ('a', 10), ('b', 20), ('CANARY', 40); DEFINE TABLE side PERMISSIONS WHERE n < 30;
CREATE TABLE asks (k TEXT); INSERT INTO asks VALUES ('a'); DEFINE TABLE asks PERMISSIONS WHERE 1 < (SELECT count(*) FROM t WHERE n = 1);
CREATE TABLE shows (k TEXT); INSERT INTO shows VALUES ('a'); DEFINE TABLE shows PERMISSIONS FULL; DEFINE FIELD k ON shows PERMISSIONS FOR select WHERE 1 < (SELECT count(*) FROM t WHERE n = 1);
CREATE VIEW seen AS SELECT count(*) AS k FROM t WHERE n = 1; DEFINE TABLE seen PERMISSIONS FULL;
"""


@pytest.mark.parametrize("name", TABLES)
def test_what_is_the_same_for_all_rows_may_be_asked(place, me, name):
    place.ok(OTHERS)
    for expression, wanted in (("(SELECT min(1) FROM side AS x)", [1] * 4), ("(SELECT max(7))", [7] * 4), ("(SELECT a || 'x')", ["ax", "bx", "cx", "dx"]),
                               (f"(SELECT n FROM side WHERE k = {name}.a)", [10, 20, None, None]), ("a IN (SELECT k FROM side)", [1, 1, 0, 0]),
                               ("(SELECT sum(n) FROM side)", [30] * 4), ("(WITH c AS (SELECT n FROM side) SELECT count(*) FROM c)", [2] * 4), ("a IN side", None),
                               ("EXISTS (SELECT 1 FROM main.side WHERE n > 30)", [0] * 4), ("(VALUES (n))", [1] * 4)):
        objects = me(f"UPDATE {name} SET n = 1 RETURNING a, {expression} AS x")
        assert code(objects) == ("OK" if wanted else "sqlite_error"), expression
        assert not wanted or values(objects) == list(zip("abcd", wanted)), expression


@pytest.mark.parametrize("name", ["t", "u"])
@pytest.mark.parametrize("expression", [
    "(WITH c AS (SELECT count(*) AS k FROM {0} WHERE n = 1) SELECT k FROM c)", "(SELECT k FROM c)", "(SELECT count(*) FROM side AS s, {0} AS x WHERE x.n = 1)",
    "(SELECT n FROM side WHERE (SELECT count(*) FROM {0} AS x WHERE x.n = 1) > 1)", "(SELECT k FROM seen)", "(SELECT count(*) FROM asks)", "(SELECT k FROM shows)",
    "(SELECT now())", "1 IN {0}", "(SELECT count(*) FROM main.{0} AS x WHERE x.n = 1)",
])
def test_what_is_not_may_not(place, me, name, expression):
    place.ok(OTHERS)
    change = f"WITH c AS (SELECT count(*) AS k FROM {name} WHERE n = 1) UPDATE {name} SET n = 1 RETURNING a, " + expression.format(name)
    if name == "t" or not any(other in expression for other in ("seen", "asks", "shows")):
        assert code(me(change)) == "permission_denied"
    assert values(place.root(f"SELECT DISTINCT n FROM {name}")) == [(0,)]


def test_what_triggers_may_write_may_not_be_asked(place, me):
    place.ok(OTHERS + "CREATE TRIGGER t_changed AFTER UPDATE ON t BEGIN UPDATE side SET n = n + 1; END")
    assert code(me("UPDATE t SET n = 1 RETURNING a, (SELECT min(n) FROM side)")) == "permission_denied"
    assert values(me("UPDATE t SET n = 1 RETURNING a, (SELECT 5)")) == [("a", 5), ("b", 5), ("c", 5), ("d", 5)]
    place.ok("DROP TRIGGER t_changed; CREATE TABLE child (t INTEGER REFERENCES t (id) ON UPDATE CASCADE); DEFINE TABLE child PERMISSIONS FULL")
    assert code(me("UPDATE t SET n = 1 RETURNING a, (SELECT count(*) FROM child)")) == "permission_denied"


@pytest.mark.parametrize("name", ["t", "w"])
def test_the_key_itself(me, name):
    wanted = "not_found" if name == "t" else "OK"
    for sql in ("RETURNING id", "RETURNING rowid", "RETURNING {0}._rowid_, a", "RETURNING a || oid"):
        answer = me(f"UPDATE {name} SET n = 1 WHERE a <> 'c' " + sql.format(name))
        assert code(answer) == wanted
        assert not any(str(number) in str(answer[0]["result"]) for number in (-7, 900, 901, 4, 5))


def test_many_rows(place, me):
    """More than one buffer; their order is that of what is shown."""
    place.ok("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)"
             "INSERT INTO t SELECT 1000000 - i * 7919 % 3001, 1, printf('%064d', i * 31 % 3001), 0 FROM c")
    given = values(me("UPDATE t SET n = 2 WHERE length(a) = 64 RETURNING a"))
    assert len(given) == 3000 and given == sorted(given) and len(set(given)) == 3000
    assert values(me("SELECT count(*) FROM t WHERE n = 2")) == [(3000,)]


def test_too_much_to_be_sorted(place, me):
    place.ok("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 40)"
             "INSERT INTO t SELECT 2000 + i, 1, 'z', 0 FROM c")
    assert code(me("UPDATE t SET n = 3 RETURNING hex(zeroblob(230000))")) == "limit_exceeded"
    assert values(place.root("SELECT count(*) FROM t WHERE n = 3")) == [(0,)]
    assert len(values(me("UPDATE t SET n = 3 RETURNING n"))) == 44


def test_the_table_s_own_name_beside_a_deeper_one(me):
    """A name that a sub-select within a sub-select gives means nothing outside of it."""
    sql = "DELETE FROM w AS r WHERE r.a = 'd' RETURNING (SELECT count(*) FROM u LEFT JOIN t ON 1 NOT IN (SELECT 1 FROM u AS w) WHERE w.n = 0) AS found"
    assert values(me(sql)) == [(4,)]
