"""REPLACE of restricted principals: what is deleted to make room must be visible and deletable, wherever the conflict is."""

import itertools

import pytest
from expect import code, codes, rows, values

MINE = "owner = $auth.id"
FORMS = {
    "REPLACE": "REPLACE INTO t ({names}) VALUES {rows}",
    "INSERT OR REPLACE": "INSERT OR REPLACE INTO t ({names}) VALUES {rows}",
    "SELECT": "REPLACE INTO t ({names}) SELECT * FROM (VALUES {rows})",
    "RETURNING": "REPLACE INTO t ({names}) VALUES {rows} RETURNING *",
    "UPSERT": "INSERT OR REPLACE INTO t ({names}) VALUES {rows} ON CONFLICT (never) DO UPDATE SET note = 'no'",
    "WITH": "WITH x({names}) AS (VALUES {rows}) REPLACE INTO t ({names}) SELECT * FROM x WHERE 1",
}
TABLES = {
    "rowid alias": "id INTEGER PRIMARY KEY, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE",
    "unique index": "id TEXT UNIQUE, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE",
    "primary key": "id TEXT PRIMARY KEY, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE",
    "without rowid": "id INTEGER, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE, PRIMARY KEY (id)) WITHOUT ROWID --",
    "without rowid, one index": "id INTEGER PRIMARY KEY, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE) WITHOUT ROWID --",
    "strict": "id INTEGER PRIMARY KEY, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE) STRICT --",
    "nocase": "id TEXT COLLATE NOCASE PRIMARY KEY, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE",
    "expression": "id INTEGER, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE); CREATE UNIQUE INDEX i ON t (abs(id)",
    "partial": "id INTEGER, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE); CREATE UNIQUE INDEX i ON t (id) WHERE (id > 0",
    "generated": "id INTEGER, twice AS (id * 2) UNIQUE, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE",
    "own clause": "id INTEGER PRIMARY KEY ON CONFLICT REPLACE, name TEXT UNIQUE ON CONFLICT REPLACE, owner INTEGER, note TEXT, never INTEGER UNIQUE",
    "hidden names": "id INTEGER UNIQUE, oid TEXT, rowid TEXT, name TEXT, owner INTEGER, note TEXT, never INTEGER UNIQUE",
}
PERMISSIONS = f"DEFINE TABLE t PERMISSIONS FOR select WHERE {MINE} OR note = 'open', FOR create, update, delete WHERE {MINE}"


@pytest.fixture
def me(place):
    """A scope user with id 1 of an empty database: me(sql)."""
    place.ok(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me'), ('other');"
        "DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)"
    )
    token = place.signin("account", name="me")
    return lambda sql, **options: place.server.sql(sql, token=token, **options)


def make(place, columns, more=""):
    create = f"CREATE TABLE t ({columns})" if not columns.endswith("--") else f"CREATE TABLE t ({columns[:-2]}"
    place.ok(
        f"{create}; {PERMISSIONS};"
        "INSERT INTO t (id, name, owner, note) VALUES (1, 'mine', 1, 'n'), (2, 'seen', 2, 'open'), (3, 'hidden', 2, 'n'), (4, 'mine too', 1, 'n');" + more
    )


def table(place):
    return values(place.root("SELECT id + 0, name, owner, note FROM t ORDER BY id + 0"))


BEFORE = [(1, "mine", 1, "n"), (2, "seen", 2, "open"), (3, "hidden", 2, "n"), (4, "mine too", 1, "n")]


