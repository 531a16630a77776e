"""What permissions mean: the contract's points, one after the other, seen by a scope user over the wire."""

import pytest
from asker import As
from expect import code, codes, one_value, rows, values

STRICT = {"Prefer": "handling=strict"}
SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE, password TEXT DEFAULT 'secret-word', role TEXT DEFAULT 'reader');
    CREATE TABLE post (id INTEGER PRIMARY KEY, author INTEGER REFERENCES person (id), title TEXT, draft INTEGER DEFAULT 0,
                       note TEXT, score INTEGER DEFAULT 0, slug TEXT UNIQUE);
    CREATE TABLE closed (a); CREATE TABLE read_only (a); CREATE TABLE drop_box (id INTEGER PRIMARY KEY, a);
    CREATE TABLE log (what TEXT); CREATE TABLE open (id INTEGER PRIMARY KEY, a UNIQUE, b);
    INSERT INTO person (name, role) VALUES ('ada', 'reader'), ('bob', 'reader'), ('eve', 'editor');
    INSERT INTO post (author, title, draft, note, slug) VALUES (1, 'ada public', 0, 'n1', 's1'), (1, 'ada draft', 1, 'n2', 's2'),
        (2, 'bob public', 0, 'n3', 's3'), (2, 'bob draft', 1, 'n4', 's4');
    INSERT INTO closed VALUES (1); INSERT INTO read_only VALUES (1), (2); INSERT INTO open (a, b) VALUES (1, 1), (2, 2);
    DEFINE TABLE person PERMISSIONS FOR select FULL, FOR update WHERE id = $auth.id;
    DEFINE FIELD password ON person PERMISSIONS FOR select NONE, FOR create, update FULL;
    DEFINE FIELD role ON person PERMISSIONS FOR select FULL, FOR create, update NONE;
    DEFINE TABLE post PERMISSIONS FOR select WHERE draft = 0 OR author = $auth.id, FOR create, update, delete WHERE author = $auth.id;
    DEFINE FIELD note ON post PERMISSIONS FOR select WHERE author = $auth.id, FOR create, update FULL;
    DEFINE FIELD score ON post PERMISSIONS FOR select FULL, FOR create, update WHERE score < 10;
    DEFINE TABLE read_only PERMISSIONS FOR select FULL; DEFINE TABLE drop_box PERMISSIONS FOR create FULL;
    DEFINE TABLE open PERMISSIONS FULL;
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)
"""


def make(place):
    place.ok(f"BEGIN; {SCHEMA}; COMMIT")
    return place


@pytest.fixture
def db(place):
    """A database of the test's own."""
    return make(place)


@pytest.fixture
def ada(db):
    return As(db, "ada")


@pytest.fixture(scope="module")
def shared(new_place):
    """The database of the tests that change nothing."""
    return make(new_place())


@pytest.fixture(scope="module")
def reader(shared):
    return As(shared, "ada")


@pytest.fixture(scope="module")
def reader_without(new_place):
    """The same where the row that the reader does not see is not there at all."""
    place = make(new_place())
    place.ok("DELETE FROM post WHERE title = 'bob draft'")
    return As(place, "ada")


def all_of(db, table):
    return values(db.root(f"SELECT * FROM {table} ORDER BY 1"))


TABLES = ("person", "post", "closed", "read_only", "drop_box", "open", "log")


def everything(place):
    return [one["result"] for one in place.root("; ".join(f"SELECT * FROM {table} ORDER BY 1" for table in TABLES))]


@pytest.fixture(scope="module")
def at_first(shared):
    return everything(shared)


@pytest.fixture
def unchanged(shared, at_first):
    """What the test does must change nothing."""
    yield
    assert everything(shared) == at_first


# --- 1: default deny ---


@pytest.mark.parametrize("sql", [
    "SELECT * FROM {}", "SELECT count(*) FROM {}", "SELECT 1 FROM {} LIMIT 0", "INSERT INTO {} VALUES (1)", "UPDATE {} SET a = 1",
    "DELETE FROM {}", "INSERT INTO open (a) SELECT a FROM {}", "SELECT a FROM open WHERE a IN (SELECT a FROM {})",
    "SELECT EXISTS (SELECT 1 FROM {})", "SELECT * FROM open JOIN {}", "SELECT a FROM open WHERE a IN {}", "SELECT * FROM main.{}",
    "WITH x AS (SELECT * FROM {}) SELECT 1 FROM x", "SELECT 1 UNION SELECT a FROM {}", "DELETE FROM open WHERE a = (SELECT a FROM {})",
    "UPDATE open SET a = (SELECT a FROM {})", "REPLACE INTO {} VALUES (1)",
])
def test_closed_table_looks_missing(reader, unchanged, sql):
    there, missing = (reader(sql.format(name))[-1] for name in ("closed", "absent"))
    assert there["code"] == missing["code"] == "not_found"
    assert there["result"].replace("closed", "X") == missing["result"].replace("absent", "X")
    assert "no such table" in there["result"]


