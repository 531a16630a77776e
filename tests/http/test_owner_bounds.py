"""What bounds SQLite's SQL for the three upper levels, and what works for them within it."""

import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import code, codes, one_value, rows, values

LEVELS = ("root", "namespace", "database")


@pytest.fixture(scope="module")
def owners(server):
    server.make_database("bounds", "one", """
        CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, parent REFERENCES t (id)); INSERT INTO t (a) VALUES ('x'), ('y');
        CREATE INDEX t_a ON t (a); CREATE VIEW v AS SELECT a FROM t; CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT);
        INSERT INTO counted DEFAULT VALUES; DEFINE TABLE t PERMISSIONS WHERE a = 'x'; DEFINE SCOPE s SIGNIN (SELECT id FROM t);
        DEFINE LOGIN d ON DATABASE PASSWORD 'secret-d'; DEFINE LOGIN n ON NAMESPACE PASSWORD 'secret-n'""")
    server.tokens = {
        "root": server.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD}),
        "namespace": server.token(NS="bounds", user="n", **{"pass": "secret-n"}),
        "database": server.token(NS="bounds", DB="one", user="d", **{"pass": "secret-d"}),
    }
    return server


@pytest.fixture(params=LEVELS)
def ask(owners, request):
    return lambda sql: owners.sql(sql, token=owners.tokens[request.param], ns="bounds", db="one")


