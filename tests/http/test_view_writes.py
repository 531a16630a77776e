"""Writing to views: INSTEAD OF triggers run with the owner's rights, on rows that the view's own permissions let pass."""

import pytest
from expect import code, codes, rows, values

STRICT = {"Prefer": "handling=strict"}
SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, a TEXT COLLATE NOCASE, secret TEXT);
INSERT INTO t VALUES (1, 1, 'a', 's1'), (2, 2, 'b', 's2'), (3, 1, 'c', 's3'), (4, 3, 'd', 's4');
CREATE TABLE log (what TEXT);
CREATE VIEW v AS SELECT id, own, a, secret FROM t;
CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN
    INSERT INTO log VALUES ('insert ' || coalesce(new.id, 'NULL')); INSERT INTO t VALUES (new.id, new.own, new.a, new.secret); END;
CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN
    INSERT INTO log VALUES ('update ' || old.id); UPDATE t SET own = new.own, a = new.a, secret = new.secret WHERE id = old.id; END;
CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN INSERT INTO log VALUES ('delete ' || old.id); DELETE FROM t WHERE id = old.id; END;
DEFINE TABLE v PERMISSIONS FOR select WHERE own IN ($auth.id, 3), FOR create, update, delete WHERE own = $auth.id;
DEFINE FIELD secret ON v PERMISSIONS FOR select WHERE own = $auth.id, FOR create NONE, FOR update WHERE a <> 'c';
"""


@pytest.fixture
def me(place):
    """A scope user with id 1: me(sql). Rows 1 and 3 are its own, 4 is seen, 2 is hidden."""
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql, **options: place.server.sql(sql, token=token, **options)


def table(place):
    return values(place.root("SELECT * FROM t ORDER BY id"))


def log(place):
    return [what for (what,) in values(place.root("SELECT what FROM log"))]


BEFORE = [(1, 1, "a", "s1"), (2, 2, "b", "s2"), (3, 1, "c", "s3"), (4, 3, "d", "s4")]


def test_rows_that_may_be_made(place, me):
    assert code(me("INSERT INTO v (id, own, a) VALUES (5, 1, 'e'), (6, 1, 'f')")) == "OK"
    assert code(me("INSERT INTO v (a, own, id) SELECT a || '!', own, id + 100 FROM v WHERE own = 1 AND id < 5")) == "OK"
    assert table(place)[4:] == [(5, 1, "e", None), (6, 1, "f", None), (101, 1, "a!", None), (103, 1, "c!", None)]
    assert log(place) == ["insert 5", "insert 6", "insert 101", "insert 103"]


@pytest.mark.parametrize("sql", [
    "INSERT INTO v (id, own) VALUES (5, 2)", "INSERT INTO v (id, own) VALUES (5, 1), (6, 3)", "INSERT INTO v (id) VALUES (5)",
    "INSERT INTO v DEFAULT VALUES", "INSERT INTO v (id, own, secret) VALUES (5, 1, 'x')", "INSERT INTO v VALUES (5, 1, 'e', 'x')",
    "INSERT INTO v (id, own) SELECT id, CASE WHEN id = 3 THEN 2 ELSE 1 END FROM v",
    "REPLACE INTO v (id, own) VALUES (1, 1)", "INSERT OR IGNORE INTO v (id, own) VALUES (1, 1)",
    "INSERT INTO v (id, own) VALUES (5, iif(abs(random()) % 2, 1, 2)), (6, 2)",
    "UPDATE v SET own = 2 WHERE id = 1", "UPDATE v SET own = own + id - 1", "UPDATE v SET own = NULL", "UPDATE v SET secret = 'x'",
    "UPDATE v SET secret = 'x', a = 'x' WHERE id = 3", "UPDATE v SET a = 'C', secret = 'x' WHERE id = 1",
])
def test_what_is_refused_runs_no_trigger(place, me, sql):
    assert code(me(sql)) == "permission_denied"
    assert table(place) == BEFORE and log(place) == []


def test_rows_that_may_be_changed(place, me):
    assert me("UPDATE v SET a = a || '!' || coalesce(secret, '?')")[0].get("denied") == 1
    assert table(place) == [(1, 1, "a!s1", "s1"), (2, 2, "b", "s2"), (3, 1, "c!s3", "s3"), (4, 3, "d", "s4")]
    assert "denied" not in me("UPDATE v SET secret = x.s || v.id FROM (SELECT 'new' AS s) AS x WHERE v.id IN (1, 2)")[0]
    assert code(me("UPDATE v SET (own, a) = (SELECT 1, 'row') WHERE secret = 's3'")) == "OK"
    assert table(place) == [(1, 1, "a!s1", "new1"), (2, 2, "b", "s2"), (3, 1, "row", "s3"), (4, 3, "d", "s4")]
    assert log(place) == ["update 1", "update 3", "update 1", "update 3"]
    assert code(me("UPDATE v SET a = 'x'", headers=STRICT)) == "permission_denied"


def test_rows_that_may_be_deleted(place, me):
    one = me("DELETE FROM v WHERE id IN (1, 2, 4)")[0]
    assert (one["status"], one.get("denied")) == ("OK", 1)
    assert table(place) == BEFORE[1:] and log(place) == ["delete 1"]
    assert code(me("DELETE FROM v", headers=STRICT)) == "permission_denied"
    assert code(me("DELETE FROM v WHERE secret = 's2' OR secret = 's4' OR abs(own) = 2")) == "OK"
    assert table(place) == BEFORE[1:]
    assert "denied" not in me("DELETE FROM v WHERE own = 1")[0]
    assert table(place) == [BEFORE[1], BEFORE[3]]


def test_hidden_values_do_not_flow(place, me):
    """Neither through SET nor WHERE, nor through errors."""
    me("INSERT INTO v (id, own, a) SELECT id + 10, 1, secret FROM v")
    me("UPDATE v SET a = (SELECT group_concat(coalesce(secret, '?')) FROM v AS w) WHERE id = 1")
    answers = me("SELECT * FROM v; UPDATE v SET a = 'x' WHERE json(secret) = 1; UPDATE v SET a = 'x' WHERE abs(own) = -9; SELECT a FROM v")
    assert "s2" not in str(answers) and "s4" not in str(answers)


def test_a_function_that_is_not_the_same_twice(place, me):
    """What the check has seen is what the trigger gets."""
    place.ok("DELETE FROM t WHERE id <> 1")
    for number in range(40):
        me(f"INSERT INTO v (id, own) VALUES ({number + 10}, iif(abs(random()) % 2, 1, 2))")
        me("UPDATE v SET own = iif(abs(random()) % 2, 1, 2) WHERE id = 1")
    assert values(place.root("SELECT DISTINCT own FROM t")) == [(1,)]


def test_rows_are_told_apart_by_all_that_is_in_them(place, me):
    """By values that are equal to SQLite, but not the same: 'x' and 'X', 1 and 1.0, '1' and 1, what is behind a NUL."""
    place.ok(
        "CREATE TABLE u (n, a TEXT COLLATE NOCASE, own INTEGER, done TEXT);"
        "INSERT INTO u VALUES (1, 'x', 1, ''), (1, 'X', 2, ''), (1.0, 'x', 2, ''), ('1', 'x', 2, ''), (x'31', 'x', 2, ''),"
        "  ('q' || char(0) || 'a', 'x', 2, ''), ('q' || char(0) || 'b', 'x', 1, ''), (NULL, 'x', 1, ''), (NULL, 'x', 1, ''), (1, 'x', 1, '');"
        "CREATE VIEW w AS SELECT n, a, own FROM u; CREATE TABLE calls (n, own);"
        "CREATE TRIGGER wu INSTEAD OF UPDATE ON w BEGIN INSERT INTO calls VALUES (old.n, old.own); END;"
        "CREATE TRIGGER wd INSTEAD OF DELETE ON w BEGIN INSERT INTO calls VALUES (old.n, old.own); END;"
        "DEFINE TABLE w PERMISSIONS FOR select, update, delete WHERE own = $auth.id; DEFINE FIELD own ON w PERMISSIONS FOR select, update NONE"
    )
    for sql in ("UPDATE w SET a = 'y'", "DELETE FROM w", "UPDATE w SET a = z.z FROM (SELECT 'z' AS z) AS z"):
        place.ok("DELETE FROM calls")
        assert code(me(sql)) == "OK"
        assert values(place.root("SELECT typeof(n), count(*) FROM calls WHERE own = 1 GROUP BY 1 ORDER BY 1")) == [("integer", 2), ("null", 2), ("text", 1)]
        assert values(place.root("SELECT count(*) FROM calls WHERE own IS NOT 1")) == [(0,)]


def test_what_is_not_there(place, me):
    place.ok("CREATE VIEW silent AS SELECT id FROM t; DEFINE TABLE silent PERMISSIONS FULL; CREATE VIEW nobody AS SELECT id FROM t")
    assert codes(me("INSERT INTO silent VALUES (1); UPDATE silent SET id = 1; DELETE FROM silent")) == ["invalid_value"] * 3
    assert codes(me("INSERT INTO nobody VALUES (1); UPDATE nobody SET id = 1; DELETE FROM nobody")) == ["not_found"] * 3
    assert code(me("UPDATE v SET rowid = 1")) == "not_found" and code(me("UPDATE v SET missing = 1")) == "not_found"
    assert code(me("INSERT INTO v (id, own) VALUES (1, 1) ON CONFLICT DO NOTHING")) == "invalid_value"
    place.ok("DEFINE TABLE OVERWRITE v PERMISSIONS FOR select FULL")
    assert codes(me("INSERT INTO v VALUES (1); UPDATE v SET id = 1; DELETE FROM v")) == ["permission_denied"] * 3
    assert table(place) == BEFORE


def test_update_of_and_the_owners_errors(place, me):
    """A trigger may speak, but only of rows that have passed."""
    place.ok("DROP TRIGGER vu; CREATE TRIGGER vu INSTEAD OF UPDATE OF a ON v BEGIN SELECT RAISE(ABORT, 'not so'); END")
    assert me("UPDATE v SET a = 'x' WHERE id = 1")[0]["result"] == "not so"
    assert code(me("UPDATE v SET a = 'x' WHERE id IN (2, 4)")) == "OK"
    assert code(me("UPDATE v SET own = 2, a = 'x' WHERE id = 1")) == "permission_denied"


RETURNED = {"INSERT INTO v (id, own, a) VALUES (5, 1, 'E'), (6, 1, 'f') RETURNING id, a = 'e' AS same, secret, *":
            [(5, 1, None, 5, 1, "E", None), (6, 0, None, 6, 1, "f", None)],
            "INSERT INTO v (id, own, a) SELECT id + 10, 1, a || 'x' FROM v WHERE id < 4 ORDER BY id DESC RETURNING a AS x, typeof(own)":
            [("cx", "integer"), ("ax", "integer")],
            "UPDATE v SET a = a || '!' RETURNING *": [(1, 1, "a!", "s1"), (3, 1, "c!", "s3")],
            "UPDATE v SET a = upper(secret) || id, own = own WHERE id IN (1, 2, 4) RETURNING id, a, a LIKE 's%' AS l": [(1, "S11", 1)],
            "UPDATE v SET a = x.y FROM (SELECT 1 AS i, 'z' AS y UNION ALL SELECT 2, 'q') AS x WHERE x.i = v.id RETURNING a, secret": [("z", "s1")],
            "DELETE FROM v RETURNING id, secret, a = 'A' AS same": [(1, "s1", 1), (3, "s3", 0)],
            "DELETE FROM v AS w WHERE w.id = 3 RETURNING *, (SELECT count(*) FROM v) AS n": [(3, 1, "c", "s3", 3)],
            "DELETE FROM v WHERE id IN (2, 4) RETURNING *": []}


@pytest.mark.parametrize("sql", RETURNED)
def test_what_is_returned(place, me, sql):
    """The rows as the triggers got them, and of these what select shows."""
    for headers in ({}, {"Prefer": "rows=array"}):
        answer = me("BEGIN; " + sql + "; CANCEL", headers=headers)[1]
        assert answer["code"] == "cancelled"
    assert table(place) == BEFORE
    assert values(me(sql)) == RETURNED[sql]


@pytest.mark.parametrize("sql", [
    "INSERT INTO v (id, own) VALUES (5, 1), (6, 2) RETURNING id", "INSERT INTO v (id, own) VALUES (5, 1), (6, 3) RETURNING id",
    "UPDATE v SET own = 1 RETURNING *", "UPDATE v SET own = own RETURNING secret", "UPDATE v SET own = 3 WHERE id = 1 RETURNING id",
    "UPDATE v SET a = 'x' RETURNING (SELECT count(*) FROM v)", "UPDATE v SET a = 'x' RETURNING id, now()",
    "UPDATE v SET a = 'x' RETURNING id, EXISTS (SELECT 1 FROM t)",
])
def test_what_is_not_returned(place, me, sql):
    assert code(me(sql)) == "permission_denied"
    assert table(place) == BEFORE and log(place) == []


def test_the_row_of_another_is_not_returned(place, me):
    """A field that a change would show, and a trigger that does not do what the change says."""
    place.ok("DROP TRIGGER vu; CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE t SET a = new.a WHERE id = old.id; END;"
             "DEFINE TABLE OVERWRITE v PERMISSIONS FULL; DEFINE FIELD OVERWRITE secret ON v PERMISSIONS FOR select WHERE own = $auth.id, FOR create, update FULL")
    for sql in ("UPDATE v SET own = 1 RETURNING secret", "UPDATE v SET (a, own) = ('x', 1) RETURNING id, secret || ''", "UPDATE v SET own = 1 RETURNING *"):
        answers = me(sql)
        assert code(answers) == "permission_denied" and "s2" not in str(answers)
    assert values(me("UPDATE v SET own = 1 RETURNING id, own")) == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert values(me("UPDATE v SET a = coalesce(secret, '?') RETURNING id, secret, a")) == [(1, "s1", "s1"), (2, None, "?"), (3, "s3", "s3"), (4, None, "?")]
    # what one has said oneself is nobody's secret, but shown where select shows it
    assert values(me("UPDATE v SET own = id, secret = 'mine' RETURNING id, secret")) == [(1, "mine"), (2, None), (3, None), (4, None)]


def test_the_order_of_what_is_returned(place, me):
    """Triggers get rows as the view gives them, here by what is hidden; what is returned is in its own order."""
    place.ok("DROP VIEW v; CREATE VIEW v AS SELECT id, own, a, secret FROM t ORDER BY secret DESC LIMIT -1;"
             "CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE t SET a = new.a WHERE id = old.id; END;"
             "CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = old.id; END;"
             "DEFINE TABLE v PERMISSIONS FULL; DEFINE FIELD secret ON v PERMISSIONS NONE")
    assert values(me("UPDATE v SET a = 'x' RETURNING id")) == [(1,), (2,), (3,), (4,)]
    assert values(me("UPDATE v SET a = a || id RETURNING a, id")) == [("x1", 1), ("x2", 2), ("x3", 3), ("x4", 4)]
    assert values(me("DELETE FROM v RETURNING id")) == [(1,), (2,), (3,), (4,)]


def test_some_of_the_rows(place, me):
    assert values(me("UPDATE v SET a = 'x' WHERE own = 1 RETURNING id ORDER BY id DESC LIMIT 1")) == [(3,)]
    assert values(me("UPDATE v SET a = 'y' WHERE own = 1 RETURNING id ORDER BY id LIMIT 1 OFFSET 1")) == [(3,)]
    one = me("DELETE FROM v ORDER BY own DESC, id LIMIT 2")[0]
    assert (one["status"], one.get("denied")) == ("OK", 1)
    assert table(place) == [(2, 2, "b", "s2"), (3, 1, "y", "s3"), (4, 3, "d", "s4")]
    assert log(place) == ["update 3", "update 3", "delete 1"]
    assert code(me("DELETE FROM v LIMIT 0")) == "OK" and log(place)[3:] == []


def test_rows_that_are_the_same_and_limit(place, me):
    place.ok("CREATE TABLE u (a, own, n INTEGER PRIMARY KEY); INSERT INTO u (a, own) VALUES ('x', 1), ('x', 1), ('y', 1), ('x', 2);"
             "CREATE VIEW w AS SELECT a, own FROM u; CREATE TABLE calls (a);"
             "CREATE TRIGGER wu INSTEAD OF UPDATE ON w BEGIN INSERT INTO calls VALUES (old.a); END;"
             "CREATE TRIGGER wd INSTEAD OF DELETE ON w BEGIN INSERT INTO calls VALUES (old.a); END;"
             "DEFINE TABLE w PERMISSIONS WHERE own = $auth.id")
    for sql in ("DELETE FROM w ORDER BY a LIMIT 1", "UPDATE w SET a = 'z' ORDER BY a LIMIT 1", "DELETE FROM w ORDER BY a DESC LIMIT 2",
                "UPDATE w SET a = z.z FROM (SELECT 'z' AS z UNION ALL SELECT 'q') AS z WHERE w.a = 'x' LIMIT 2"):
        answer = me(sql)[0]
        assert (answer.get("code"), answer["result"]) == ("permission_denied", "rows of the view are the same in every column, and LIMIT takes only some of them")
    assert values(me("DELETE FROM w ORDER BY a LIMIT 2 OFFSET 2")) == []
    assert values(me("UPDATE w SET a = 'z' RETURNING a ORDER BY a LIMIT 2")) == [("z",), ("z",)]
    assert values(place.root("SELECT a, count(*) FROM calls GROUP BY a ORDER BY a")) == [("x", 2), ("y", 1)]


def test_or_of_a_view(place, me):
    """A view has no constraints, and what would be said to its triggers, and come to something there, is refused."""
    assert codes(me("INSERT OR ABORT INTO v (id, own) VALUES (5, 1); INSERT OR FAIL INTO v (id, own) VALUES (6, 1);"
                    "UPDATE OR ROLLBACK v SET a = 'x' WHERE id = 5")) == ["OK"] * 3
    assert table(place)[4:] == [(5, 1, "x", None), (6, 1, None, None)]
    assert codes(me("BEGIN; INSERT OR ROLLBACK INTO v (id, own) VALUES (5, 1); COMMIT")) == ["cancelled", "constraint_violation", "cancelled"]
    assert codes(me("INSERT OR IGNORE INTO v (id, own) VALUES (2, 1); INSERT OR REPLACE INTO v (id, own) VALUES (2, 1)")) == ["permission_denied"] * 2
    assert table(place)[:4] == BEFORE
    assert codes(me("UPDATE OR IGNORE v SET id = 2 WHERE id = 1; UPDATE OR REPLACE v SET id = 2 WHERE id = 1")) == ["OK"] * 2  # no trigger sets it
    assert table(place)[:4] == BEFORE
    place.ok("DROP TRIGGER vu; CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE t SET id = new.id WHERE id = old.id; END")
    assert codes(me("UPDATE OR IGNORE v SET id = 2 WHERE id = 1; UPDATE OR REPLACE v SET id = 2 WHERE id = 1")) == ["permission_denied"] * 2
    assert table(place)[:4] == BEFORE


def test_update_of_and_returning(place, me):
    place.ok("CREATE TRIGGER v2 INSTEAD OF UPDATE OF secret ON v BEGIN INSERT INTO log VALUES ('secret'); END")
    assert code(me("UPDATE v SET a = 'x' RETURNING id")) == "permission_denied"
    assert code(me("UPDATE v SET a = 'x' WHERE id = 1")) == "OK" and log(place) == ["update 1"]


def test_in_a_transaction(place, me):
    objects = me("BEGIN; INSERT INTO v (id, own) VALUES (7, 1); UPDATE v SET a = 'seven' WHERE id = 7; SELECT a FROM v WHERE id = 7; INSERT INTO v (id, own) VALUES (8, 2); COMMIT")
    assert codes(objects) == ["cancelled"] * 4 + ["permission_denied", "cancelled"]
    assert table(place) == BEFORE and log(place) == []
    assert rows(me("INSERT INTO v (id, own) VALUES (7, 1); SELECT id FROM v WHERE id = 7")) == [{"id": 7}]


def test_what_foreign_keys_do_for_triggers(place, me):
    """A trigger's delete takes along what refers to the row, or empties what does, also in the table that was written."""
    place.ok("""
        CREATE TABLE part (id INTEGER PRIMARY KEY, of INTEGER REFERENCES t ON DELETE CASCADE, beside INTEGER REFERENCES t ON DELETE SET NULL);
        INSERT INTO part VALUES (1, 1, 3), (2, 3, 1), (3, 2, 2);
        CREATE TRIGGER part_made AFTER INSERT ON part BEGIN DELETE FROM t WHERE id = new.id - 100; END;
        DEFINE TABLE part PERMISSIONS FOR select, create WHERE of <> 2""")
    assert code(me("DELETE FROM v WHERE id = 1")) == "OK"
    assert values(place.root("SELECT * FROM part ORDER BY id")) == [(2, 3, None), (3, 2, 2)]
    assert code(me("INSERT INTO part (id, of) VALUES (102, 4)")) == "OK"
    assert values(place.root("SELECT * FROM part ORDER BY id")) == [(2, 3, None), (102, 4, None)]
    assert [row[0] for row in table(place)] == [3, 4]
    assert values(me("SELECT id FROM part")) == [(2,), (102,)]


