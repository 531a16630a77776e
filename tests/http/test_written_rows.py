"""Attacks on rows as they are written, each found by a tester or a generator: the row that is judged must be the row that is stored."""

import pytest
from expect import code, codes, rows, values


@pytest.fixture
def me(place):
    """A scope user with id 1 of an empty database, and the database: me(sql), place.ok(sql)."""
    place.ok(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');"
        "DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)"
    )
    token = place.signin("account", name="me")

    def ask(sql, **vars):
        return place.server.sql(sql, token=token, vars=vars or None)

    return ask


def test_a_rule_is_judged_by_the_collation_of_its_own_column(place, me):
    """SQLite takes the first column's collation for every column in RETURNING."""
    place.ok("CREATE TABLE r (id INTEGER PRIMARY KEY, role TEXT COLLATE NOCASE); DEFINE TABLE r PERMISSIONS FOR select FULL, FOR create WHERE role <> 'admin'")
    assert code(me("INSERT INTO r (role) VALUES ('ADMIN')")) == "permission_denied"
    assert values(me("INSERT INTO r (role) VALUES ('reader') RETURNING role")) == [("reader",)]
    assert values(place.root("SELECT role FROM r")) == [("reader",)]


def test_a_rule_is_judged_by_the_null_of_its_own_column(place, me):
    """… and its NOT NULL."""
    place.ok("CREATE TABLE t (title TEXT NOT NULL, room INTEGER); DEFINE TABLE t PERMISSIONS FOR select FULL, FOR create WHERE room IS NOT NULL")
    assert code(me("INSERT INTO t VALUES ('x', NULL)")) == "permission_denied"
    assert values(me("INSERT INTO t VALUES ('x', 5) RETURNING room, rowid")) == [(5, 1)]


def test_a_rule_is_judged_by_the_affinity_of_its_own_column(place, me):
    """… and its affinity."""
    place.ok("CREATE TABLE t (id INTEGER PRIMARY KEY, e TEXT); DEFINE TABLE t PERMISSIONS FOR select FULL, FOR create WHERE e > '7'")
    assert code(me("INSERT INTO t (e) VALUES ('10')")) == "permission_denied"
    assert code(me("INSERT INTO t (e) VALUES ('8')")) == "OK"


def test_an_upsert_reads_no_hidden_field_of_the_row_in_the_way(place, me):
    place.ok(
        "CREATE TABLE u (id INTEGER PRIMARY KEY, own INTEGER, pub TEXT, secret TEXT); INSERT INTO u VALUES (1, 1, 'p', 'CANARY');"
        "DEFINE TABLE u PERMISSIONS FOR select FULL, FOR create, update WHERE own = $auth.id;"
        "DEFINE FIELD secret ON u PERMISSIONS FOR select NONE, FOR create, update FULL"
    )
    for expression in ("secret", "u.secret", "(SELECT secret)", "iif(secret > 'B', 1, 0)"):
        objects = me(f"INSERT INTO u (id, own, pub) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET pub = {expression} RETURNING *")
        assert code(objects) == "not_found" and "CANARY" not in str(objects)
    mine = me("INSERT INTO u (id, own, pub, secret) VALUES (1, 1, 'x', 'mine') ON CONFLICT (id) DO UPDATE SET pub = excluded.secret RETURNING *")
    assert rows(mine) == [{"id": 1, "own": 1, "pub": "mine"}]
    assert values(place.root("SELECT secret FROM u")) == [("CANARY",)]


def test_a_row_cannot_vouch_for_itself(place, me):
    place.ok("CREATE TABLE member (person INTEGER, circle INTEGER); CREATE VIEW circles AS SELECT circle FROM member")
    for operations in ("create", "update", "select, create"):
        for table in ("member", "circles"):
            assert code(place.root(f"DEFINE TABLE member PERMISSIONS FOR {operations} WHERE circle IN (SELECT circle FROM {table})")) == "invalid_value"
    assert code(place.root("DEFINE TABLE member PERMISSIONS FOR select, delete WHERE circle IN (SELECT circle FROM member AS m WHERE m.person = $auth.id)")) == "OK"