def test_permissions_none_is_as_none_at_all(db, ada):
    db.ok("DEFINE TABLE closed PERMISSIONS NONE")
    assert code(ada("SELECT * FROM closed")) == "not_found"
    db.ok("DEFINE TABLE OVERWRITE closed PERMISSIONS FULL")
    assert values(ada("SELECT * FROM closed")) == [(1,)]
    db.ok("DEFINE TABLE OVERWRITE closed PERMISSIONS FOR select NONE, FOR delete NONE")
    assert code(ada("SELECT * FROM closed")) == "not_found"


def test_unnamed_operations_are_none(reader, unchanged):
    assert codes(reader("SELECT * FROM read_only; INSERT INTO read_only VALUES (3); UPDATE read_only SET a = 3; DELETE FROM read_only")) == [
        "OK", "permission_denied", "permission_denied", "permission_denied"]


# --- 2: select ---


@pytest.mark.parametrize("sql, wanted", [
    ("SELECT title FROM post ORDER BY id", ["ada public", "ada draft", "bob public"]),
    ("SELECT count(*) FROM post", [3]), ("SELECT max(id) FROM post", [3]), ("SELECT sum(1) FROM post WHERE draft", [1]),
    ("SELECT group_concat(title) FROM post WHERE author = 2", ["bob public"]), ("SELECT EXISTS (SELECT 1 FROM post WHERE title = 'bob draft')", [0]),
    ("SELECT title FROM post WHERE id = 4", []), ("SELECT title FROM post WHERE slug = 's4'", []), ("SELECT title FROM post WHERE rowid = 4", []),
    ("SELECT count(*) FROM person JOIN post ON author = person.id", [3]), ("SELECT count(*) FROM person LEFT JOIN post ON author = person.id", [4]),
    ("SELECT (SELECT title FROM post WHERE id = 4)", [None]), ("SELECT 4 IN (SELECT id FROM post)", [0]),
    ("SELECT row_number() OVER (ORDER BY id) FROM post", [1, 2, 3]), ("SELECT count(*) OVER () FROM post LIMIT 1", [3]),
    ("SELECT title FROM main.post WHERE draft AND author = 2", []), ("SELECT title FROM post AS p WHERE p.id > 3", []),
    ("WITH x AS (SELECT * FROM post) SELECT count(*) FROM x", [3]), ("SELECT id FROM post EXCEPT SELECT id FROM post WHERE id < 4", []),
    ("SELECT count(*) FROM post AS a, post AS b", [9]), ("SELECT title FROM post INDEXED BY sqlite_autoindex_post_1 WHERE slug = 's4'", None),
    ("SELECT count(*) FROM (SELECT * FROM post UNION ALL SELECT * FROM post)", [6]), ("VALUES ((SELECT count(*) FROM post))", [3]),
    ("WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 6) SELECT title FROM n JOIN post ON id = i", []),
    ("SELECT title FROM post WHERE abs(id) = 4", []), ("SELECT count(*) FILTER (WHERE draft) FROM post", [1]),
    ("SELECT title FROM post NATURAL JOIN (SELECT 4 AS id)", []), ("SELECT title FROM post ORDER BY id DESC LIMIT 1", ["bob public"]),
])
def test_hidden_rows_do_not_exist(reader, sql, wanted):
    objects = reader(sql)
    if wanted is None:
        assert code(objects) != "OK" or rows(objects) == []
    else:
        assert [value for (value,) in values(objects)] == wanted


def test_null_is_not_true(db, ada):
    db.ok("INSERT INTO post (author, title, draft) VALUES (NULL, 'nobody', NULL)")
    assert one_value(ada("SELECT count(*) FROM post WHERE title = 'nobody'")) == 0
    db.ok("DEFINE TABLE OVERWRITE post PERMISSIONS FOR select WHERE $auth.nothing = 1")
    assert one_value(ada("SELECT count(*) FROM post")) == 0


def test_each_user_sees_its_own(db, ada):
    bob = As(db, "bob")
    assert values(ada("SELECT title FROM post WHERE draft")) == [("ada draft",)]
    assert values(bob("SELECT title FROM post WHERE draft")) == [("bob draft",)]
    assert values(ada("SELECT title FROM post WHERE draft")) == [("ada draft",)]


# --- 3: fields ---


