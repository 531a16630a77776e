"""BEGIN … COMMIT in one request: all or nothing, and what is reported of it."""

import threading

import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import code, codes, one_value, rows, values

CANCELLED = "cancelled"


@pytest.fixture
def db(place):
    place.ok("""BEGIN; CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE); INSERT INTO t (a) VALUES ('first');
                CREATE TABLE parent (id INTEGER PRIMARY KEY);
                CREATE TABLE child (parent REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
                DEFINE TABLE t PERMISSIONS FOR select FULL, FOR create WHERE a <> 'refused', FOR delete FULL;
                DEFINE SCOPE s SIGNIN (SELECT id FROM t WHERE id = 1); COMMIT""")
    return place


def texts(db):
    return [a for (a,) in values(db.root("SELECT a FROM t ORDER BY id"))]


SPELLINGS = [("BEGIN", "COMMIT"), ("BEGIN TRANSACTION", "COMMIT TRANSACTION"), ("BEGIN IMMEDIATE", "END"),
             ("BEGIN EXCLUSIVE TRANSACTION", "END TRANSACTION"), ("BEGIN DEFERRED", "COMMIT")]


@pytest.mark.parametrize("begin, commit", SPELLINGS, ids=str)
def test_commit(db, begin, commit):
    objects = db.root(f"{begin}; INSERT INTO t (a) VALUES ('x') RETURNING a; SELECT count(*) AS c FROM t; {commit}")
    assert codes(objects) == ["OK"] * 4
    assert [one["result"] for one in objects] == [None, [{"a": "x"}], [{"c": 2}], None]
    assert objects[1]["changes"] == 1
    assert texts(db) == ["first", "x"]


@pytest.mark.parametrize("cancel", ["CANCEL", "CANCEL TRANSACTION", "ROLLBACK", "ROLLBACK TRANSACTION"])
def test_cancel(db, cancel):
    objects = db.root(f"BEGIN; INSERT INTO t (a) VALUES ('x'); {cancel}; INSERT INTO t (a) VALUES ('after')")
    assert codes(objects)[2:] == ["OK", "OK"]
    assert texts(db) == ["first", "after"]


def test_one_failure_cancels_all(db):
    objects = db.root("""INSERT INTO t (a) VALUES ('before');
        BEGIN; INSERT INTO t (a) VALUES ('x'); INSERT INTO t (a) VALUES ('first'); INSERT INTO t (a) VALUES ('y'); COMMIT;
        INSERT INTO t (a) VALUES ('after')""")
    assert codes(objects) == ["OK", CANCELLED, CANCELLED, "constraint_violation", CANCELLED, CANCELLED, "OK"]
    assert texts(db) == ["first", "before", "after"]


@pytest.mark.parametrize("statement, wanted", [
    ("SELECT * FROM nowhere", "not_found"), ("INSERT INTO t (a) VALUES ('first')", "constraint_violation"),
    ("SELECT $nothing", "not_found"), ("CREATE TABLE t (a)", "already_exists"), ("PRAGMA journal_mode", "permission_denied"),
    ("DEFINE NAMESPACE other", "invalid_value"), ("REMOVE SCOPE nowhere", "not_found"), ("ATTACH 'x' AS y", "permission_denied"),
])
def test_whatever_fails(db, statement, wanted):
    objects = db.root(f"BEGIN; INSERT INTO t (a) VALUES ('x'); {statement}; COMMIT")
    assert codes(objects) == [CANCELLED, CANCELLED, wanted, CANCELLED]
    assert texts(db) == ["first"]


def test_no_rows_of_what_was_undone(db):
    objects = db.root("BEGIN; INSERT INTO t (a) VALUES ('x') RETURNING a; SELECT a FROM t; SELECT * FROM nowhere; COMMIT")
    for one in (objects[1], objects[2]):
        assert one["code"] == CANCELLED and isinstance(one["result"], str) and "changes" not in one