def test_returning_shows_each_row_as_it_is(place, me):
    """Also where the guard of the table is sorted, because a hidden field of it is in an index and it is WITHOUT ROWID."""
    place.ok(
        "CREATE TABLE t (a TEXT PRIMARY KEY, b INTEGER, secret TEXT) WITHOUT ROWID; CREATE INDEX i ON t (secret);"
        "DEFINE TABLE t PERMISSIONS FULL; DEFINE FIELD secret ON t PERMISSIONS FOR select WHERE b = 2, FOR create, update FULL"
    )
    assert values(me("INSERT INTO t VALUES ('x', 1, 's1'), ('y', 2, 's2') RETURNING *")) == [("x", 1, None), ("y", 2, "s2")]
    assert values(me("UPDATE t SET b = b + 1 RETURNING *")) == [("x", 2, "s1"), ("y", 3, None)]
    assert values(me("DELETE FROM t RETURNING a, secret")) == [("x", "s1"), ("y", None)]


def test_foreign_keys_to_the_table_itself_act(place, me):
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t ON DELETE SET NULL ON UPDATE CASCADE); INSERT INTO t VALUES (1, NULL), (2, 1), (3, 2);"
        "DEFINE TABLE t PERMISSIONS FULL"
    )
    assert codes(me("DELETE FROM t WHERE id = 1; UPDATE t SET id = 20 WHERE id = 2")) == ["OK", "OK"]
    assert values(place.root("SELECT id, up FROM t ORDER BY id")) == [(3, 20), (20, None)]


def test_the_order_of_rows_does_not_tell_of_hidden_values(place, me):
    """A covering index on the hidden field would give the rows in its order."""
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, email TEXT UNIQUE); INSERT INTO t VALUES (1, 'a', 'z'), (2, 'b', 'y'), (3, 'c', 'x');"
        "DEFINE TABLE t PERMISSIONS FOR select FULL, FOR update WHERE id = $auth.id;"
        "DEFINE FIELD email ON t PERMISSIONS FOR select WHERE id = $auth.id, FOR update FULL"
    )
    for email in ("w", "xx", "zz"):
        me("UPDATE t SET email = $email WHERE id = 1", email=email)
        assert values(me("SELECT id FROM t")) == [(1,), (2,), (3,)]


def test_what_a_view_leaves_out_makes_no_error(place, me):
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, open INTEGER, data TEXT); CREATE INDEX i ON t (data); INSERT INTO t VALUES (1, 1, '{}'), (2, 0, 'no json');"
        "CREATE VIEW v AS SELECT id, data FROM t WHERE open = 1; DEFINE TABLE v PERMISSIONS FOR select FULL"
    )
    assert values(me("SELECT id FROM v WHERE json(data) = '{}'")) == [(1,)]
    assert values(me("SELECT id FROM v WHERE id = 2 AND json(data) = '{}'")) == []


def test_keys_are_told_apart_as_the_key_does(place, me):
    """Not as their column would: 'a' and 'A' are two rows of this table."""
    place.ok(
        "CREATE TABLE t (code TEXT COLLATE NOCASE, own INTEGER, x TEXT, secret TEXT, PRIMARY KEY (code COLLATE BINARY)) WITHOUT ROWID;"
        "INSERT INTO t VALUES ('a', 1, 'mine', 's1'), ('A', 2, 'hidden', 's2'), ('b', 3, 'seen', 's3'), ('B', 1, 'mine', 's4');"
        "DEFINE TABLE t PERMISSIONS FOR select WHERE own IN ($auth.id, 3), FOR create, update, delete WHERE own = $auth.id;"
        "DEFINE FIELD secret ON t PERMISSIONS FOR select WHERE own = $auth.id, FOR create, update FULL"
    )
    assert sorted(values(me("SELECT code, secret FROM t")), key=str) == [("B", "s4"), ("a", "s1"), ("b", None)]
    assert sorted(values(me("UPDATE t SET x = x || '!' RETURNING code, x, secret"))) == [("B", "mine!", "s4"), ("a", "mine!", "s1")]
    assert me("UPDATE t SET x = 'y' FROM (SELECT 1) WHERE code = 'a' COLLATE BINARY")[0]["changes"] == 1
    assert code(me("REPLACE INTO t (code, own) VALUES ('A', 1)")) == "permission_denied"
    assert code(me("REPLACE INTO t (code, own, x) VALUES ('a', 1, 'new')")) == "OK"
    assert values(me("DELETE FROM t RETURNING code")) in ([("a",), ("B",)], [("B",), ("a",)])
    assert values(place.root("SELECT code, x FROM t")) == [("A", "hidden"), ("b", "seen")]