def test_field_that_select_hides_is_not_there(reader):
    assert set(rows(reader("SELECT * FROM person"))[0]) == {"id", "name", "role"}
    assert set(rows(reader("SELECT p.* FROM person AS p"))[0]) == {"id", "name", "role"}
    for sql in ("SELECT password FROM person", "SELECT person.password FROM person", "SELECT id FROM person WHERE password = 'secret-word'",
                "SELECT id FROM person ORDER BY password", "SELECT count(password) FROM person", "SELECT id FROM person GROUP BY password",
                "UPDATE person SET name = password WHERE id = 1", "UPDATE person SET name = 'x' WHERE password LIKE 's%'",
                "UPDATE person SET name = 'x' WHERE id = 1 RETURNING password", "INSERT INTO open (a) SELECT password FROM person", "SELECT (SELECT password) FROM person",
                "WITH x AS (SELECT password FROM person) SELECT 1 FROM x"):
        there, missing = (reader(sql.replace("password", name))[-1] for name in ("password", "passwort"))
        assert there["code"] == missing["code"] == "not_found", sql
        assert there["result"].replace("password", "X") == missing["result"].replace("passwort", "X"), sql
    for sql in ("SELECT id FROM person JOIN (SELECT 1 AS password) USING (password)", "SELECT * FROM person NATURAL JOIN (SELECT 'secret-word' AS password)"):
        there, missing = (reader(sql.replace("password", name))[-1] for name in ("password", "passwort"))
        assert str(there.get("result")).replace("password", "X") == str(missing.get("result")).replace("passwort", "X"), sql


def test_field_that_select_hides_can_be_written(db, ada):
    assert ada("UPDATE person SET password = 'new-word' WHERE id = 1")[0]["changes"] == 1
    assert one_value(db.root("SELECT password FROM person WHERE id = 1")) == "new-word"
    db.ok("DEFINE TABLE OVERWRITE person PERMISSIONS FOR select, create FULL")
    assert set(rows(ada("INSERT INTO person (name, password) VALUES ('new', 'word') RETURNING *"))[0]) == {"id", "name", "role"}
    assert one_value(db.root("SELECT password FROM person WHERE name = 'new'")) == "word"


def test_hidden_field_is_not_a_string_instead(reader):
    """SQLite takes "password" for a text where there is no such column."""
    assert code(reader('SELECT "password" FROM person')) == "not_found"
    assert code(reader("SELECT id FROM person WHERE \"password\" LIKE 'p%'")) == "not_found"


@pytest.mark.parametrize("sql, wanted", [
    ("SELECT note FROM post ORDER BY id", ["n1", "n2", None]), ("SELECT id FROM post WHERE note = 'n3'", []),
    ("SELECT id FROM post WHERE note IS NULL", [3]), ("SELECT count(note) FROM post", [2]), ("SELECT max(note) FROM post", ["n2"]),
    ("SELECT id FROM post ORDER BY note, id", [3, 1, 2]), ("SELECT count(DISTINCT note) FROM post", [2]),
    ("SELECT coalesce(note, 'none') FROM post WHERE id = 3", ["none"]), ("SELECT group_concat(note) FROM post", ["n1,n2"]),
    ("SELECT count(*) FROM post GROUP BY note ORDER BY note", [1, 1, 1]), ("SELECT id FROM post WHERE note || '' > 'n2'", []),
    ("SELECT p.note FROM post AS p WHERE p.id = 3", [None]), ("SELECT note FROM (SELECT * FROM post) WHERE id = 3", [None]),
    ("SELECT id FROM post WHERE note IN ('n3', 'n4')", []), ("SELECT (SELECT note FROM post WHERE id = 3) IS NULL", [1]),
    ("SELECT max(note) OVER () FROM post LIMIT 1", ["n2"]), ("SELECT json_extract(json_object('n', note), '$.n') FROM post WHERE id = 3", [None]),
])
def test_field_with_a_predicate_is_null_elsewhere(reader, sql, wanted):
    assert [value for (value,) in values(reader(sql))] == wanted


def test_field_is_null_in_what_a_write_computes(db, ada):
    db.ok("DEFINE TABLE OVERWRITE post PERMISSIONS FULL")
    assert values(ada("UPDATE post SET title = coalesce(note, 'unseen') WHERE id IN (1, 3) RETURNING title")) == [("n1",), ("unseen",)]
    assert ada("UPDATE post SET draft = 7 WHERE note = 'n3'")[0]["changes"] == 0
    assert ada("DELETE FROM post WHERE note = 'n3'")[0]["changes"] == 0
    assert values(ada("INSERT INTO open (a, b) SELECT 'copy' || id, note FROM post WHERE id = 3 RETURNING b")) == [(None,)]


# --- 4: create ---