def test_returning_calls_the_table_by_its_own_name(place, me):
    """As in SQLite, also where the statement has given it another."""
    assert values(me("UPDATE v AS x SET a = x.a || '!' WHERE x.id = 1 RETURNING v.a, a")) == [("a!", "a!")]
    assert values(me("INSERT INTO v AS x (id, own) VALUES (9, 1) RETURNING v.id")) == [(9,)]
    assert values(me("DELETE FROM v AS x WHERE x.id = 9 RETURNING v.id, (SELECT v.own + 1)")) == [(9, 2)]
    assert code(me("UPDATE v AS x SET a = 'y' RETURNING x.a")) == "not_found"


def test_or_that_comes_to_nothing_in_the_triggers(place, me):
    """They write no key, and what has no NOT NULL or CHECK: OR REPLACE and OR IGNORE are as if they were not there."""
    place.ok("CREATE TABLE note (id INTEGER PRIMARY KEY, own INTEGER, a TEXT); CREATE VIEW n AS SELECT * FROM note; INSERT INTO note VALUES (1, 1, 'mine'), (2, 2, 'CANARY');"
             "CREATE TRIGGER ni INSTEAD OF INSERT ON n BEGIN INSERT INTO note (own, a) VALUES (new.own, new.a); END;"
             "CREATE TRIGGER nu INSTEAD OF UPDATE ON n BEGIN UPDATE note SET a = new.a WHERE id = old.id; END;"
             "DEFINE TABLE n PERMISSIONS WHERE own = $auth.id")
    assert codes(me("REPLACE INTO n (id, own, a) VALUES (2, 1, 'x'); INSERT OR REPLACE INTO n (id, own, a) VALUES (2, 1, 'y'); INSERT OR IGNORE INTO n (own, a) VALUES (1, 'z');"
                    "UPDATE OR REPLACE n SET a = a || '!'; UPDATE OR IGNORE n SET a = a || '?', id = 2 WHERE id = 1")) == ["OK"] * 5
    assert codes(me("REPLACE INTO n (own, a) VALUES (2, 'x'); INSERT OR IGNORE INTO n (own) VALUES (2); UPDATE OR REPLACE n SET own = 2; UPDATE OR IGNORE n SET own = 2"))[:1] == ["permission_denied"]
    kept = values(place.root("SELECT * FROM note"))
    assert kept == [(1, 1, "mine!?"), (2, 2, "CANARY"), (3, 1, "x!"), (4, 1, "y!"), (5, 1, "z!")]
    assert values(me("REPLACE INTO n (id, own, a) VALUES (2, 1, 'r') RETURNING id, a")) == [(2, "r")]
    for change in ("CREATE UNIQUE INDEX note_a ON note (a)", "DROP INDEX note_a; CREATE TABLE keyed (k TEXT PRIMARY KEY); CREATE TRIGGER more AFTER INSERT ON note BEGIN INSERT INTO keyed VALUES (new.a); END;"
                   "CREATE TRIGGER less AFTER UPDATE ON note BEGIN INSERT INTO keyed VALUES (new.a); END"):
        place.ok(change)
        before = values(place.root("SELECT * FROM note"))
        assert codes(me("REPLACE INTO n (own, a) VALUES (1, 'CANARY'); INSERT OR IGNORE INTO n (own, a) VALUES (1, 'CANARY'); UPDATE OR REPLACE n SET a = 'CANARY';"
                        "UPDATE OR IGNORE n SET a = 'CANARY'")) == ["permission_denied"] * 4
        assert values(place.root("SELECT * FROM note")) == before
