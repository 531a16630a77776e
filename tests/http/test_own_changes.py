"""changes(), total_changes() and last_insert_rowid(): what the principal has changed itself in this request."""

import threading

import pytest
from expect import code, codes, one_value, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, a TEXT UNIQUE); INSERT INTO t VALUES (500, 2, 'hidden'), (20, 1, 'mine');
DEFINE TABLE t PERMISSIONS WHERE own = $auth.id;
CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT); INSERT INTO log VALUES (9000, 'x');
CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO log (what) VALUES (new.a), (new.a); END;
CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER, own INTEGER DEFAULT 1);
DEFINE TABLE child PERMISSIONS FOR select, create, update, delete WHERE own = $auth.id;
CREATE TABLE blind (id INTEGER PRIMARY KEY, a TEXT, own INTEGER); INSERT INTO blind VALUES (700, 'x', 2);
DEFINE TABLE blind PERMISSIONS FULL; DEFINE FIELD id ON blind PERMISSIONS NONE;
CREATE TABLE masked (id INTEGER PRIMARY KEY, a TEXT, own INTEGER); INSERT INTO masked VALUES (800, 'x', 2);
DEFINE TABLE masked PERMISSIONS FULL; DEFINE FIELD id ON masked PERMISSIONS FOR select WHERE a = 'shown', FOR create FULL;
CREATE TABLE box (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO box VALUES (900, 'x'); DEFINE TABLE box PERMISSIONS FOR create FULL;
CREATE TABLE unseen (id INTEGER PRIMARY KEY, a TEXT, own INTEGER); INSERT INTO unseen VALUES (1000, 'x', 1);
DEFINE TABLE unseen PERMISSIONS FOR select WHERE own = $auth.id, FOR create FULL;
CREATE TABLE keyed (k TEXT PRIMARY KEY) WITHOUT ROWID; DEFINE TABLE keyed PERMISSIONS FULL;
CREATE TABLE bare (rowid TEXT, a TEXT); INSERT INTO bare (oid, a) VALUES (40, 'x'); DEFINE TABLE bare PERMISSIONS FULL;
CREATE TABLE covered (rowid TEXT, oid TEXT, _rowid_ TEXT); DEFINE TABLE covered PERMISSIONS FULL;
CREATE VIEW v AS SELECT id, own, a FROM t; CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.id, new.own, new.a); END;
DEFINE TABLE v PERMISSIONS WHERE own = $auth.id;
"""
ASK = "SELECT last_insert_rowid(), changes(), total_changes()"


@pytest.fixture
def me(place):
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql, **options: place.server.sql(sql, token=token, **options)


def test_nothing_at_first(place, me):
    """Whatever others have done on the connection before."""
    for _ in range(3):
        place.ok("INSERT INTO t (own, a) VALUES (2, hex(randomblob(8))); UPDATE t SET own = own")
        assert values(me(ASK)) == [(0, 0, 0)]
    assert me("SELECT last_insert_rowid()")[0]["result"] == [{"last_insert_rowid()": 0}]
    assert me("SELECT Changes( ) AS n")[0]["result"] == [{"n": 0}]


def test_what_one_has_changed_oneself(me):
    answers = me(f"INSERT INTO t (id, own, a) VALUES (21, 1, 'a'), (22, 1, 'b'); {ASK}; UPDATE t SET own = own; {ASK}; DELETE FROM t WHERE id = 21; {ASK}; SELECT 1; {ASK}")
    assert [values([answers[i]]) for i in (1, 3, 5, 7)] == [[(22, 2, 2)], [(22, 3, 5)], [(22, 1, 6)], [(22, 1, 6)]]
    assert [one.get("changes") for one in answers[::2]][:3] == [2, 3, 1]
    assert values(me(ASK)) == [(0, 0, 0)]


def test_the_next_statement_refers_to_the_row(place, me):
    for body in ("INSERT INTO t (own, a) VALUES (1, 'a'); INSERT INTO child (t) VALUES (last_insert_rowid()); SELECT t.a FROM child JOIN t ON t.id = child.t",
                 "BEGIN; INSERT INTO t (own, a) VALUES (1, 'b'); INSERT INTO child (t) SELECT last_insert_rowid() WHERE changes() = 1; COMMIT; SELECT max(t.a) FROM child JOIN t ON t.id = child.t"):
        answers = me(body)
        assert codes(answers) == ["OK"] * len(answers)
    assert values(answers) == [("b",)]
    assert values(me("INSERT INTO child (t) VALUES (7) RETURNING last_insert_rowid(), changes()")) == [(0, 0)]
    assert values(me("SELECT a FROM t WHERE id = coalesce(nullif(last_insert_rowid(), 0), $id) ORDER BY changes()", vars={"id": 20})) == [("mine",)]


def test_what_did_not_happen_does_not_count(me):
    start = "INSERT INTO t (id, own, a) VALUES (30, 1, 'c'); "
    for middle in ("INSERT INTO t (id, own, a) VALUES (31, 2, 'd')", "INSERT INTO t (id, own, a) VALUES (31, 1, 'hidden')", "INSERT INTO nowhere VALUES (1)",
                   "BEGIN; INSERT INTO t (id, own, a) VALUES (31, 1, 'd'); SELECT 1; CANCEL", "BEGIN; INSERT INTO t (id, own, a) VALUES (31, 1, 'd'); INSERT INTO nowhere VALUES (1); COMMIT"):
        assert values(me(f"{start}{middle}; {ASK}; DELETE FROM t WHERE id = 30")[:-1]) == [(30, 1, 1)]
    for ignored in ("INSERT OR IGNORE INTO t (own, a) VALUES (1, 'hidden')", "INSERT INTO t (own, a) VALUES (1, 'hidden') ON CONFLICT DO NOTHING"):
        assert values(me(f"{ignored}; {ASK}")) == [(0, 0, 0)]
        assert values(me(f"{start}{ignored}; {ASK}; DELETE FROM t WHERE id = 30")[:-1]) == [(30, 0, 1)]
    assert values(me(f"{start}INSERT INTO t (id, own, a) VALUES (30, 1, 'e') ON CONFLICT (id) DO UPDATE SET a = 'f'; {ASK}")) == [(30, 1, 2)]
    assert values(me(f"BEGIN; {ASK}; INSERT INTO t (id, own, a) VALUES (40, 1, 'g'); COMMIT; {ASK}")) == [(40, 1, 1)]


@pytest.mark.parametrize("insert, wanted", [
    ("INSERT INTO blind (a) VALUES ('mine')", 0), ("INSERT INTO masked (a) VALUES ('mine')", 0), ("INSERT INTO masked (a) VALUES ('shown')", 801),
    ("INSERT INTO box (a) VALUES ('mine')", 0), ("INSERT INTO unseen (a, own) VALUES ('mine', 2)", 0), ("INSERT INTO unseen (a, own) VALUES ('mine', 1)", 1001),
    ("INSERT INTO keyed VALUES ('k')", 0), ("INSERT INTO bare (a) VALUES ('x')", 41), ("INSERT INTO covered DEFAULT VALUES", 0),
    ("INSERT INTO v (own, a) VALUES (1, 'by a view')", 0), ("REPLACE INTO t (id, own, a) VALUES (20, 1, 'again')", 20),
])
def test_a_key_that_may_not_be_read(me, insert, wanted):
    """The number that SQLite chose is told where select shows it, and nowhere else."""
    answers = me(f"{insert}; {ASK}; SELECT typeof(last_insert_rowid()) || (last_insert_rowid() > 600); CANCEL")
    assert codes(answers[:3]) == ["OK"] * 3
    assert values([answers[1]])[0][0] == wanted
    assert values([answers[2]]) == [(f"integer{int(wanted > 600)}",)]


def test_the_rights_count_as_they_are_when_it_is_asked(place, me):
    assert values(me(f"INSERT INTO t (id, own, a) VALUES (60, 1, 'x'); DELETE FROM t WHERE id = 60; {ASK}")) == [(0, 1, 2)]
    assert codes(me(f"INSERT INTO unseen (id, a, own) VALUES (60, 'x', 1); INSERT INTO t (own, a) VALUES (1, last_insert_rowid() || '!'); SELECT 1")) == ["OK"] * 3
    assert values(me("SELECT a FROM t WHERE a LIKE '60%'")) == [("60!",)]


@pytest.mark.parametrize("sql", ["SELECT changes(1)", "SELECT changes(*)", "SELECT last_insert_rowid(DISTINCT 1)", "SELECT total_changes() OVER ()", "SELECT sqlite_version()",
                                 "SELECT changes() FILTER (WHERE 1)"])
def test_other_calls_are_refused(me, sql):
    assert code(me(sql)) in ("permission_denied", "parse_error", "sqlite_error")


def test_a_variable_of_that_name_is_another(me):
    given = {"changes": "mine", "last_insert_rowid": "mine too"}
    assert values(me("SELECT $changes, changes(), $last_insert_rowid, last_insert_rowid(), ?1", vars={**given, "1": "one"})) == [("mine", 0, "mine too", 0, "one")]
    assert code(me("SELECT $total_changes, total_changes()")) == "not_found"


def test_in_predicates_there_are_none(place):
    for sql in ("CREATE TABLE q (a); DEFINE TABLE q PERMISSIONS WHERE a = changes()", "DEFINE TABLE q PERMISSIONS WHERE a = last_insert_rowid()"):
        assert place.root(sql)[-1]["status"] == "ERR"


def test_for_logins_too(place):
    place.ok("CREATE TABLE l (id INTEGER PRIMARY KEY, a TEXT); CREATE VIEW lv AS SELECT * FROM l; CREATE TRIGGER lt AFTER INSERT ON l WHEN new.a = 'twice' BEGIN INSERT INTO l (a) VALUES (last_insert_rowid()); END")
    assert values(place.root(f"INSERT INTO l (a) VALUES ('x'), ('y'); {ASK}")) == [(2, 2, 2)]
    assert values(place.root(ASK)) == [(0, 0, 0)]
    assert values(place.root(f"INSERT INTO l (a) VALUES ('twice'); {ASK}; SELECT * FROM l WHERE id > 2")) == [(3, "twice"), (4, "3")]
    assert values(place.root(f"BEGIN; INSERT INTO l (a) VALUES ('z'); UPDATE l SET a = last_insert_rowid() WHERE id = last_insert_rowid(); COMMIT; SELECT a FROM l WHERE id = 5")) == [("5",)]
    assert values(place.root("EXPLAIN QUERY PLAN SELECT last_insert_rowid()"))
    assert values(place.root(f"INSERT INTO l (id, a) VALUES (0, 'zero'); {ASK}")) == [(0, 1, 1)]


def test_another_database_is_another_place(server, new_place):
    one, two = new_place(), new_place()
    for place in (one, two):
        place.ok("CREATE TABLE l (id INTEGER PRIMARY KEY)")
    answers = server.root(f"USE NS {one.ns} DB {one.db}; INSERT INTO l VALUES (77); USE NS {one.ns} DB {one.db}; {ASK}; USE NS {two.ns} DB {two.db}; {ASK}")
    assert values([answers[3]]) == [(77, 1, 1)] and values([answers[5]]) == [(0, 0, 0)]


def test_sign_up(place):
    place.ok("CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE made (u INTEGER, n INTEGER);"
             "DEFINE SCOPE s SIGNUP (INSERT INTO u (name) VALUES ($name) RETURNING id) SIGNIN (SELECT id FROM u WHERE name = $name) ON SIGNUP (INSERT INTO made VALUES (last_insert_rowid(), changes()))")
    place.ok("INSERT INTO u VALUES (50, 'x')")
    place.signup("s", name="y")
    assert values(place.root("SELECT * FROM made")) == [(51, 1)]


def test_side_by_side(place, me):
    """Changes share their commits and connections; nobody meets another's."""
    other = place.signin("account", name="other")
    wrong = []

    def work(ask, own, first):
        for i in range(first, first + 15):
            answers = ask(f"INSERT INTO t (id, own, a) VALUES ({i}, {own}, 'n{i}'); {ASK}; BEGIN; UPDATE t SET a = a || '!' WHERE id = {i}; SELECT changes(), last_insert_rowid(); COMMIT; {ASK}")
            got = [values([answers[at]]) for at in (1, 4, 6)]
            if got != [[(i, 1, 1)], [(1, i)], [(i, 1, 2)]]:
                wrong.append((i, answers))

    workers = [threading.Thread(target=work, args=(ask, own, first)) for ask, own, first in
               ((me, 1, 10000), (lambda sql: place.server.sql(sql, token=other), 2, 20000), (me, 1, 30000), (place.root, 3, 40000))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong and values(place.root("SELECT count(*) FROM t WHERE a LIKE 'n%!'")) == [(60,)]