@pytest.mark.parametrize("sql", [
    "INSERT INTO post (author, title) VALUES (2, 'as bob')", "INSERT INTO post (author, title) VALUES (1, 'mine'), (2, 'as bob')",
    "INSERT INTO post (title) VALUES ('nobody')", "INSERT INTO post (author, title) SELECT id, name FROM person",
    "INSERT INTO post (author, title) VALUES (NULL, 'x')", "INSERT OR IGNORE INTO post (author, title) VALUES (1, 'mine'), (2, 'x')",
    "INSERT INTO post DEFAULT VALUES", "WITH x AS (SELECT 2 AS a) INSERT INTO post (author) SELECT a FROM x",
    "INSERT INTO post (author, title) VALUES (2, 'x') RETURNING id", "INSERT INTO post (author) VALUES (2) ON CONFLICT DO NOTHING",
    "INSERT INTO post (author, score) VALUES (1, 10)",
])
def test_create_that_is_refused_changes_nothing(reader, unchanged, sql):
    assert code(reader(sql)) == "permission_denied"


def test_create(db, ada):
    (one,) = ada("INSERT INTO post (author, title) VALUES ($auth.id, $title), (1, 'two')", title="one")
    assert one["changes"] == 2 and "denied" not in one
    assert values(db.root("SELECT author, title FROM post WHERE id > 4")) == [(1, "one"), (1, "two")]


def test_create_is_checked_on_the_row_as_written(db, ada):
    db.ok("CREATE TRIGGER steal AFTER INSERT ON post BEGIN UPDATE post SET author = 2 WHERE id = new.id; END")
    before = all_of(db, "post")
    one = ada("INSERT INTO post (author, title) VALUES (1, 'x')")[0]
    assert (one["status"] == "ERR") == (all_of(db, "post") == before)


# --- 5: update, delete ---


@pytest.mark.parametrize("sql, changes, denied", [
    ("UPDATE post SET title = 'x'", 2, 1), ("UPDATE post SET title = 'x' WHERE author = 1", 2, 0), ("UPDATE post SET title = 'x' WHERE id = 3", 0, 1),
    ("UPDATE post SET title = 'x' WHERE id = 4", 0, 0), ("UPDATE post SET title = 'x' WHERE draft", 1, 0),
    ("DELETE FROM post", 2, 1), ("DELETE FROM post WHERE id = 3", 0, 1), ("DELETE FROM post WHERE id IN (2, 4)", 1, 0),
    ("UPDATE post SET title = p.name FROM person AS p WHERE p.id = post.author", 2, 1),
    ("UPDATE post SET title = 'x' WHERE id = (SELECT max(id) FROM post)", 0, 1), ("DELETE FROM post AS p WHERE p.author = 2", 0, 1),
    ("WITH x AS (SELECT 1 AS i) DELETE FROM post WHERE id IN (SELECT i FROM x)", 1, 0),
])
def test_what_a_change_reaches(db, ada, sql, changes, denied):
    (one,) = ada(sql)
    assert (one["status"], one["changes"], one.get("denied", 0)) == ("OK", changes, denied)
    assert "denied" not in one or one["denied"]
    assert values(db.root("SELECT title FROM post WHERE author = 2 ORDER BY id")) == [("bob public",), ("bob draft",)]


def test_strict(db, ada):
    before = all_of(db, "post")
    for sql in ("UPDATE post SET title = 'x'", "DELETE FROM post", "DELETE FROM post WHERE id = 3"):
        assert code(ada(sql, headers=STRICT)) == "permission_denied"
    assert all_of(db, "post") == before
    for sql in ("UPDATE post SET title = 'x' WHERE author = 1", "DELETE FROM post WHERE id = 4", "DELETE FROM post WHERE id = 2"):
        assert code(ada(sql, headers=STRICT)) == "OK"


@pytest.mark.parametrize("sql", [
    "UPDATE post SET author = 2 WHERE id = 1", "UPDATE post SET author = NULL WHERE id = 1", "UPDATE post SET author = id WHERE author = 1",
    "UPDATE post SET score = 10 WHERE id = 1", "UPDATE post SET author = 2 WHERE id = 1 RETURNING id",
    "INSERT INTO post (id, author, title) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET author = 2",
    "INSERT INTO post (id, author, title) VALUES (3, 1, 'x') ON CONFLICT (id) DO UPDATE SET title = 'x'",
    "INSERT INTO post (author, slug) VALUES (1, 's3') ON CONFLICT (slug) DO UPDATE SET title = 'x'",
    "INSERT INTO post (author, slug) VALUES (1, 's4') ON CONFLICT (slug) DO UPDATE SET author = 1",
    "REPLACE INTO post (id, author, title) VALUES (3, 1, 'x')", "INSERT OR REPLACE INTO post (author, slug) VALUES (1, 's4')",
    "UPDATE OR REPLACE post SET slug = 's3' WHERE id = 1",
])
def test_change_that_is_refused_changes_nothing(reader, unchanged, sql):
    assert code(reader(sql)) in ("permission_denied", "constraint_violation")