@pytest.mark.parametrize("kind", TABLES)
def test_only_what_may_be_deleted_is_replaced(place, me, kind):
    make(place, TABLES[kind])
    refused = set()
    for form in FORMS.values():
        for number in (2, 3):
            for more in ("", ", (7, 'also', 1, NULL)", ", (1, 'first', 1, NULL)"):
                objects = me(form.format(names="id, name, owner, note", rows=f"({number}, 'x', 1, NULL){more}"))
                refused.add((code(objects), objects[-1]["result"]))
                assert table(place) == BEFORE, (form, number, more)
    # visible or hidden, the answer is the same
    assert refused == {("permission_denied", "permission denied by the table's rule")}
    assert code(me("UPDATE OR REPLACE t SET id = 3 WHERE id = 1")) == "permission_denied"
    assert code(me("UPDATE OR REPLACE t SET id = id + 1 WHERE id IN (1, 4)")) == "permission_denied"
    assert table(place) == BEFORE
    assert me("UPDATE OR REPLACE t SET id = 4 WHERE id = 1")[0]["changes"] == 1
    assert table(place) == BEFORE[1:3] + [(4, "mine", 1, "n")]
    done = me("REPLACE INTO t (id, name, owner, note) VALUES (4, 'new', 1, 'n'), (9, 'newer', 1, 'n'), (9, 'newest', 1, 'n')")
    assert (done[0]["status"], done[0]["changes"]) == ("OK", 3)
    assert table(place) == BEFORE[1:3] + [(4, "new", 1, "n"), (9, "newest", 1, "n")]


def test_several_unique_indexes_at_once(place, me):
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b INTEGER UNIQUE, owner INTEGER, note TEXT);"
        f"{PERMISSIONS}; INSERT INTO t VALUES (1, 1, 1, 1, 'n'), (2, 2, 2, 1, 'n'), (3, 3, 3, 2, 'n'), (4, 4, 4, 1, 'n')"
    )
    before = values(place.root("SELECT * FROM t"))
    for row in ((1, 2, 3), (3, 2, 1), (1, 3, 2), (9, 9, 3)):
        assert code(me(f"REPLACE INTO t (id, a, b, owner) VALUES ({row[0]}, {row[1]}, {row[2]}, 1)")) == "permission_denied"
        assert values(place.root("SELECT * FROM t")) == before
    assert code(me("REPLACE INTO t (id, a, b, owner) VALUES (1, 2, 4, 1)")) == "OK"
    assert values(place.root("SELECT id, a, b, owner FROM t")) == [(1, 2, 4, 1), (3, 3, 3, 2)]


def test_a_table_that_says_replace_itself(place, me):
    """Without OR, its own clause counts: where the principal may delete. Where not, a conflict is one."""
    make(place, TABLES["own clause"])
    assert code(me("INSERT INTO t (id, name, owner) VALUES (3, 'x', 1)")) == "permission_denied"
    assert code(me("INSERT INTO t (name, owner) VALUES ('hidden', 1)")) == "permission_denied"
    assert code(me("UPDATE t SET name = 'hidden' WHERE id = 1")) == "permission_denied"
    assert code(me("INSERT OR ABORT INTO t (id, name, owner) VALUES (1, 'x', 1)")) == "constraint_violation"
    assert me("INSERT OR IGNORE INTO t (id, name, owner) VALUES (3, 'x', 1)")[0].get("changes") == 0
    assert table(place) == BEFORE
    assert code(me("INSERT INTO t (name, owner, note) VALUES ('mine too', 1, 'n')")) == "OK"
    assert table(place) == BEFORE[:3] + [(5, "mine too", 1, "n")]
    place.ok(f"DEFINE TABLE OVERWRITE t PERMISSIONS FOR select, create, update WHERE {MINE}")
    assert code(me("INSERT INTO t (id, name, owner) VALUES (1, 'x', 1)")) == "constraint_violation"
    assert code(me("REPLACE INTO t (id, name, owner) VALUES (100, 'x', 1)")) == "permission_denied"