def test_the_owners_triggers_keep_their_own_conflict_clauses(place, me):
    """SQLite lets the OR of the statement override them; so a statement that says none must run with none."""
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE TABLE tally (k TEXT PRIMARY KEY, n INTEGER); INSERT INTO tally VALUES ('t', 0);"
        "CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO tally VALUES ('t', 0); UPDATE tally SET n = n + 1; END;"
        "CREATE TRIGGER u AFTER UPDATE ON t BEGIN INSERT OR REPLACE INTO tally VALUES ('t', 100); END; DEFINE TABLE t PERMISSIONS FULL"
    )
    assert codes(me("INSERT INTO t (a) VALUES (1); INSERT INTO t (a) VALUES (2)")) == ["OK", "OK"]
    assert values(place.root("SELECT n FROM tally")) == [(2,)]
    assert code(me("UPDATE t SET a = 3")) == "OK"
    assert values(place.root("SELECT n FROM tally")) == [(100,)]
    assert code(me("INSERT INTO t (id) VALUES (1)")) == "constraint_violation"


def test_a_row_that_may_not_be_made_does_not_tell_of_keys(place, me):
    """Whether the key is there or not, the answer is the same, as bytes."""
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER DEFAULT 2, code TEXT COLLATE NOCASE UNIQUE, n NUMERIC, up INTEGER REFERENCES t);"
        "INSERT INTO t VALUES (1, 1, 'a', 1, NULL), (2, 2, 'b', 2, NULL); CREATE TABLE w (code TEXT PRIMARY KEY, own REAL) WITHOUT ROWID; INSERT INTO w VALUES ('b', 2);"
        "DEFINE TABLE t PERMISSIONS FOR select, create, update, delete WHERE own = $auth.id; DEFINE FIELD n ON t PERMISSIONS FOR select FULL, FOR create, update WHERE n > 0;"
        "DEFINE TABLE w PERMISSIONS FOR select, create, update, delete WHERE own = $auth.id"
    )
    forms = {
        "INSERT INTO t (own, code) VALUES (2, {})": ("'B'", "'new'"),
        "INSERT INTO t (code) VALUES ({})": ("'b'", "'new'"),
        "INSERT INTO t (id, own) VALUES ({}, 2)": (2, 99),
        "INSERT INTO t (own, up) VALUES (2, {})": (2, 99),
        "INSERT INTO t (own, code, n) VALUES (1, {}, '-1.0')": ("'b'", "'new'"),
        "INSERT INTO t (own, code) VALUES (2, {}) ON CONFLICT DO NOTHING": ("'b'", "'new'"),
        "INSERT OR IGNORE INTO t (own, code) SELECT 2, {}": ("'b'", "'new'"),
        "REPLACE INTO t (own, code) VALUES (2, {})": ("'b'", "'new'"),
        "INSERT INTO t (own, code) VALUES (1, 'fine'), (2, {})": ("'b'", "'new'"),
        "INSERT INTO t (own, code) VALUES (2, {}) RETURNING *": ("'b'", "'new'"),
        "INSERT INTO w VALUES ({}, 2)": ("'b'", "'new'"),
        "UPDATE t SET own = 2, code = {} WHERE id = 1": ("'b'", "'new'"),
        "UPDATE t SET n = 'x', n = -1, code = {}": ("'b'", "'new'"),
        "UPDATE OR IGNORE t SET own = 2, code = {}": ("'b'", "'new'"),
        "UPDATE OR REPLACE t SET own = 2, code = {}": ("'b'", "'new'"),
        "UPDATE t SET own = 2, up = {}": (2, 99),
        "UPDATE t SET own = 2, id = {}": (2, 99),
    }
    for form, (taken, free) in forms.items():
        answers = [[{k: v for k, v in one.items() if k != "time"} for one in me(form.format(value))] for value in (taken, free)]
        assert answers[0] == answers[1] and answers[0][0]["code"] == "permission_denied", (form, answers)
    assert values(place.root("SELECT id, own FROM t")) == [(1, 1), (2, 2)]