def test_upsert(db, ada):
    sql = "INSERT INTO post (id, author, title) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET title = excluded.title || '!'"
    assert ada(sql)[0]["changes"] == 1
    assert one_value(db.root("SELECT title FROM post WHERE id = 1")) == "x!"
    db.ok("DEFINE TABLE OVERWRITE open PERMISSIONS FOR select, create FULL")
    assert code(ada("INSERT INTO open (a) VALUES (1) ON CONFLICT DO UPDATE SET b = 9")) == "permission_denied"
    db.ok("DEFINE TABLE OVERWRITE open PERMISSIONS FOR select, update FULL")
    assert code(ada("INSERT INTO open (a) VALUES (9) ON CONFLICT DO UPDATE SET b = 9")) == "permission_denied"


def test_replace_needs_delete(db, ada):
    db.ok("DEFINE TABLE OVERWRITE open PERMISSIONS FOR select, create, update FULL")
    before = all_of(db, "open")
    for sql in ("REPLACE INTO open (id, a) VALUES (1, 7)", "INSERT OR REPLACE INTO open (a) VALUES (1)", "UPDATE OR REPLACE open SET a = 1 WHERE a = 2"):
        assert code(ada(sql)) in ("permission_denied", "constraint_violation")
    assert all_of(db, "open") == before
    db.ok("DEFINE TABLE OVERWRITE open PERMISSIONS FULL")
    assert code(ada("REPLACE INTO open (id, a) VALUES (1, 7)")) == "OK"


def test_delete_with_a_predicate_of_its_own(db, ada):
    db.ok("DEFINE TABLE OVERWRITE open PERMISSIONS FOR select FULL, FOR update WHERE b = 1, FOR delete WHERE b = 2")
    update, delete = ada("UPDATE open SET a = a + 10; DELETE FROM open")
    assert (update["changes"], update["denied"], delete["changes"], delete["denied"]) == (1, 1, 1, 1)
    assert all_of(db, "open") == [(1, 11, 1)]


# --- 6: field writes ---


@pytest.mark.parametrize("sql", [
    "UPDATE person SET role = 'editor' WHERE id = 1", "UPDATE person SET role = role WHERE id = 1", "UPDATE person SET role = 'x' WHERE 0",
    "UPDATE person SET (name, role) = ('x', 'editor') WHERE id = 1", "UPDATE person SET name = 'x', role = 'y'",
    "INSERT INTO person (name, role) VALUES ('x', 'editor')", "INSERT INTO post (author, score) VALUES (1, 99)",
    "UPDATE post SET score = 99 WHERE id = 1",
])
def test_field_that_may_not_be_written(db, ada, sql):
    db.ok("DEFINE TABLE OVERWRITE person PERMISSIONS FOR select, create FULL, FOR update WHERE id = $auth.id")
    before = all_of(db, "person"), all_of(db, "post")
    assert code(ada(sql)) == "permission_denied"
    assert (all_of(db, "person"), all_of(db, "post")) == before


def test_field_predicate_holds_before_and_after(db, ada):
    assert ada("UPDATE post SET score = 9 WHERE id = 1")[0]["changes"] == 1
    db.ok("UPDATE post SET score = 50 WHERE id = 1")
    assert code(ada("UPDATE post SET score = 1 WHERE id = 1")) == "permission_denied"
    assert ada("UPDATE post SET title = 'other field' WHERE id = 1")[0]["changes"] == 1
    assert one_value(db.root("SELECT score FROM post WHERE id = 1")) == 50


def test_insert_without_a_column_list_fills_what_star_shows(db, ada):
    db.ok("""DEFINE TABLE OVERWRITE person PERMISSIONS FULL; DEFINE FIELD OVERWRITE role ON person PERMISSIONS FULL""")
    assert ada("INSERT INTO person VALUES (10, 'ten', 'reader')")[0].get("changes") == 1
    assert values(db.root("SELECT * FROM person WHERE id = 10")) == [(10, "ten", "secret-word", "reader")]
    assert code(ada("INSERT INTO person VALUES (11, 'eleven', 'p', 'reader')")) != "OK"


# --- 7: an operation that is NONE ---


