"""OR REPLACE, OR IGNORE and their like: what one says of one's own row is not said to the owner's triggers."""

import pytest
from expect import code, codes, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, a TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 0 CHECK (n < 100));
INSERT INTO t VALUES (1, 1, 'mine', 0), (2, 2, 'hidden', 0); DEFINE TABLE t PERMISSIONS WHERE own = $auth.id;
CREATE TABLE ledger (k TEXT PRIMARY KEY, who INTEGER); INSERT INTO ledger VALUES ('taken', 2), ('free', 2);
"""
LEDGER = [("taken", 2), ("free", 2)]
KEYED = "BEGIN INSERT INTO ledger VALUES (new.a, new.own); END"


@pytest.fixture
def me(place):
    """A scope user with id 1: me(sql)."""
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql, **options: place.server.sql(sql, token=token, **options)


def ledger(place):
    return values(place.root("SELECT * FROM ledger"))


def test_replace_would_replace_rows_of_the_owners(place, me):
    place.ok(f"CREATE TRIGGER i AFTER INSERT ON t {KEYED}; CREATE TRIGGER u AFTER UPDATE ON t {KEYED}")
    for sql in ("REPLACE INTO t (own, a) VALUES (1, 'taken')", "INSERT OR REPLACE INTO t (own, a) VALUES (1, 'new')", "UPDATE OR REPLACE t SET a = 'taken'",
                "REPLACE INTO t (id, own, a) VALUES (1, 1, 'taken')"):
        answer = me(sql)[0]
        assert (answer.get("code"), answer["result"]) == ("permission_denied", "OR REPLACE cannot be said of t: its triggers would do so too")
    assert ledger(place) == LEDGER
    assert code(me("INSERT INTO t (own, a) VALUES (1, 'taken')")) == "constraint_violation"
    assert code(me("INSERT INTO t (id, own, a) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET a = 'taken'")) == "constraint_violation"
    assert ledger(place) == LEDGER
    assert code(me("INSERT INTO t (id, own, a) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET a = 'new'")) == "OK"
    assert ledger(place) == LEDGER + [("new", 1)]


def test_triggers_on_delete_too(place, me):
    place.ok("CREATE TRIGGER d AFTER DELETE ON t BEGIN INSERT INTO ledger VALUES ('free', 9); END")
    assert codes(me("REPLACE INTO t (id, own, a) VALUES (1, 1, 'x'); UPDATE OR REPLACE t SET id = 1")) == ["permission_denied"] * 2
    assert code(me("INSERT OR IGNORE INTO t (id, own, a) VALUES (1, 1, 'x'), (5, 1, 'five')")) == "OK"
    assert ledger(place) == LEDGER and values(me("SELECT id FROM t")) == [(1,), (5,)]


def test_what_triggers_set_off(place, me):
    """A trigger that can meet nothing, whose own trigger can; a view's; an UPDATE of a key, and of something else."""
    place.ok("CREATE TABLE step (a TEXT, own INTEGER); CREATE TRIGGER s AFTER INSERT ON step BEGIN INSERT INTO ledger VALUES (new.a, new.own); END;"
             "CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO step VALUES (new.a, new.own); END")
    assert code(me("REPLACE INTO t (own, a) VALUES (1, 'taken')")) == "permission_denied"
    place.ok("DROP TRIGGER s; DROP TRIGGER i; CREATE VIEW lv AS SELECT * FROM ledger; CREATE TRIGGER lvi INSTEAD OF INSERT ON lv BEGIN INSERT INTO ledger VALUES (new.k, new.who); END;"
             "CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO lv VALUES (new.a, new.own); END")
    assert code(me("REPLACE INTO t (own, a) VALUES (1, 'taken')")) == "permission_denied"
    place.ok("DROP TRIGGER i; CREATE TRIGGER i AFTER INSERT ON t BEGIN UPDATE ledger SET k = new.a WHERE who = 2; END")
    assert code(me("REPLACE INTO t (own, a) VALUES (1, 'taken')")) == "permission_denied"
    assert ledger(place) == LEDGER
    place.ok("DROP TRIGGER i; CREATE TRIGGER i AFTER INSERT ON t BEGIN UPDATE ledger SET who = new.own WHERE k = 'free'; END")
    assert code(me("REPLACE INTO t (own, a) VALUES (1, 'taken')")) == "OK"
    assert ledger(place) == [("taken", 2), ("free", 1)]


@pytest.mark.parametrize("table, insert, replaces", [
    ("log (a)", "log VALUES (new.a)", True), ("log (id INTEGER PRIMARY KEY, a TEXT NOT NULL)", "log (a) VALUES (new.a)", True),
    ("log (id INTEGER PRIMARY KEY, a)", "log VALUES (new.n, new.a)", False), ("log (id INTEGER PRIMARY KEY, a)", "log (ID, a) VALUES (new.n, new.a)", False),
    ("log (a)", "log (rowid, a) VALUES (1, new.a)", False), ("log (a UNIQUE)", "log VALUES (new.a)", False), ("log (a PRIMARY KEY) WITHOUT ROWID", "log VALUES (new.a)", False),
    ("log (a, b); CREATE UNIQUE INDEX lab ON log (a) WHERE b IS NULL", "log (a) VALUES (new.a)", False),
    ("log (a); CREATE UNIQUE INDEX la ON log (lower(a))", "log (a) VALUES (new.a)", False), ("log (a CHECK (a <> 'x'))", "log VALUES (new.a)", True),
])
def test_logs(place, me, table, insert, replaces):
    """What is only added to a table without keys meets nothing."""
    place.ok(f"CREATE TABLE {table}; CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO {insert}; END")
    assert code(me("REPLACE INTO t (id, own, a) VALUES (1, 1, 'again')")) == ("OK" if replaces else "permission_denied")
    assert code(me("REPLACE INTO t (id, own, a) VALUES (2, 1, 'again')")) == "permission_denied"
    assert values(place.root("SELECT count(*) FROM log")) == [(int(replaces),)]