def test_delete_is_asked_of_the_row_as_it_was(place, me):
    """Not of the new one."""
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, owner INTEGER, locked INTEGER); INSERT INTO t VALUES (1, 1, 1), (2, 1, 0);"
        "DEFINE TABLE t PERMISSIONS FOR select, create FULL, FOR delete WHERE owner = $auth.id AND NOT locked"
    )
    assert code(me("REPLACE INTO t VALUES (1, 1, 0)")) == "permission_denied"
    assert code(me("REPLACE INTO t VALUES (2, 1, 1)")) == "OK"
    assert code(me("REPLACE INTO t VALUES (2, 1, 0)")) == "permission_denied"
    assert code(me("REPLACE INTO t VALUES (5, 1, 1), (5, 1, 0)")) == "permission_denied"
    assert values(place.root("SELECT * FROM t")) == [(1, 1, 1), (2, 1, 1)]


def test_what_triggers_and_foreign_keys_delete_is_the_owners(place, me):
    make(
        place,
        TABLES["rowid alias"],
        "CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t ON DELETE CASCADE); INSERT INTO child VALUES (1, 1);"
        "CREATE TABLE log (what TEXT);"
        "CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.name); DELETE FROM t WHERE note = 'open'; END;",
    )
    assert code(me("REPLACE INTO t (id, name, owner, note) VALUES (3, 'x', 1, 'n')")) == "permission_denied"
    assert values(place.root("SELECT count(*) FROM log")) == [(0,)]
    assert code(me("REPLACE INTO t (id, name, owner, note) VALUES (1, 'x', 1, 'n')")) == "OK"
    assert table(place) == [(1, "x", 1, "n")] + BEFORE[2:]
    assert values(place.root("SELECT what FROM log")) == [("mine",), ("seen",)]
    assert values(place.root("SELECT count(*) FROM child")) == [(0,)]


def test_a_trigger_that_raises_tells_nothing_of_a_hidden_row(place, me):
    """The row is refused whatever the owner's trigger says of it."""
    make(
        place,
        TABLES["rowid alias"],
        "CREATE TRIGGER late AFTER DELETE ON t BEGIN SELECT RAISE(ABORT, 'CANARY') WHERE old.name = 'hidden'; END",
    )
    objects = me("REPLACE INTO t (id, name, owner) VALUES (3, 'x', 1)")
    assert code(objects) == "permission_denied" and "CANARY" not in str(objects)
    assert table(place) == BEFORE


def test_in_a_block_and_after_a_refusal(place, me):
    make(place, TABLES["rowid alias"])
    objects = me("BEGIN; REPLACE INTO t (id, name, owner) VALUES (1, 'x', 1); REPLACE INTO t (id, name, owner) VALUES (3, 'x', 1); COMMIT")
    assert codes(objects) == ["cancelled", "cancelled", "permission_denied", "cancelled"]
    assert table(place) == BEFORE
    objects = me("REPLACE INTO t (id, name, owner) VALUES (3, 'x', 1); REPLACE INTO t (id, name, owner, note) VALUES (1, 'y', 1, 'n'); DELETE FROM t WHERE id = 4; SELECT count(*) AS n FROM t")
    assert codes(objects) == ["permission_denied", "OK", "OK", "OK"]
    assert rows(objects) == [{"n": 2}]
    assert values(place.root("DELETE FROM t RETURNING id")) == [(1,), (2,), (3,)]


def test_rules_with_sub_selects_and_fields(place, me):
    place.ok(
        "CREATE TABLE member (circle INTEGER, person INTEGER); INSERT INTO member VALUES (1, 1), (2, 2);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, circle INTEGER, secret TEXT); INSERT INTO t VALUES (1, 1, 's'), (2, 2, 's');"
        "DEFINE TABLE t PERMISSIONS FOR select, delete WHERE circle IN (SELECT circle FROM member WHERE person = $auth.id), FOR create FULL;"
        "DEFINE FIELD secret ON t PERMISSIONS FOR create FULL"
    )
    assert codes(me("REPLACE INTO t (id, circle) VALUES (2, 1); REPLACE INTO t (id, circle) VALUES (1, 1)")) == ["permission_denied", "OK"]
    assert values(place.root("SELECT * FROM t")) == [(1, 1, None), (2, 2, "s")]