@pytest.mark.parametrize("sql", [
    "UPDATE read_only SET a = 1 WHERE 0", "DELETE FROM read_only WHERE 0", "INSERT INTO read_only SELECT 1 WHERE 0", "DELETE FROM person WHERE 0",
    "INSERT INTO person (name) SELECT 'x' WHERE 0", "SELECT * FROM drop_box", "SELECT count(*) FROM drop_box WHERE 0", "UPDATE drop_box SET a = 1",
    "DELETE FROM drop_box",
])
def test_operation_that_is_none(reader, unchanged, sql):
    assert code(reader(sql)) == "permission_denied"


# --- 8: RETURNING ---


def test_returning_shows_what_select_shows(ada):
    assert rows(ada("UPDATE post SET title = 'x' WHERE id = 1 RETURNING id, title, note")) == [{"id": 1, "title": "x", "note": "n1"}]
    assert rows(ada("INSERT INTO post (author, title) VALUES (1, 'y') RETURNING title, author")) == [{"title": "y", "author": 1}]
    assert rows(ada("DELETE FROM post WHERE id = 2 RETURNING title")) == [{"title": "ada draft"}]
    assert set(rows(ada("UPDATE person SET name = 'x' WHERE id = 1 RETURNING *"))[0]) == {"id", "name", "role"}


def test_returning_of_a_row_that_select_hides_fails(db, ada):
    db.ok("DEFINE TABLE OVERWRITE post PERMISSIONS FOR select WHERE draft = 0, FOR create, update FULL")
    before = all_of(db, "post")
    for sql in ("INSERT INTO post (title, draft) VALUES ('x', 1) RETURNING id", "UPDATE post SET draft = 1 WHERE id = 1 RETURNING id",
                "INSERT INTO post (title, draft) VALUES ('x', 0), ('y', 1) RETURNING title"):
        assert code(ada(sql)) == "permission_denied"
    assert all_of(db, "post") == before
    assert code(ada("INSERT INTO post (title, draft) VALUES ('x', 1)")) == "OK"
    assert code(ada("INSERT INTO drop_box (a) VALUES (1)")) == "OK"
    assert code(ada("INSERT INTO drop_box (a) VALUES (1) RETURNING a")) in ("permission_denied", "not_found")


# --- 9: predicates run with full rights ---


def test_predicates_see_what_the_user_does_not(db, ada):
    db.ok("""INSERT INTO closed VALUES ('member ' || 1); DEFINE TABLE OVERWRITE open PERMISSIONS
             FOR select WHERE EXISTS (SELECT 1 FROM closed WHERE closed.a = 'member ' || $auth.id)""")
    assert one_value(ada("SELECT count(*) FROM open")) == 2
    assert one_value(As(db, "bob")("SELECT count(*) FROM open")) == 0
    assert one_value(As(db, "bob")("WITH closed(a) AS (VALUES ('member 2')) SELECT count(*) FROM open")) == 0
    assert one_value(As(db, "bob")("WITH main(a) AS (SELECT 1), person AS (SELECT 1 AS id) SELECT count(*) FROM open")) == 0


def test_predicates_see_the_auth_record_as_it_is_now(db, ada):
    db.ok("DEFINE TABLE OVERWRITE open PERMISSIONS FOR select WHERE $auth.role = 'editor', FOR update WHERE $auth.password = 'secret-word'")
    assert one_value(ada("SELECT count(*) FROM open")) == 0
    db.ok("UPDATE person SET role = 'editor' WHERE id = 1")
    assert one_value(ada("SELECT count(*) FROM open")) == 2
    assert ada("UPDATE open SET b = 5")[0]["changes"] == 2
    assert values(ada("SELECT $auth, $auth.id, $auth.name, $auth.password")) == [(1, 1, "ada", None)]


def test_predicates_see_scope_session_and_token(db, ada):
    db.ok(f"""DEFINE TABLE OVERWRITE open PERMISSIONS FOR select WHERE $scope = 'account' AND $session.db = '{db.db}' AND $session.ip = '127.0.0.1'
              AND $token.ID = $auth.id AND $token.SC = 'account'""")
    assert one_value(ada("SELECT count(*) FROM open")) == 2


def test_a_request_does_not_decide_a_predicate(reader):
    response = reader.place.server.post_sql("SELECT count(*) FROM post", token=reader.token, vars={"auth.id": 2})
    assert response.status_code == 400 or one_value(response.json()) == 3
    response = reader.place.server.post("/sql?auth.id=2&auth=2", "SELECT count(*) FROM post", token=reader.token)
    assert response.status_code == 400


# --- 10: views and triggers ---