def test_ignore_ignores_ones_own_row_alone(place, me):
    place.ok(f"CREATE TRIGGER i AFTER INSERT ON t {KEYED}; CREATE TRIGGER u AFTER UPDATE ON t {KEYED}")
    assert code(me("INSERT OR IGNORE INTO t (own, a) VALUES (1, 'taken')")) == "constraint_violation"
    assert code(me("INSERT OR IGNORE INTO t (own, a) VALUES (1, 'fine'), (1, 'taken')")) == "constraint_violation"
    assert ledger(place) == LEDGER and values(me("SELECT id FROM t")) == [(1,)]
    one = me("INSERT OR IGNORE INTO t (id, own, a) VALUES (1, 1, 'x'), (7, 1, 'seven'), (8, 1, 'mine'), (9, 1, 'hidden') RETURNING id")[0]
    assert (one["result"], one["changes"]) == ([{"id": 7}], 1)
    assert ledger(place) == LEDGER + [("seven", 1)]
    assert code(me("INSERT OR IGNORE INTO t (id, own, a) SELECT id + 20, own, a || '!' FROM t")) == "OK"
    assert code(me("INSERT OR IGNORE INTO t (id, own, a) SELECT x.id + 20, x.own, x.a || '!' FROM t AS x JOIN t AS y ON x.id = y.id")) == "OK"
    assert code(me("INSERT OR IGNORE INTO t (id, own, a) SELECT 1, 1, 'a' UNION ALL SELECT id, own, 'b' FROM t")) == "OK"
    for wanted in ("OK", "constraint_violation"):  # of what u inserts
        assert code(me("INSERT OR IGNORE INTO t (id, own, a) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET n = n + 1")) == wanted
    assert code(me("INSERT OR IGNORE INTO t (id, own, a) VALUES (50, 1, 'mine') ON CONFLICT (id) DO UPDATE SET n = n + 1")) == "OK"
    assert values(me("SELECT id FROM t")) == [(1,), (7,), (21,), (27,), (41,), (47,)]
    assert codes(me("INSERT OR IGNORE INTO t (own, a, n) VALUES (1, 'n', NULL); INSERT OR IGNORE INTO t (own, a, n) VALUES (1, 'n', 100)")) == ["constraint_violation"] * 2
    assert codes(me("UPDATE OR IGNORE t SET a = 'hidden'; INSERT OR IGNORE INTO t DEFAULT VALUES")) == ["permission_denied"] * 2


def test_without_such_triggers_ignore_is_sqlites(place, me):
    place.ok("CREATE TRIGGER i AFTER INSERT ON t BEGIN SELECT RAISE(ABORT, 'no') WHERE new.a = 'bad'; DELETE FROM ledger WHERE k = new.a; END")
    assert codes(me("INSERT OR IGNORE INTO t (own, a, n) VALUES (1, 'n', 100), (1, 'm', NULL), (1, 'free', 1); UPDATE OR IGNORE t SET a = 'hidden'; UPDATE OR REPLACE t SET id = 40 WHERE a = 'free'")) == ["OK"] * 3
    assert values(me("SELECT id, a, n FROM t")) == [(1, "mine", 0), (40, "free", 1)] and ledger(place) == LEDGER[:1]
    assert code(me("REPLACE INTO t (id, own, a) VALUES (1, 1, 'bad')")) == "constraint_violation"


@pytest.mark.parametrize("word", ["ABORT", "FAIL", "ROLLBACK"])
def test_the_other_words_leave_triggers_alone(place, me, word):
    """What a trigger ignores or replaces by its own words it still does."""
    place.ok("CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO ledger VALUES (new.a, new.own); END;"
             "CREATE TRIGGER u AFTER UPDATE ON t BEGIN INSERT OR REPLACE INTO ledger VALUES (new.a, new.own); END")
    assert code(me(f"INSERT OR {word} INTO t (id, own, a) VALUES (5, 1, 'taken')")) == "OK" and ledger(place) == LEDGER
    assert code(me(f"UPDATE OR {word} t SET a = 'free' WHERE id = 5")) == "OK"
    assert ledger(place) == [("taken", 2), ("free", 1)]
    assert codes(me(f"BEGIN; INSERT INTO t (own, a) VALUES (1, 'q'); INSERT OR {word} INTO t (own, a) VALUES (1, 'r'), (1, 'mine'); COMMIT")) == ["cancelled", "cancelled", "constraint_violation", "cancelled"]
    assert values(me("SELECT count(*) FROM t")) == [(2,)]


def test_a_trigger_that_is_made_later_counts(place, me):
    assert code(me("REPLACE INTO t (id, own, a) VALUES (1, 1, 'x')")) == "OK"
    place.ok(f"CREATE TRIGGER i AFTER INSERT ON t {KEYED}")
    assert code(me("REPLACE INTO t (id, own, a) VALUES (1, 1, 'x')")) == "permission_denied"
    place.ok("DROP TRIGGER i")
    assert code(me("REPLACE INTO t (id, own, a) VALUES (1, 1, 'x')")) == "OK"


def test_logins_are_sqlites(place, me):
    place.ok(f"CREATE TRIGGER i AFTER INSERT ON t {KEYED}; REPLACE INTO t (own, a) VALUES (1, 'taken')")
    assert ledger(place) == [("free", 2), ("taken", 1)]