def test_commit_itself_can_fail(db):
    objects = db.root("BEGIN; INSERT INTO child VALUES (7); COMMIT; INSERT INTO t (a) VALUES ('after')")
    assert codes(objects) == [CANCELLED, CANCELLED, "constraint_violation", "OK"]
    assert one_value(db.root("SELECT count(*) FROM child")) == 0


def test_left_open_is_rolled_back(db):
    objects = db.root("BEGIN; INSERT INTO t (a) VALUES ('x')")
    assert texts(db) == ["first"]
    assert codes(objects) == [CANCELLED, CANCELLED]
    assert code(db.root("INSERT INTO t (a) VALUES ('x')")) == "OK"


def test_one_request_does_not_reach_into_the_next(db):
    db.root("BEGIN; INSERT INTO t (a) VALUES ('x')")
    assert code(db.root("COMMIT")) in ("invalid_value", "sqlite_error")
    assert code(db.root("CANCEL")) in ("invalid_value", "sqlite_error")
    assert texts(db) == ["first"]


def test_begin_within_begin(db):
    objects = db.root("BEGIN; INSERT INTO t (a) VALUES ('x'); BEGIN; COMMIT")
    assert codes(objects) == [CANCELLED, CANCELLED, "invalid_value", CANCELLED] or codes(objects)[2] == "sqlite_error"
    assert texts(db) == ["first"]


def test_several_blocks(db):
    objects = db.root("""BEGIN; INSERT INTO t (a) VALUES ('x'); COMMIT; BEGIN; INSERT INTO t (a) VALUES ('x'); COMMIT;
                         BEGIN; INSERT INTO t (a) VALUES ('y'); COMMIT""")
    assert codes(objects) == ["OK"] * 3 + [CANCELLED, "constraint_violation", CANCELLED] + ["OK"] * 3
    assert texts(db) == ["first", "x", "y"]


def test_ddl_and_definitions_are_undone_too(db):
    db.root("""BEGIN; CREATE TABLE u (a); DEFINE TABLE u PERMISSIONS FULL; DEFINE SCOPE z SIGNIN (SELECT id FROM t);
               DEFINE LOGIN l ON DATABASE PASSWORD 'password-x'; REMOVE TABLE t; SELECT * FROM nowhere; COMMIT""")
    (info,) = rows(db.root("INFO FOR DB"))
    assert set(info["tables"]) == {"t", "parent", "child"} and set(info["scopes"]) == {"s"} and info["logins"] == {}
    assert db.server.signin(NS=db.ns, DB=db.db, SC="z").status_code == 401
    objects = db.root("BEGIN; CREATE TABLE u (a); DEFINE TABLE u PERMISSIONS FULL; INSERT INTO u VALUES (1); COMMIT; SELECT a FROM u")
    assert codes(objects) == ["OK"] * 6
    assert values(db.sql("SELECT a FROM u", db.signin("s"))) == [(1,)]


def test_definitions_hold_within_the_block(db):
    objects = db.root("BEGIN; CREATE TABLE u (a); DEFINE TABLE u PERMISSIONS FULL; INFO FOR TABLE u; DEFINE FIELD a ON u PERMISSIONS NONE; COMMIT")
    assert codes(objects) == ["OK"] * 6


@pytest.mark.parametrize("statement", [
    "DEFINE NAMESPACE other", "REMOVE NAMESPACE IF EXISTS other", "DEFINE DATABASE other", "DEFINE LOGIN x ON ROOT PASSWORD 'password-x'",
    "DEFINE LOGIN x ON NAMESPACE PASSWORD 'password-x'", "VACUUM",
])
def test_what_is_in_no_transaction(db, statement):
    objects = db.root(f"BEGIN; INSERT INTO t (a) VALUES ('x'); {statement}; COMMIT")
    assert codes(objects)[0] == CANCELLED and codes(objects)[2] not in ("OK", CANCELLED)
    assert texts(db) == ["first"]
    assert code(db.root("INFO FOR USER x ON NAMESPACE")) == "not_found"


def test_savepoints_of_an_owner(db):
    objects = db.root("""BEGIN; INSERT INTO t (a) VALUES ('x'); SAVEPOINT one; INSERT INTO t (a) VALUES ('y'); ROLLBACK TO one;
                         RELEASE one; INSERT INTO t (a) VALUES ('z'); COMMIT""")
    assert codes(objects) == ["OK"] * 8
    assert texts(db) == ["first", "x", "z"]