def test_views_have_permissions_of_their_own(db, ada):
    db.ok("CREATE VIEW titles AS SELECT id, title, author FROM post; CREATE VIEW secret AS SELECT * FROM closed")
    assert code(ada("SELECT * FROM titles")) == "not_found"
    db.ok("DEFINE TABLE titles PERMISSIONS FOR select WHERE id <> 1; DEFINE TABLE secret PERMISSIONS FOR select FULL")
    assert values(ada("SELECT title FROM titles ORDER BY id")) == [("ada draft",), ("bob public",), ("bob draft",)]
    assert values(ada("SELECT * FROM secret")) == [(1,)]
    assert code(ada("SELECT * FROM closed")) == "not_found"
    db.ok("DEFINE FIELD author ON titles PERMISSIONS FOR select NONE")
    assert set(rows(ada("SELECT * FROM titles"))[0]) == {"id", "title"}


def test_triggers_run_with_their_definers_rights(db, ada):
    db.ok("""CREATE TRIGGER t AFTER UPDATE ON post BEGIN INSERT INTO log VALUES (new.title || (SELECT count(*) FROM post) || new.note);
             UPDATE closed SET a = a + 1; END""")
    (one,) = ada("UPDATE post SET title = 'x' WHERE id = 1")
    assert one["changes"] == 1
    assert all_of(db, "log") == [("x4n1",)] and all_of(db, "closed") == [(2,)]
    assert code(ada("SELECT * FROM log")) == "not_found"


# --- 11: the allow-list ---


@pytest.mark.parametrize("sql", [
    "CREATE TABLE x (a)", "DROP TABLE open", "ALTER TABLE open ADD COLUMN c", "CREATE INDEX i ON open (a)", "CREATE VIEW w AS SELECT 1",
    "CREATE TEMP TABLE x (a)", "CREATE TRIGGER g AFTER INSERT ON open BEGIN SELECT 1; END", "CREATE VIRTUAL TABLE f USING fts5(a)",
    "PRAGMA table_info(open)", "PRAGMA user_version", "PRAGMA foreign_keys = 0", "ATTACH 'x' AS x", "DETACH main", "EXPLAIN SELECT 1",
    "EXPLAIN QUERY PLAN SELECT 1", "VACUUM", "VACUUM INTO 'x'", "ANALYZE", "REINDEX", "SAVEPOINT s", "DEFINE TABLE OVERWRITE open PERMISSIONS NONE",
    "DEFINE SCOPE x", "DEFINE LOGIN x ON DATABASE PASSWORD 'password-p'", "REMOVE TABLE open", "INFO FOR DB", "INFO FOR TABLE open", "INFO FOR SCOPE account",
])
def test_statements_that_are_not_for_them(reader, unchanged, sql):
    assert code(reader(sql)) == "permission_denied"


@pytest.mark.parametrize("sql", [
    "SELECT * FROM sqlite_schema", "SELECT * FROM sqlite_master", "SELECT * FROM main.sqlite_schema", "SELECT * FROM sqlite_temp_schema",
    "SELECT * FROM sqlite_sequence", "SELECT * FROM sqlite_stat1", "SELECT * FROM pragma_table_info('closed')", "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_function_list", "SELECT * FROM dbstat", "SELECT * FROM sqlite_dbpage", "SELECT * FROM bytecode('SELECT 1')",
    "SELECT * FROM generate_series(1, 2)", "SELECT * FROM fts3tokenize('simple')", "SELECT * FROM fsdir('/')", "SELECT * FROM _bailiwick_login",
    "SELECT * FROM _bailiwick_table", "SELECT load_extension('x')", "SELECT readfile('/etc/passwd')", "SELECT writefile('x', 'y')", "SELECT edit('x')",
    "SELECT fts3_tokenizer('simple')", "SELECT sqlite_compileoption_get(1)", "SELECT sqlite_log(1, 'x')", "SELECT sqlite_offset(a) FROM open",
    "SELECT rtreecheck('x')", "SELECT _bailiwick_check(1)", "SELECT _bailiwick_allow(1)", "UPDATE sqlite_schema SET sql = ''",
    "INSERT INTO sqlite_sequence VALUES (1, 2)", "DELETE FROM sqlite_schema", "SELECT * FROM open, pragma_user_version",
    "SELECT * FROM json_each('[1]') JOIN pragma_index_list('open')", "INSERT INTO open (a) SELECT sql FROM sqlite_schema",
    "SELECT a FROM open WHERE a IN sqlite_schema", "SELECT unknown_function(1)",
])
def test_names_that_are_not_for_them(reader, unchanged, sql):
    assert code(reader(sql)) in ("permission_denied", "not_found")