def test_the_row_that_is_judged_before_is_the_row_that_is_stored(place, me):
    """Affinity, defaults and collation of each column are those of the table."""
    place.ok(
        "CREATE TABLE t (i INT, n NUMERIC DEFAULT '7', r REAL, x TEXT COLLATE NOCASE DEFAULT 'Abc', b BLOB, code TEXT UNIQUE, own INTEGER DEFAULT -1);"
        "DEFINE TABLE t PERMISSIONS FOR select FULL, FOR create, update WHERE typeof(i) IN ('integer', 'null') AND typeof(n) = 'integer' AND typeof(r) IN ('real', 'null')"
        "  AND x = 'aBC' AND x || '' <> 'aBC' AND typeof(b) IN ('text', 'null') AND own = -1"
    )
    assert code(me("INSERT INTO t (i, n, r, x, b, code) VALUES ('5', 5.0, 5, 'ABC', '5', 5)")) == "OK"
    assert code(me("INSERT INTO t (i, r) VALUES ('5.0', '5'), (5e0, '0x1'), (NULL, NULL)")) == "permission_denied"
    assert code(me("INSERT INTO t (i, r, code) VALUES (' 5 ', '5', 1), (5e0, ' 1', 2), (NULL, NULL, 3)")) == "OK"
    assert code(me("INSERT INTO t (i) VALUES ('x')")) == code(me("INSERT INTO t (x) VALUES ('aBC')")) == code(me("INSERT INTO t (b) VALUES (5)")) == "permission_denied"
    assert me("UPDATE t SET i = '77', n = '8.0', r = 3, b = 'y', code = code || 'z'")[0]["changes"] == 4
    assert code(me("UPDATE t SET i = 1.5")) == "permission_denied"


def test_what_is_not_known_before_is_judged_after(place, me):
    """A default that is an expression, a generated column, an id that SQLite gives; and where the owner has triggers: there the key is met first."""
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT UNIQUE, own INTEGER DEFAULT (1 + 1), twice AS (own * 2), n);"
        "INSERT INTO t (code, own) VALUES ('b', 2); DEFINE TABLE t PERMISSIONS FOR select FULL, FOR create, update WHERE own = $auth.id"
    )
    for rule in ("own = $auth.id", "twice = 2 * $auth.id", "id < 0", "rowid < 0"):
        place.ok(f"DEFINE TABLE OVERWRITE t PERMISSIONS FOR select FULL, FOR create, update WHERE {rule}")
        assert [code(me(f"INSERT INTO t (code) VALUES ('{one}')")) for one in "bc"] == ["constraint_violation", "permission_denied"]
    place.ok("DEFINE TABLE OVERWRITE t PERMISSIONS FOR select FULL, FOR create WHERE own = $auth.id; CREATE TRIGGER i AFTER INSERT ON t BEGIN SELECT 1; END")
    assert [code(me(f"INSERT INTO t (code, own) VALUES ('{one}', 2)")) for one in "bc"] == ["constraint_violation", "permission_denied"]
    assert values(place.root("SELECT count(*) FROM t")) == [(1,)]