@pytest.mark.parametrize("operation, other", itertools.permutations(["select", "delete"], 2))
def test_none_is_refused_whether_or_not_there_is_a_conflict(place, me, operation, other):
    place.ok(f"CREATE TABLE t (id INTEGER PRIMARY KEY, a); DEFINE TABLE t PERMISSIONS FOR create, update, {other} FULL")
    assert code(me("REPLACE INTO t VALUES (1, 2)")) == "permission_denied"
    assert code(me("UPDATE OR REPLACE t SET id = 1")) == "permission_denied"


def test_one_who_may_see_and_delete_everything(place, me):
    place.ok("CREATE TABLE t (id INTEGER PRIMARY KEY, a); DEFINE TABLE t PERMISSIONS FULL; INSERT INTO t VALUES (1, 1)")
    assert me("REPLACE INTO t VALUES (1, 2), (2, 2)")[0]["changes"] == 2


def test_foreign_keys_to_the_table_itself_act(place, me):
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, up INTEGER REFERENCES t ON DELETE SET NULL, top INTEGER REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO t VALUES (1, 1, NULL, NULL), (2, 2, 1, NULL), (3, 2, NULL, 1);"
        "DEFINE TABLE t PERMISSIONS FOR select, create, update, delete WHERE own = $auth.id"
    )
    assert codes(me("REPLACE INTO t (id, own) VALUES (2, 1); REPLACE INTO t (id, own) VALUES (1, 1)")) == ["permission_denied", "OK"]
    assert values(place.root("SELECT * FROM t")) == [(1, 1, None, None), (2, 2, None, None)]
    place.ok("DEFINE TABLE OVERWRITE t PERMISSIONS FULL")
    assert code(me("REPLACE INTO t (id, own) VALUES (2, 1)")) == "OK"


def test_a_full_text_table_is_kept_in_step(place, me):
    """Its module deletes rows of its own tables meanwhile, which are nobody's to refuse."""
    place.ok(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, own INTEGER, title TEXT, slug TEXT UNIQUE);"
        "CREATE VIRTUAL TABLE search USING fts5 (title, content = 't', content_rowid = 'id');"
        "CREATE TRIGGER made AFTER INSERT ON t BEGIN INSERT INTO search (rowid, title) VALUES (new.id, new.title); END;"
        "CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO search (search, rowid, title) VALUES ('delete', old.id, old.title); END;"
        "CREATE TRIGGER changed AFTER UPDATE ON t BEGIN INSERT INTO search (search, rowid, title) VALUES ('delete', old.id, old.title);"
        " INSERT INTO search (rowid, title) VALUES (new.id, new.title); END;"
        "DEFINE TABLE t PERMISSIONS FOR select, create, update, delete WHERE own = $auth.id;"
        "INSERT INTO t VALUES (1, 1, 'mine', 'a'), (2, 1, 'mine', 'b'), (3, 9, 'hidden', 'c')"
    )
    assert code(me("REPLACE INTO t VALUES (1, 1, 'newer', 'b')")) == "OK"
    assert code(me("UPDATE OR REPLACE t SET title = 'newest' WHERE id = 1")) == "OK"
    for sql in ("REPLACE INTO t VALUES (3, 1, 'x', 'd')", "REPLACE INTO t VALUES (5, 1, 'x', 'c')", "UPDATE OR REPLACE t SET slug = 'c'", "UPDATE OR REPLACE t SET id = 3"):
        assert code(me(sql)) == "permission_denied", sql
    assert values(place.root("SELECT * FROM t")) == [(1, 1, "newest", "b"), (3, 9, "hidden", "c")]
    place.ok("INSERT INTO search (search) VALUES ('integrity-check')")
    assert values(place.root("SELECT rowid FROM search WHERE search MATCH 'newest OR hidden OR mine OR newer OR x'")) == [(1,), (3,)]