@pytest.mark.parametrize("sql, wanted", [
    ("VALUES (1), (2)", [(1,), (2,)]), ("SELECT value FROM json_each('[1,2]')", [(1,), (2,)]), ("SELECT count(*) FROM json_tree('[1,[2]]')", [(4,)]),
    ("SELECT printf('%05d|%s', 42, 'x')", [("00042|x",)]), ("SELECT format('%.2f', 1.5)", [("1.50",)]), ("SELECT upper('x') || lower('Y')", [("Xy",)]),
    ("SELECT length(uuid()), length(now()) > 19", [(36, 1)]), ("SELECT json_object('a', 1)", [('{"a":1}',)]), ("SELECT date('2020-01-31', '+1 day')", [("2020-02-01",)]),
    ("SELECT password_verify('x', NULL)", [(0,)]), ("SELECT sum(a), count(*), total(b) FROM open", [(3, 2, 3.0)]), ("SELECT round(sqrt(2), 3)", [(1.414,)]),
])
def test_what_they_may(reader, sql, wanted):
    assert values(reader(sql)) == wanted


# --- 12: no side door ---


@pytest.mark.parametrize("sql", [
    "SELECT count(*) FROM post WHERE json_extract('{}', '$.' || title) = 1", "SELECT id FROM post WHERE abs(CASE WHEN id = 4 THEN -9223372036854775808 ELSE 1 END) = 1",
    "SELECT id FROM post WHERE json_extract(title, '$') = 1", "SELECT id FROM post WHERE title -> '$.x' = 1", "SELECT id FROM post WHERE title LIKE 'x' ESCAPE title",
    "SELECT id FROM post WHERE CASE WHEN title = 'bob draft' THEN json('{') END", "DELETE FROM post WHERE json_extract(title, '$') = 1",
    "UPDATE post SET draft = 1 WHERE json_extract(title, '$') = 1", "SELECT id FROM post JOIN json_each(title) WHERE id = 4",
    "SELECT zeroblob(CASE WHEN id = 4 THEN 1000000000000 ELSE 1 END) FROM post",
])
def test_errors_do_not_tell_hidden_values(reader, sql):
    text = str(reader(sql))
    for hidden in ("bob draft", "n4", "secret-word", "s4", "closed", "‹", "_bailiwick"):
        assert hidden not in text


@pytest.mark.parametrize("term", [
    "abs(CASE WHEN title = 'bob draft' THEN -9223372036854775808 ELSE 1 END) = 1", "json(CASE title WHEN 'bob draft' THEN '{' ELSE '1' END) = '1'",
    "CASE title WHEN 'bob draft' THEN json('{') ELSE 1 END", "zeroblob(CASE title WHEN 'bob draft' THEN 1000000000000 ELSE 1 END) IS NOT NULL",
    "(title LIKE 'x' ESCAPE CASE title WHEN 'bob draft' THEN 'xx' ELSE 'x' END OR 1)",
])
@pytest.mark.parametrize("sql", ["SELECT count(*) FROM post WHERE {}", "SELECT count(*) FROM post WHERE id > 0 AND {}", "SELECT sum({}) FROM post",
                                 "SELECT count(*) FROM person JOIN post ON {}", "UPDATE post SET draft = draft WHERE {}", "DELETE FROM post WHERE 0 AND {}",
                                 "SELECT count(*) FROM (SELECT * FROM post WHERE {})", "SELECT count(*) FROM person WHERE EXISTS (SELECT 1 FROM post WHERE {})"])
def test_no_error_depends_on_a_hidden_row(reader, reader_without, unchanged, sql, term):
    with_row, without = (user(sql.format(term))[-1] for user in (reader, reader_without))
    for one in (with_row, without):
        del one["time"]
    assert with_row == without


def test_changes_and_rowid_tell_nothing(ada):
    for sql in ("SELECT changes()", "SELECT total_changes()", "SELECT last_insert_rowid()"):
        ada.place.ok("UPDATE post SET draft = draft")
        objects = ada(sql)
        assert code(objects) in ("permission_denied", "not_found") or one_value(objects) == 0
    assert ada("UPDATE post SET title = 'x' WHERE id > 3")[0]["changes"] == 0
    assert ada("DELETE FROM post WHERE id > 3")[0]["changes"] == 0


def test_unique_and_foreign_keys_tell_no_values(reader):
    for sql in ("INSERT INTO post (author, slug) VALUES (1, 's4')", "UPDATE post SET slug = 's4' WHERE id = 1", "INSERT INTO post (id, author) VALUES (4, 1)"):
        (one,) = reader(sql)
        assert one["code"] in ("constraint_violation", "permission_denied")
        assert "bob" not in one["result"] and "draft" not in one["result"]


def test_ignored_conflicts_do_not_count_hidden_rows(ada):
    assert ada("INSERT OR IGNORE INTO post (author, slug) VALUES (1, 's4')")[0].get("changes", 0) == 0