def test_each_row_is_judged_by_what_the_rows_before_it_have_done(place, me):
    """SQLite would run the rule's sub-select once for the statement, and three rows fit where there is room for one."""
    place.ok(
        "CREATE TABLE quota (person INTEGER PRIMARY KEY, room INTEGER); INSERT INTO quota VALUES (1, 1); CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, x);"
        "CREATE TRIGGER i AFTER INSERT ON t BEGIN UPDATE quota SET room = room - 1 WHERE person = new.own; END;"
        "CREATE TRIGGER u AFTER UPDATE ON t BEGIN UPDATE quota SET room = room - 1 WHERE person = new.own; END;"
    )
    for rule in ("(SELECT room FROM quota WHERE person = $auth.id) > 0", "EXISTS (SELECT 1 FROM quota WHERE person = $auth.id AND room > 0)",
                 "$auth.id IN (SELECT person FROM quota WHERE room > 0)", "(SELECT (SELECT max(room) FROM quota)) > 0"):
        place.ok(f"DEFINE TABLE OVERWRITE t PERMISSIONS FOR select FULL, FOR create, update WHERE {rule}; DELETE FROM t; UPDATE quota SET room = 1")
        assert code(me("INSERT INTO t (own) VALUES (1), (1), (1)")) == code(me("INSERT INTO t (own) SELECT 1 FROM json_each('[1,2,3]')")) == "permission_denied"
        assert codes(me("INSERT INTO t (own) VALUES (1); INSERT INTO t (own) VALUES (1)")) == ["OK", "permission_denied"]
        place.ok("INSERT INTO t (own) VALUES (1), (1); UPDATE quota SET room = 1")
        assert code(me("UPDATE t SET x = 1")) == "permission_denied"
        assert me("UPDATE t SET x = 1 WHERE id = 1")[0]["changes"] == 1


UPSERT = "INSERT INTO part AS q (id, own, a) VALUES (3, 1, 'new') ON CONFLICT (id) DO UPDATE SET a = "


@pytest.mark.parametrize("value, wanted", [
    ("(SELECT group_concat(part.a) FROM part WHERE part.id < q.id)", "a1,b1"),  # 2 is hidden
    ("(SELECT group_concat(coalesce(part.secret, '?')) || q.secret FROM part)", "s1,?,s3s3"),
    ("(SELECT q.a || part.a FROM t AS part WHERE part.id = q.id)", "c1t3"),
    ("(SELECT (SELECT q.a || part.id || excluded.a FROM part WHERE part.id = 1) FROM part AS x WHERE x.id = q.id)", "c11new"),
    ("(SELECT max(q._rowid_ * 10 + part.rowid) FROM part)", "33"),
    ("(WITH part AS (SELECT 'cte' AS a) SELECT part.a || q.a FROM part)", "ctec1"),
])
def test_a_sub_select_of_the_changed_table_by_its_name(place, me, value, wanted):
    """The row that is there and the table have two names."""
    place.ok("CREATE TABLE part (id INTEGER PRIMARY KEY, own INTEGER, a TEXT, secret TEXT);"
             "INSERT INTO part VALUES (1, 1, 'a1', 's1'), (0, 3, 'b1', 'x0'), (2, 2, 'hidden', 'x2'), (3, 1, 'c1', 's3');"
             "DEFINE TABLE part PERMISSIONS FOR select WHERE own IN (1, 3), FOR create, update WHERE own = $auth.id;"
             "DEFINE FIELD secret ON part PERMISSIONS FOR select WHERE own = $auth.id, FOR create, update FULL;"
             "DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (3, 't3'); DEFINE TABLE t PERMISSIONS FULL")
    given = values(me(UPSERT + value + " RETURNING a"))
    assert sorted(given[0][0].split(",")) == sorted(wanted.split(",")) and len(given) == 1
    assert values(place.root("SELECT count(*) FROM part WHERE a = ?1 AND id = 3", vars={"1": given[0][0]})) == [(1,)]
    for refused in (2, 0):
        assert code(me(UPSERT.replace("(3,", f"({refused},") + "(SELECT max(part.a || q.a) FROM part)")) == "permission_denied"
    assert values(me(UPSERT + "(SELECT 'never' FROM part WHERE q.a = part.a) WHERE q.secret = (SELECT min(part.secret) FROM part WHERE part.id = 2) RETURNING a")) == []