def test_restricted_principals_have_transactions(db):
    token = db.signin("s")
    assert codes(db.sql("BEGIN; INSERT INTO t (a) VALUES ('x'); SELECT count(*) FROM t; COMMIT", token)) == ["OK"] * 4
    objects = db.sql("BEGIN; INSERT INTO t (a) VALUES ('y'); INSERT INTO t (a) VALUES ('refused'); COMMIT", token)
    assert codes(objects) == [CANCELLED, CANCELLED, "permission_denied", CANCELLED]
    assert codes(db.sql("BEGIN; DELETE FROM t WHERE a = 'x'; CANCEL", token))[2] == "OK"
    assert codes(db.sql("BEGIN; INSERT INTO t (a) VALUES ('z'); CREATE TABLE u (a); COMMIT", token))[2] == "permission_denied"
    for statement in ("SAVEPOINT x", "RELEASE x", "ROLLBACK TO x"):
        assert code(db.sql(statement, token)) == "permission_denied"
    assert texts(db) == ["first", "x"]


@pytest.mark.parametrize("statement", [
    "INSERT OR ROLLBACK INTO t (a) VALUES ('first')", "INSERT OR FAIL INTO t (a) VALUES ('n1'), ('first')",
    "INSERT OR ABORT INTO t (a) VALUES ('n1'), ('first')", "UPDATE OR ROLLBACK t SET a = 'first' WHERE a = 'x'",
])
def test_conflict_clauses_do_not_end_the_block(db, statement):
    objects = db.root(f"BEGIN; INSERT INTO t (a) VALUES ('x'); {statement}; INSERT INTO t (a) VALUES ('y'); COMMIT")
    assert codes(objects) == [CANCELLED, CANCELLED, "constraint_violation", CANCELLED, CANCELLED]
    assert texts(db) == ["first"]
    assert codes(db.root(f"{statement}; INSERT INTO t (a) VALUES ('after')")) in (
        ["constraint_violation", "OK"], ["OK", "OK"])
    assert "after" in texts(db)


def test_failed_statement_alone_changes_nothing(db):
    assert code(db.root("INSERT INTO t (a) VALUES ('n1'), ('n2'), ('first')")) == "constraint_violation"
    assert texts(db) == ["first"]


def test_blocks_of_many_clients_are_one_after_the_other(db):
    """Each reads and writes the same row: none is lost, whether it waits, or is told to come again."""
    db.ok("CREATE TABLE n (a INTEGER); INSERT INTO n VALUES (0)")
    done = []

    def count_up():
        for _ in range(10):
            objects = db.server.root("BEGIN; UPDATE n SET a = a + 1; SELECT a FROM n; COMMIT", db.ns, db.db)
            if codes(objects) == ["OK"] * 4:
                done.append(objects[2]["result"][0]["a"])
            else:
                assert "busy" in codes(objects), objects

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(1, len(done) + 1)) and len(done) >= 10
    assert one_value(db.root("SELECT a FROM n")) == len(done)


def test_results_that_a_block_cannot_hold(db):
    objects = db.root("""BEGIN; INSERT INTO t (a) VALUES ('x');
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT zeroblob(100000) FROM n; COMMIT""")
    assert codes(objects) == [CANCELLED, CANCELLED, "limit_exceeded", CANCELLED]
    assert texts(db) == ["first"]


def test_a_block_stays_in_its_database(db):
    db.ok("DEFINE DATABASE second; USE DB second; CREATE TABLE t (a)")
    objects = db.root("BEGIN; INSERT INTO t (a) VALUES ('x'); USE DB second; INSERT INTO t (a) VALUES ('y'); COMMIT")
    assert codes(objects)[2] not in ("OK", CANCELLED)
    assert texts(db) == ["first"]
    assert db.server.post_sql("SELECT 1", login=(ROOT_USER, ROOT_PASSWORD)).status_code == 200