REFUSED = [
    "ATTACH 'other.db' AS other", "ATTACH DATABASE ':memory:' AS m", "ATTACH '' AS m", "DETACH main", "DETACH DATABASE temp", "VACUUM INTO 'copy.db'",
    "VACUUM main INTO 'copy.db'", "CREATE TEMP TABLE x (a)", "CREATE TEMPORARY TABLE x AS SELECT 1", "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE TABLE temp.x (a)", "CREATE VIEW temp.x AS SELECT 1",
    "SELECT load_extension('x')", "SELECT load_extension('x', 'y')", "SELECT fts3_tokenizer('simple')", "SELECT fts3_tokenizer('simple', x'00')",
    "SELECT readfile('/etc/passwd')", "SELECT writefile('x', 'y')", "SELECT edit('x')", "SELECT * FROM fsdir('/')", "SELECT * FROM sqlite_dbpage",
    "CREATE VIRTUAL TABLE x USING zipfile('x')", "CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')", "CREATE VIRTUAL TABLE x USING dbstat",
    "SELECT * FROM pragma_database_list", "SELECT file FROM pragma_database_list()",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_refused_to_all(owners, ask, sql):
    assert code(ask(sql)) in ("permission_denied", "not_found")
    assert not list(owners.data.rglob("*other*")) and not list(owners.data.rglob("copy*"))


RESERVED = [
    "SELECT * FROM _bailiwick_definition", "SELECT * FROM main._bailiwick_scope", 'SELECT * FROM "_bailiwick_definition"', "SELECT * FROM [_bailiwick_definition]",
    "SELECT * FROM `_BAILIWICK_DEFINITION`", "SELECT * FROM '_bailiwick_definition'", "SELECT 1 FROM t WHERE a IN _bailiwick_definition",
    "SELECT (SELECT count(*) FROM _bailiwick_table)", "INSERT INTO _bailiwick_definition DEFAULT VALUES", "UPDATE _bailiwick_definition SET name = 'x'",
    "DELETE FROM _bailiwick_definition", "REPLACE INTO _bailiwick_definition VALUES (1)", "DROP TABLE _bailiwick_definition", "DROP TABLE IF EXISTS _bailiwick_definition",
    "ALTER TABLE _bailiwick_definition RENAME TO x", "ALTER TABLE t RENAME TO _bailiwick_x", "ALTER TABLE t RENAME COLUMN a TO _bailiwick_a",
    "ALTER TABLE t ADD COLUMN _bailiwick_c", "CREATE TABLE _bailiwick_x (a)", "CREATE TABLE x (_bailiwick_a)", "CREATE TABLE x (a REFERENCES _bailiwick_definition)",
    "CREATE INDEX _bailiwick_i ON t (a)", "CREATE INDEX i ON _bailiwick_definition (name)", "CREATE VIEW _bailiwick_v AS SELECT 1",
    "CREATE VIEW x AS SELECT * FROM _bailiwick_definition", "CREATE TRIGGER _bailiwick_g AFTER INSERT ON t BEGIN SELECT 1; END",
    "CREATE TRIGGER g AFTER INSERT ON _bailiwick_definition BEGIN SELECT 1; END", "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM _bailiwick_definition; END",
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT * FROM _bailiwick_definition; END", "CREATE VIRTUAL TABLE _bailiwick_f USING fts5(a)",
    "WITH _bailiwick_x AS (SELECT 1) SELECT * FROM _bailiwick_x", "SELECT 1 AS _bailiwick_x", "SELECT a FROM t AS _bailiwick_t",
    "SELECT _bailiwick_t.a FROM t", "SELECT _bailiwick_check(1)", "SELECT _bailiwick_allow(1)", "PRAGMA table_info(_bailiwick_definition)",
    "PRAGMA index_list('_bailiwick_definition')", "PRAGMA foreign_key_check(_bailiwick_definition)", "ANALYZE _bailiwick_definition", "REINDEX _bailiwick_definition",
    "EXPLAIN SELECT * FROM _bailiwick_definition", "EXPLAIN QUERY PLAN SELECT * FROM _bailiwick_definition", "SELECT * FROM pragma_table_info('_bailiwick_definition')",
    "DEFINE TABLE _bailiwick_definition PERMISSIONS FULL", "DEFINE FIELD name ON _bailiwick_definition PERMISSIONS FULL", "REMOVE TABLE _bailiwick_definition",
    "REMOVE TABLE IF EXISTS _bailiwick_definition", "INFO FOR TABLE _bailiwick_definition", "DEFINE SCOPE x SIGNIN (SELECT * FROM _bailiwick_definition)",
    "DEFINE TABLE OVERWRITE t PERMISSIONS WHERE EXISTS (SELECT 1 FROM _bailiwick_definition)", "SAVEPOINT _bailiwick_s",
    "SELECT count(*) FROM t NATURAL JOIN _bailiwick_definition",
]


@pytest.mark.parametrize("sql", RESERVED)
def test_our_names_are_nobodys(owners, ask, sql):
    got = code(ask(sql))
    assert got in ("permission_denied", "not_found", "invalid_value"), got


@pytest.mark.parametrize("module", [
    "fts5(kind, name, definition, secret, content='_bailiwick_definition', content_rowid='kind')", "fts5(name, content='_bailiwick_definition')",
    "fts4(content='_bailiwick_definition', name)", "fts4(content='_bailiwick_definition')", "fts5vocab('_bailiwick_definition', 'row')",
    "fts4aux('_bailiwick_definition')", "fts5(sql, content='sqlite_schema')",
])
def test_no_virtual_table_reads_them_for_us(owners, module):
    """Search modules read the table that they are told of with statements of their own."""
    objects = owners.root(f"""CREATE VIRTUAL TABLE reading USING {module}; SELECT * FROM reading; SELECT * FROM reading WHERE rowid = 1;
        INSERT INTO reading (reading) VALUES ('rebuild'); SELECT * FROM reading WHERE reading MATCH 'd OR login OR scope';
        DROP TABLE IF EXISTS reading""", "bounds", "one")
    for one in objects[1:5]:
        assert one["status"] == "ERR" or not one["result"], one
    assert "secret" not in str(objects) and "argon2" not in str(objects)


def test_nothing_of_it_was_done(owners):
    """After all of the above the database is as it was."""
    names = {name for (name,) in values(owners.root("SELECT name FROM sqlite_schema", "bounds", "one"))}
    assert {"t", "t_a", "v", "counted"} <= names and not names & {"x", "g", "i"}
    assert owners.signin(NS="bounds", DB="one", user="d", **{"pass": "secret-d"}).status_code == 200


def test_schema_shows_own_objects_alone(ask):
    for table in ("sqlite_schema", "sqlite_master", "main.sqlite_schema", "main.sqlite_master"):
        shown = rows(ask(f"SELECT type, name, tbl_name, sql FROM {table}"))
        assert {"t", "t_a", "v", "counted"} <= {row["name"] for row in shown}
        assert "_bailiwick" not in str(shown).lower()
    assert one_value(ask("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%bailiwick%'")) == 0
    assert one_value(ask("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%bailiwick%' OR tbl_name LIKE '%bailiwick%'")) == 0
    assert values(ask("SELECT s.name FROM sqlite_schema AS s JOIN t ON t.id = 1 WHERE s.name = 't'")) == [("t",)]


def test_schema_is_not_written(ask):
    for sql in ("UPDATE sqlite_schema SET sql = ''", "DELETE FROM sqlite_schema", "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)",
                "DROP TABLE sqlite_schema", "PRAGMA writable_schema = 1"):
        assert code(ask(sql)) in ("permission_denied", "sqlite_error", "not_found")


PRAGMAS = ["table_info(t)", "table_xinfo(t)", "index_list(t)", "index_info(t_a)", "index_xinfo(t_a)", "foreign_key_list(t)", "foreign_key_check",
           "foreign_key_check(t)", "integrity_check", "integrity_check(5)", "quick_check", "optimize", "user_version", "user_version = 7",
           "application_id", "application_id = 9", "main.table_info(t)", "TABLE_INFO('t')", "main.user_version"]


@pytest.mark.parametrize("pragma", PRAGMAS)
def test_pragmas_that_are_allowed(ask, pragma):
    assert code(ask(f"PRAGMA {pragma}")) == "OK"


def test_pragmas_do_what_they_say(ask):
    assert [row["name"] for row in rows(ask("PRAGMA table_info(t)"))] == ["id", "a", "parent"]
    assert codes(ask("PRAGMA user_version = 12; PRAGMA application_id = 34")) == ["OK", "OK"]
    assert (one_value(ask("PRAGMA user_version")), one_value(ask("PRAGMA application_id"))) == (12, 34)
    assert one_value(ask("PRAGMA integrity_check")) == one_value(ask("PRAGMA quick_check")) == "ok"


@pytest.mark.parametrize("pragma", [
    "journal_mode", "journal_mode = DELETE", "synchronous = OFF", "foreign_keys", "foreign_keys = OFF", "writable_schema = ON", "database_list",
    "function_list", "module_list", "pragma_list", "compile_options", "temp_store_directory = '/'", "data_store_directory = '/'", "locking_mode",
    "cache_size = 1", "mmap_size = 1", "key = 'x'", "recursive_triggers = 0", "trusted_schema = 1", "wal_checkpoint", "wal_autocheckpoint",
    "max_page_count", "hard_heap_limit", "soft_heap_limit", "threads = 4", "table_list", "secure_delete", "schema_version",
    "ignore_check_constraints = 1", "defer_foreign_keys = 1", "case_sensitive_like = 1", "legacy_alter_table = 1", "encoding", "nonsense",
    "temp.table_info(t)", "busy_timeout = 1", "query_only = 0", "read_uncommitted = 1", "shrink_memory", "stats", "incremental_vacuum", "auto_vacuum",
    "page_size", "data_version",
])
def test_pragmas_that_are_not(ask, pragma):
    assert code(ask(f"PRAGMA {pragma}")) in ("permission_denied", "not_found")


@pytest.mark.parametrize("sql", [
    "EXPLAIN SELECT a FROM t", "EXPLAIN QUERY PLAN SELECT a FROM t WHERE a = 'x'", "EXPLAIN INSERT INTO t (a) VALUES (1)", "ANALYZE", "ANALYZE t",
    "ANALYZE main", "REINDEX", "REINDEX t", "REINDEX t_a", "REINDEX nocase", "VACUUM", "VACUUM main",
])
def test_what_works(owners, ask, sql):
    assert code(ask(sql)) == "OK"
    assert values(ask("SELECT a FROM t")) == [("x",), ("y",)]


def test_explain_explains(ask):
    assert "t_a" in str(rows(ask("EXPLAIN QUERY PLAN SELECT id FROM t WHERE a = 'x'")))
    assert {"addr", "opcode"} <= set(rows(ask("EXPLAIN SELECT 1"))[0])
    assert values(ask("SELECT count(*) FROM t")) == [(2,)]
    assert code(ask("EXPLAIN DELETE FROM t")) == "OK"
    assert values(ask("SELECT count(*) FROM t")) == [(2,)]


def test_sqlite_is_all_there(ask):
    """A walk through what SQLite can, as an owner."""
    objects = ask("""
        CREATE TABLE w (a INTEGER PRIMARY KEY, b TEXT COLLATE NOCASE, c REAL CHECK (c > 0), d REAL GENERATED ALWAYS AS (c * 2) STORED) STRICT;
        INSERT INTO w (b, c) VALUES ('x', 1.5), ('Y', 2.5) ON CONFLICT DO NOTHING; SELECT d FROM w WHERE b = 'X';
        CREATE UNIQUE INDEX w_b ON w (b) WHERE c > 1; CREATE TABLE x AS SELECT * FROM w; ALTER TABLE x RENAME TO y; ALTER TABLE y DROP COLUMN d;
        CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO w (b, c) VALUES (new.a, 9); END; INSERT INTO v VALUES ('via view');
        SELECT sum(c) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM w; DELETE FROM w ORDER BY a LIMIT 1;
        CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('hello world'), ('goodbye'); SELECT body FROM f WHERE f MATCH 'hello';
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n;
        UPDATE w SET c = y.c FROM y WHERE y.b = w.b RETURNING w.b; SELECT value FROM json_each('[1]');
        DROP TRIGGER g; DROP TABLE f; DROP TABLE w; DROP TABLE y""")
    assert codes(objects) == ["OK"] * len(objects)


def test_own_settings_hold(ask):
    """foreign_keys and recursive_triggers are on, and a text in double quotes is a name."""
    assert code(ask("INSERT INTO t (a, parent) VALUES ('x', 99)")) == "constraint_violation"
    assert code(ask('SELECT "no such column" FROM t')) == "not_found"
    assert code(ask("CREATE TABLE q (a DEFAULT (\"text\"))")) != "OK"


ARROWS = """CREATE TABLE event (id INTEGER PRIMARY KEY, own INTEGER, data TEXT, kind TEXT AS (data ->> '$.kind'), size AS (data -> '$.size') STORED,
        note TEXT DEFAULT ('{"a":"none"}' ->> '$.a'), CHECK (data ->> '$.bad' IS NULL));
    CREATE INDEX event_kind ON event (data ->> '$.kind', id); CREATE INDEX event_size ON event (own) WHERE data -> '$.size' IS NOT NULL;
    CREATE VIEW kinds AS SELECT id, data ->> 'kind' AS kind FROM event;
    CREATE TRIGGER event_made AFTER INSERT ON event WHEN new.data ->> '$.kind' = 'loud' BEGIN UPDATE event SET note = new.data ->> '$.kind' WHERE id = new.id; END;
    INSERT INTO event (id, own, data) VALUES (1, 1, '{"kind":"a","size":3}'), (2, 2, '{"kind":"hidden"}');
    CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1);
    DEFINE TABLE event PERMISSIONS WHERE own = $auth.id; DEFINE TABLE kinds PERMISSIONS FULL; DEFINE SCOPE s SIGNIN (SELECT id FROM person WHERE id = $id)"""


def test_json_arrows_in_indexes_and_tables(place):
    """SQLite 3.40 takes -> and ->> in a schema for unsafe unless the schema is trusted: indexes, generated columns, checks, defaults."""
    place.ok(ARROWS)
    plan = rows(place.root("EXPLAIN QUERY PLAN SELECT id FROM event WHERE data ->> '$.kind' = 'a'"))
    assert "event_kind" in plan[0]["detail"]
    assert values(place.root("SELECT id, kind, size, note FROM event ORDER BY id")) == [(1, "a", "3", "none"), (2, "hidden", None, "none")]
    assert codes(place.root("PRAGMA integrity_check; REINDEX; ALTER TABLE event ADD COLUMN more; VACUUM")) == ["OK"] * 4
    ask = lambda sql: place.sql(sql, place.signin("s", id=1))
    assert values(ask("SELECT id FROM event WHERE data ->> '$.kind' IN ('a', 'hidden') OR kind = 'hidden'")) == [(1,)]
    assert values(ask("SELECT * FROM kinds ORDER BY id")) == [(1, "a"), (2, "hidden")]
    objects = ask("""INSERT INTO event (own, data) VALUES (1, '{"kind":"loud"}') RETURNING kind; UPDATE event SET data = '{"kind":"b"}' WHERE id = 1;
        SELECT id, kind, note FROM event ORDER BY id; DELETE FROM event WHERE kind = 'loud'""")
    assert codes(objects) == ["OK"] * 4 and values(objects[2:3]) == [(1, "b", "none"), (3, "loud", "loud")]
    failures = ask("""INSERT INTO event (own, data) VALUES (1, '{broken'); INSERT INTO event (own, data) VALUES (1, '{"bad":1}');
        UPDATE event SET data = '{' WHERE id = 1; SELECT count(*) FROM event""")
    assert [one["status"] for one in failures] == ["ERR"] * 3 + ["OK"] and "hidden" not in str(failures)
