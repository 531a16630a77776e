"""Full-text tables (FTS5) of the owner's, searched and written by scope users; and what they must not tell."""

import pytest
from asker import As
from expect import code, codes, one_value, rows, values

SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    INSERT INTO person (name) VALUES ('ada'), ('bob');
    CREATE TABLE post (id INTEGER PRIMARY KEY, author INTEGER, title TEXT, body TEXT, draft INTEGER DEFAULT 0);
    CREATE TABLE tag (id INTEGER PRIMARY KEY, word TEXT, n INTEGER);
    CREATE VIRTUAL TABLE search USING fts5 (title, body);
    CREATE VIRTUAL TABLE mine USING fts5 (title, body, author UNINDEXED);
    CREATE VIRTUAL TABLE ext USING fts5 (title, body, content = 'post', content_rowid = "id");
    CREATE VIRTUAL TABLE bare USING fts5 (title, content = '');
    CREATE VIRTUAL TABLE by_view USING fts5 (title, content = 'titles', content_rowid = 'id');
    CREATE VIEW titles AS SELECT id, title FROM post;
    CREATE VIRTUAL TABLE fields USING fts5 (title, body);
    CREATE VIRTUAL TABLE checked USING fts5 (title);
    CREATE VIRTUAL TABLE closed USING fts5 (title);
    CREATE VIRTUAL TABLE vocab USING fts5vocab (search, 'row');
    CREATE VIRTUAL TABLE box USING rtree (id, a, b);
    CREATE VIRTUAL TABLE old USING fts4 (title);
    CREATE VIRTUAL TABLE stolen USING fts5 (name, statement, content = '_bailiwick_definition');
    CREATE VIEW found AS SELECT rowid AS id, title, highlight(search, 0, '<', '>') AS marked FROM search WHERE search MATCH 'apple';
    CREATE TRIGGER post_created AFTER INSERT ON post BEGIN
        INSERT INTO search (rowid, title, body) VALUES (new.id, new.title, new.body);
        INSERT INTO mine (rowid, title, body, author) VALUES (new.id, new.title, new.body, new.author);
        INSERT INTO ext (rowid, title, body) VALUES (new.id, new.title, new.body);
        INSERT INTO bare (rowid, title) VALUES (new.id, new.title);
        INSERT INTO by_view (rowid, title) VALUES (new.id, new.title);
    END;
    CREATE TRIGGER post_updated AFTER UPDATE ON post BEGIN
        UPDATE search SET title = new.title, body = new.body WHERE rowid = old.id;
        UPDATE mine SET title = new.title, body = new.body, author = new.author WHERE rowid = old.id;
        INSERT INTO ext (ext, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO ext (rowid, title, body) VALUES (new.id, new.title, new.body);
    END;
    CREATE TRIGGER post_deleted AFTER DELETE ON post BEGIN
        DELETE FROM search WHERE rowid = old.id;
        DELETE FROM mine WHERE rowid = old.id;
        INSERT INTO ext (ext, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    END;
    INSERT INTO post (author, title, body, draft) VALUES (1, 'red apple', 'an apple of ada', 0), (1, 'green apple', 'draft of ada', 1),
        (2, 'blue pear', 'a pear and an apple of bob', 0), (2, 'apple secret', 'the zebra is hidden "', 1);
    INSERT INTO fields (title, body) VALUES ('a', 'b'); INSERT INTO checked (title) VALUES ('one'), ('two');
    INSERT INTO tag (word, n) VALUES ('pear', 1), ('nothing', 2);
    DEFINE TABLE post PERMISSIONS FOR select WHERE draft = 0 OR author = $auth.id, FOR create, update, delete WHERE author = $auth.id;
    DEFINE TABLE tag PERMISSIONS FULL;
    DEFINE TABLE search PERMISSIONS FULL;
    DEFINE TABLE mine PERMISSIONS FOR select WHERE EXISTS (SELECT 1 FROM post WHERE post.id = mine.rowid AND (draft = 0 OR post.author = $auth.id)),
        FOR create FULL, FOR update FULL, FOR delete WHERE author = $auth.id;
    DEFINE TABLE ext PERMISSIONS FULL; DEFINE TABLE bare PERMISSIONS FULL; DEFINE TABLE by_view PERMISSIONS FOR select FULL;
    DEFINE TABLE fields PERMISSIONS FULL; DEFINE FIELD body ON fields PERMISSIONS FOR select NONE;
    DEFINE TABLE checked PERMISSIONS FOR select, delete FULL, FOR create, update WHERE title <> 'no';
    DEFINE TABLE vocab PERMISSIONS FULL; DEFINE TABLE box PERMISSIONS FULL; DEFINE TABLE old PERMISSIONS FULL; DEFINE TABLE stolen PERMISSIONS FULL;
    DEFINE TABLE found PERMISSIONS FOR select FULL;
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)
"""
SHADOWS = ["search_data", "search_idx", "search_content", "search_docsize", "search_config"]


def make(place):
    place.ok(SCHEMA)
    return place


@pytest.fixture
def db(place):
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


# --- searching a table that is wholly open ---


@pytest.mark.parametrize(
    "sql, wanted",
    [
        ("SELECT rowid FROM search WHERE search MATCH $q", [1, 2, 3, 4]),
        ("SELECT rowid FROM search WHERE search = $q", [1, 2, 3, 4]),
        ("SELECT rowid FROM search WHERE $q = search AND title LIKE 'g%'", [2]),
        ("SELECT rowid FROM search($q)", [1, 2, 3, 4]),
        ("SELECT s.rowid FROM main.search($q) AS s", [1, 2, 3, 4]),
        ("SELECT rowid FROM search WHERE title MATCH $q", [1, 2, 4]),
        ("SELECT rowid FROM search AS s WHERE s.search MATCH 'title : ' || $q || ' NOT green'", [1, 4]),
        ("SELECT rowid FROM search WHERE search MATCH $q ORDER BY rank, rowid LIMIT 1", [1]),
        ("SELECT rowid FROM search WHERE search MATCH $q AND rank MATCH 'bm25(0.0, 10.0)' ORDER BY rank LIMIT 1", [1]),
        ("SELECT rowid FROM search($q, 'bm25(0.0, 10.0)') ORDER BY rank LIMIT 1", [1]),
        ("SELECT rowid FROM search WHERE search MATCH $q AND rank < 0 AND rank = rank", [1, 2, 3, 4]),
        ("SELECT post.id FROM search JOIN post ON post.id = search.rowid WHERE search MATCH $q ORDER BY post.id", [1, 2, 3]),
        ("SELECT post.id FROM post JOIN search($q) AS s ON post.id = s.rowid ORDER BY rank, 1 LIMIT 1", [1]),
        ("SELECT id FROM post WHERE id IN (SELECT rowid FROM search WHERE search MATCH $q) ORDER BY 1", [1, 2, 3]),
        ("SELECT id FROM post WHERE EXISTS (SELECT 1 FROM search WHERE search MATCH $q AND search.rowid = post.id) ORDER BY 1", [1, 2, 3]),
        ("WITH hits AS (SELECT rowid AS id, rank AS score FROM search WHERE search MATCH $q) SELECT id FROM hits JOIN post USING (id) ORDER BY 1", [1, 2, 3]),
        ("SELECT count(*) FROM search WHERE search MATCH $q", [4]),
        ("SELECT count(*) FROM search", [4]),
        ("SELECT max(rowid) FROM search WHERE search MATCH $q GROUP BY length(title) ORDER BY 1", [2, 3, 4]),
        ("SELECT rowid FROM search WHERE rowid = 3 AND search MATCH $q", [3]),
        ("SELECT tag.id FROM tag JOIN search ON search MATCH tag.word", [1]),
        ("SELECT rowid FROM search WHERE search MATCH (SELECT word FROM tag WHERE id = 1)", [3]),
        ("SELECT post.id FROM post LEFT JOIN search ON search.rowid = post.id AND search MATCH 'green' WHERE search.rowid IS NOT NULL", [2]),
        ("SELECT search.rowid FROM search LEFT JOIN post ON post.id = search.rowid WHERE search MATCH $q AND post.id IS NULL", [4]),
        ("SELECT rowid FROM search WHERE search MATCH $q UNION SELECT rowid FROM search WHERE search MATCH 'pear' ORDER BY 1", [1, 2, 3, 4]),
        ("SELECT rowid FROM search WHERE search MATCH 'ap*' AND search MATCH 'red OR pear'", [1, 3]),
        ("SELECT row_number() OVER (ORDER BY rank) FROM search WHERE search MATCH 'pear'", [1]),
        ("SELECT rowid FROM ext WHERE ext MATCH $q", [1, 2, 3, 4]),
        ("SELECT rowid FROM bare WHERE bare MATCH $q", [1, 2, 4]),
        ("SELECT rowid FROM by_view WHERE by_view MATCH 'pear' AND title = 'blue pear'", [3]),
        ("SELECT id FROM found ORDER BY id", [1, 2, 3, 4]),
    ],
)
def test_searching(reader, sql, wanted):
    assert [row[0] for row in values(reader(sql, q="apple"))] == wanted


def test_functions_of_the_row(reader):
    sql = """SELECT bm25(search) < 0, bm25(search, 10.0, 1.0) = bm25(search, 10.0, 1.0), highlight(search, 0, '<', '>') AS h,
        snippet(search, -1, '[', ']', '…', 2) AS s, rank FROM search WHERE search MATCH $q AND highlight(search, 0, '<', '>') LIKE '%<%' ORDER BY rowid"""
    found = rows(reader(sql, q="apple"))
    assert [row["h"] for row in found] == ["red <apple>", "green <apple>", "<apple> secret"]
    assert found[0]["s"] in ("red [apple]", "an [apple]…")
    assert all(list(row.values())[:2] == [1, 1] and row["rank"] < 0 for row in found)
    assert values(reader("SELECT highlight(ext, 0, '<', '>') FROM ext WHERE ext MATCH 'red'")) == [("<red> apple",)]
    assert values(reader("SELECT marked FROM found WHERE id = 1")) == [("red <apple>",)]


def test_hidden_posts_stay_hidden_in_joins(reader):
    found = values(reader("SELECT search.rowid, post.title, post.body FROM search LEFT JOIN post ON post.id = search.rowid WHERE search MATCH 'zebra'"))
    assert found == [(4, None, None)]


def test_in_a_transaction(ada):
    objects = ada("""BEGIN; INSERT INTO search (rowid, title) VALUES (90, 'new plum'); SELECT title FROM search WHERE search MATCH 'plum';
        UPDATE search SET title = 'old plum' WHERE rowid = 90; SELECT title FROM search WHERE search MATCH 'plum'; COMMIT;
        SELECT title FROM search WHERE search MATCH 'plum'; BEGIN; DELETE FROM search WHERE search MATCH 'plum'; CANCEL;
        SELECT title FROM search WHERE search MATCH 'plum'""")
    assert [one for one in codes(objects) if one not in ("OK", "cancelled")] == [], objects
    titles = [list(row.values())[0] for one in objects if one["result"] and one["status"] == "OK" for row in one["result"]]
    assert titles == ["new plum", "old plum", "old plum", "old plum"]


# --- a select predicate ---


@pytest.mark.parametrize(
    "sql, wanted",
    [
        ("SELECT rowid FROM mine WHERE mine MATCH $q", [1, 2, 3]),
        ("SELECT rowid FROM mine WHERE mine = $q", [1, 2, 3]),
        ("SELECT rowid FROM mine WHERE title MATCH $q ORDER BY rowid DESC", [2, 1]),
        ("SELECT count(*) FROM mine WHERE mine MATCH 'zebra'", [0]),
        ("SELECT count(*) FROM mine", [3]),
        ("SELECT DISTINCT rowid FROM mine WHERE mine MATCH $q ORDER BY title LIMIT 1", [3]),
        ("SELECT post.id FROM mine JOIN post ON post.id = mine.rowid WHERE mine MATCH $q ORDER BY 1", [1, 2, 3]),
        ("SELECT id FROM post WHERE id IN (SELECT rowid FROM mine WHERE mine MATCH $q) ORDER BY 1", [1, 2, 3]),
        ("SELECT tag.id FROM tag JOIN mine ON mine MATCH tag.word", [1]),
        ("SELECT rowid FROM mine WHERE mine MATCH $q AND highlight(mine, 0, '<', '>') LIKE '%<%'", [1, 2]),
        ("SELECT m.rowid FROM mine AS m, search AS s WHERE m.rowid = s.rowid AND m.mine MATCH $q AND s.search MATCH 'pear'", [3]),
        ("WITH h AS (SELECT rowid AS id FROM mine WHERE mine MATCH $q) SELECT count(*) FROM h", [3]),
        ("SELECT row_number() OVER (ORDER BY rowid) FROM mine WHERE mine MATCH 'pear'", [1]),
        ("SELECT rowid FROM mine WHERE mine MATCH $q UNION ALL SELECT rowid FROM mine WHERE mine MATCH 'zebra'", [1, 2, 3]),
    ],
)
def test_a_predicate_filters(reader, sql, wanted):
    assert [row[0] for row in values(reader(sql, q="apple"))] == wanted


def test_a_predicate_filters_for_each(shared):
    bob = As(shared, "bob")
    assert values(bob("SELECT rowid, * FROM mine WHERE mine MATCH 'apple' AND title LIKE '%apple%'")) == [
        (1, "red apple", "an apple of ada", 1),
        (4, "apple secret", 'the zebra is hidden "', 2),
    ]
    assert values(bob("SELECT rowid, highlight(mine, 1, '<', '>'), snippet(mine, 1, '<', '>', '', 2) FROM mine WHERE mine MATCH 'zebra'")) == [
        (4, 'the <zebra> is hidden "', "the <zebra>")
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT rank FROM mine WHERE mine MATCH 'apple'",
        "SELECT rowid FROM mine WHERE mine MATCH 'apple' ORDER BY rank",
        "SELECT rowid FROM mine WHERE mine MATCH 'apple' AND rank > -1",
        "SELECT bm25(mine) FROM mine WHERE mine MATCH 'apple'",
        "SELECT rowid FROM mine WHERE mine MATCH 'apple' AND rank MATCH 'bm25(1.0)'",
        "SELECT rowid FROM mine WHERE mine MATCH 'apple' AND rank = 'highlight(0, 1, 2)'",
        "SELECT rowid FROM mine('apple')",
        "SELECT rowid FROM mine('apple', 'bm25()') ORDER BY rank",
        "SELECT mine FROM mine WHERE mine MATCH '*reads'",
        "SELECT post.id FROM post LEFT JOIN mine ON mine.rowid = post.id AND mine MATCH 'zebra'",
        "SELECT * FROM mine JOIN search USING (rank)",
    ],
)
def test_what_counts_hidden_rows_is_refused(reader, sql):
    assert code(reader(sql)) == "permission_denied"


def test_ranks_do_not_change_with_hidden_rows(shared, reader):
    """What the refusal is for: an owner's bm25 of a visible row tells how many hidden rows hold the word."""
    assert "hidden rows" in reader("SELECT bm25(mine) FROM mine WHERE mine MATCH 'apple'")[0]["result"]


# --- errors ---


@pytest.mark.parametrize("pattern", ['"', "AND", "(", "nocolumn : x", "apple OR", "NEAR(a", "^", "*reads", "*id", "*", ""])
@pytest.mark.parametrize("table", ["search", "mine"])
def test_a_malformed_pattern_is_the_same_error_everywhere(reader, table, pattern):
    outcomes = {
        (one.get("code"), str(one["result"]))
        for row in (1, 4, 99)
        for one in reader(f"SELECT title FROM {table} WHERE {table} MATCH $q AND rowid = $r", q=pattern, r=row)
    }
    assert len(outcomes) == 1
    (outcome,) = outcomes
    assert outcome[0] in ("invalid_value", "not_found")
    assert pattern == "" or pattern not in outcome[1]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT s.rowid FROM post JOIN search AS s ON s.search MATCH post.body WHERE post.id = $id",
        "SELECT s.rowid FROM search AS s CROSS JOIN post WHERE s.search MATCH post.body AND post.id = $id",
        "SELECT m.rowid FROM post JOIN mine AS m ON m.mine MATCH post.body WHERE post.id = $id",
        "SELECT id FROM post WHERE id = $id AND EXISTS (SELECT 1 FROM search WHERE search MATCH post.body)",
        "SELECT id FROM post WHERE id = $id AND id IN (SELECT rowid FROM search(post.body))",
        "SELECT post.id FROM post, search(post.body) AS s WHERE post.id = $id",
        "SELECT rowid FROM search WHERE search MATCH (SELECT body FROM post WHERE id = $id)",
        "SELECT post.id FROM post, search WHERE search MATCH '\"' AND post.id = $id AND search.rowid = post.id",
        "SELECT post.id FROM post JOIN search ON search.rowid = post.id WHERE post.id = $id AND highlight(search, 0, post.body, '') > ''",
        "SELECT post.id FROM post WHERE post.id = $id AND id IN (SELECT rowid FROM search WHERE search MATCH '\"')",
    ],
)
def test_a_pattern_from_hidden_rows_tells_nothing(reader, sql):
    """Post 4 is hidden from ada and its body is no pattern; post 99 is not there at all."""
    hidden, absent = reader(sql, id=4), reader(sql, id=99)
    assert [(one.get("code"), one["result"]) for one in hidden] == [(one.get("code"), one["result"]) for one in absent]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT rowid FROM search WHERE search MATCH 'a' OR 1", "SELECT rowid FROM search WHERE NOT search MATCH 'a'",
        "SELECT search MATCH 'a' FROM search", "SELECT rowid FROM search WHERE search MATCH title", "SELECT search FROM search",
        "SELECT rowid FROM search ORDER BY search", "SELECT rowid FROM search WHERE search IN ('a')", "SELECT rowid FROM search WHERE search IS 'a'",
        "SELECT rowid FROM search WHERE (search, rowid) = ('apple', 1)", "SELECT id FROM post WHERE title MATCH 'a'",
        "SELECT match('a', search) FROM search", "SELECT rowid FROM search WHERE match('a', search)", "SELECT rowid FROM search WHERE rowid MATCH 'a'",
        "SELECT * FROM post LEFT JOIN search ON 1 WHERE search MATCH 'a'", "SELECT * FROM search RIGHT JOIN post ON 1 WHERE search MATCH 'a'",
        "SELECT * FROM post AS p JOIN (search JOIN post ON search MATCH 'a')", "SELECT highlight(title, 0, 'a', 'b') FROM search",
        "SELECT highlight(post, 0, 'a', 'b') FROM post", "SELECT bm25(1)", "SELECT snippet(search, 5, '', '', '', 5) FROM search WHERE search MATCH 'a'",
        "SELECT snippet(search, 0, '', '', '', 1000000) FROM search WHERE search MATCH 'a'", "SELECT bm25(search) OVER () FROM search",
        "SELECT fts5(1)", "SELECT fts5_source_id()", "SELECT * FROM fts5vocab", "SELECT * FROM fts5vocab('search', 'row')",
    ],
)
def test_what_cannot_be_searched_is_refused(reader, sql):
    assert code(reader(sql)) in ("permission_denied", "not_found", "sqlite_error")


# --- what is not there, or is of another module ---


@pytest.mark.parametrize("shadow", SHADOWS + ["mine_content", "ext_data", "bare_docsize", "closed_content", "old_content", "box_node"])
def test_shadow_tables_are_not_there(shared, reader, shadow):
    for written in (shadow, shadow.upper(), f'"{shadow}"', f"[{shadow}]", f"`{shadow}`", f"'{shadow}'", f"main.{shadow}", f'"main"."{shadow}"'):
        for sql in (f"SELECT * FROM {written}", f"SELECT count(*) FROM {written}", f"SELECT 1 IN {written}", f"DELETE FROM {written}",
                    f"WITH x AS (SELECT 1 FROM {written}) SELECT 1 FROM x", f"INSERT INTO {written} DEFAULT VALUES", f"SELECT 1 FROM search, {written} AS s"):
            assert code(reader(sql)) == "not_found", sql
    assert code(shared.root(f"DEFINE TABLE {shadow} PERMISSIONS FULL")) == "not_found"


@pytest.mark.parametrize("table", ["vocab", "box", "old", "stolen"])
def test_other_modules_are_refused(reader, table):
    for sql in (f"SELECT * FROM {table}", f"SELECT count(*) FROM {table}", f"DELETE FROM {table}", f"SELECT 1 IN {table}"):
        objects = reader(sql)
        assert code(objects) == "permission_denied" and "cannot be used here" in objects[0]["result"], objects


def test_fields_and_defaults(reader):
    objects = reader("SELECT title FROM fields")
    assert code(objects) == "permission_denied" and "leave the field out" in objects[0]["result"]
    assert code(reader("SELECT * FROM closed WHERE closed MATCH 'a'")) == "not_found"
    assert code(reader("SELECT * FROM closed('a')")) == "not_found"


# --- writing ---


def test_writing(db, ada):
    assert codes(ada("INSERT INTO search (rowid, title, body) VALUES (50, 'plum', 'x'), (51, 'plum two', 'y')")) == ["OK"]
    assert codes(ada("INSERT INTO search SELECT title, body FROM post WHERE title LIKE '%pear'")) == ["OK"]
    assert one_value(ada("SELECT count(*) FROM search WHERE search MATCH 'pear'")) == 2
    (changed,) = ada("UPDATE search SET title = title || ' ripe', body = highlight(search, 0, '<', '>') WHERE search MATCH 'plum'")
    assert changed["changes"] == 2
    assert values(ada("SELECT rowid, title, body FROM search WHERE search MATCH 'ripe'")) == [
        (50, "plum ripe", "<plum>"), (51, "plum two ripe", "<plum> two")]
    assert codes(ada("REPLACE INTO search (rowid, title) VALUES (50, 'cherry')")) == ["OK"]
    assert code(ada("INSERT INTO search (rowid, title) VALUES (50, 'again')")) == "constraint_violation"
    (deleted,) = ada("DELETE FROM search WHERE search MATCH 'ripe OR cherry'")
    assert deleted["changes"] == 2
    assert one_value(ada("SELECT count(*) FROM search WHERE rowid IN (50, 51)")) == 0
    assert db.ok("INSERT INTO search (search) VALUES ('integrity-check')")


def test_deleting_by_a_predicate(db, ada):
    (deleted,) = ada("DELETE FROM mine WHERE mine MATCH 'apple OR zebra'")
    assert (deleted["changes"], deleted["denied"]) == (2, 1)
    assert [row["rowid"] for row in db.ok("SELECT rowid FROM mine ORDER BY 1")[0]] == [3, 4]
    (updated,) = ada("UPDATE mine SET title = 'x'")
    assert updated["changes"] == 1
    assert db.ok("SELECT title FROM mine WHERE rowid = 4")[0] == [{"title": "apple secret"}]


@pytest.mark.parametrize(
    "sql",
    [f"INSERT INTO search (search) VALUES ('{command}')" for command in ("optimize", "rebuild", "delete-all", "integrity-check", "flush")]
    + [
        "INSERT INTO search (search, rank) VALUES ('merge', 5)", "INSERT INTO search (search, rank) VALUES ('pgsz', 64)",
        "INSERT INTO search (search, rowid, title) VALUES ('delete', 1, 'red apple')", "INSERT INTO search (\"SEARCH\") VALUES ('optimize')",
        "INSERT INTO search (rank) VALUES ('bm25(10.0)')", "INSERT INTO search (title, search) SELECT 'a', 'optimize'",
        "INSERT INTO search AS s (search) VALUES ('optimize')", "REPLACE INTO search (search) VALUES ('optimize')",
        "UPDATE search SET search = 'optimize'", "UPDATE search SET rank = 1", "UPDATE search SET (title, search) = ('a', 'optimize')",
        "INSERT INTO ext (ext) VALUES ('rebuild')", "INSERT INTO bare (bare) VALUES ('delete-all')",
        "INSERT INTO search (title) VALUES ('a') RETURNING rowid", "UPDATE search SET title = 'x' RETURNING title", "DELETE FROM search RETURNING title",
        "INSERT INTO search (title) VALUES ('a') ON CONFLICT DO NOTHING", "INSERT INTO checked (title) VALUES ('a')",
        "UPDATE checked SET title = 'a'", "DELETE FROM bare", "UPDATE bare SET title = 'x'", "UPDATE mine SET title = rank WHERE mine MATCH 'a'",
        "DELETE FROM mine WHERE bm25(mine) < 0", "REPLACE INTO mine (rowid, title) VALUES (4, 'x')", "INSERT INTO vocab VALUES (1, 2, 3)",
        "INSERT INTO box VALUES (1, 2, 3)", "INSERT INTO by_view (title) VALUES ('a')",
    ],
)
def test_commands_and_what_cannot_be_checked_are_refused(shared, reader, sql):
    everything = "SELECT rowid, * FROM search; SELECT rowid, * FROM mine; SELECT rowid FROM bare; SELECT title FROM checked; SELECT rowid FROM ext"
    before = shared.ok(everything)
    assert code(reader(sql)) == "permission_denied"
    assert shared.ok(everything) == before


def test_values_cannot_become_commands(db, ada):
    """Without a column list the columns that are searched are filled, whatever is in the values."""
    assert codes(ada("INSERT INTO search VALUES ('optimize', 'rebuild')")) == ["OK"]
    assert code(ada("INSERT INTO search VALUES ('a', 'b', 'optimize', 1)")) != "OK"
    assert one_value(ada("SELECT count(*) FROM search WHERE search MATCH 'optimize'")) == 1


def test_triggers_keep_it_in_step(db, ada):
    assert codes(ada("INSERT INTO post (author, title, body) VALUES (1, 'yellow quince', 'of ada')")) == ["OK"]
    for table in ("search", "mine", "ext", "bare", "by_view"):
        assert one_value(ada(f"SELECT count(*) FROM {table} WHERE {table} MATCH 'quince'")) == 1, table
    assert codes(ada("UPDATE post SET title = 'yellow medlar' WHERE title = 'yellow quince'")) == ["OK"]
    for table in ("search", "mine", "ext"):
        assert one_value(ada(f"SELECT count(*) FROM {table} WHERE {table} MATCH 'quince'")) == 0, table
        assert one_value(ada(f"SELECT count(*) FROM {table} WHERE {table} MATCH 'medlar'")) == 1, table
    assert codes(ada("DELETE FROM post WHERE title = 'yellow medlar'")) == ["OK"]
    for table in ("search", "mine", "ext"):
        assert one_value(ada(f"SELECT count(*) FROM {table} WHERE {table} MATCH 'medlar'")) == 0, table
        db.ok(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")


def test_triggers_need_no_right_on_the_table(db, ada):
    db.ok("DEFINE TABLE OVERWRITE search PERMISSIONS NONE; DEFINE TABLE OVERWRITE mine PERMISSIONS NONE")
    assert codes(ada("INSERT INTO post (author, title, body) VALUES (1, 'yellow quince', 'of ada')")) == ["OK"]
    assert code(ada("SELECT * FROM search WHERE search MATCH 'quince'")) == "not_found"
    assert len(db.ok("SELECT 1 FROM search WHERE search MATCH 'quince'")[0]) == 1


def test_a_name_of_a_common_table_expression_hides_the_table(reader):
    assert values(reader("WITH search (title) AS (SELECT 'mine') SELECT title FROM search")) == [("mine",)]
    assert code(reader("WITH search (search) AS (SELECT 'mine') SELECT * FROM search WHERE search MATCH 'a'")) == "permission_denied"
    assert code(reader("WITH search AS (SELECT 1) SELECT * FROM search('a')")) == "not_found"
    assert values(reader("WITH search (search) AS (SELECT 'apple') SELECT search FROM search WHERE search = 'apple'")) == [("apple",)]


def test_predicates_do_not_search(db):
    for predicate in ("title MATCH 'a'", "search = 'a'", "bm25(search) < 0", "EXISTS (SELECT 1 FROM ext WHERE ext = 'a')"):
        assert code(db.root(f"DEFINE TABLE OVERWRITE search PERMISSIONS FOR select WHERE {predicate}")) in ("invalid_value", "not_found")
    db.ok("DEFINE TABLE OVERWRITE tag PERMISSIONS FOR select WHERE EXISTS (SELECT 1 FROM search WHERE title LIKE '%' || word)")
    assert values(As(db, "ada")("SELECT word FROM tag")) == [("pear",)]
    db.ok("DEFINE TABLE OVERWRITE tag PERMISSIONS FOR select WHERE id IN (SELECT rowid FROM ext)")
    assert values(As(db, "ada")("SELECT id FROM tag")) == [(1,), (2,)]


def test_what_writes_beside_a_full_text_table_is_judged(place):
    """The rule reads the table that the full-text table takes its text from, as its module does."""
    place.ok(SCHEMA + """;
        CREATE TABLE copy (id INTEGER PRIMARY KEY, title TEXT);
        DEFINE TABLE copy PERMISSIONS FOR select FULL, FOR create WHERE EXISTS (SELECT 1 FROM post WHERE post.id = copy.id AND post.title = copy.title)""")
    token = place.signin("account", name="ada")
    assert code(place.sql("INSERT INTO copy SELECT rowid, title FROM ext", token)) == "OK"
    assert code(place.sql("INSERT INTO copy SELECT rowid + 10, title FROM ext", token)) == "permission_denied"
    assert values(place.root("SELECT count(*) FROM copy")) == [(4,)]


def test_rows_are_replaced_while_its_module_writes(place):
    """In one transaction: what the module has been given it may write out while REPLACE runs."""
    place.ok("""
        CREATE VIRTUAL TABLE search USING fts5 (title); DEFINE TABLE search PERMISSIONS FULL;
        CREATE TABLE user (id INTEGER PRIMARY KEY); INSERT INTO user VALUES (1);
        CREATE TABLE note (id INTEGER PRIMARY KEY, own INTEGER); INSERT INTO note VALUES (1, 1), (2, 0);
        DEFINE TABLE note PERMISSIONS FOR select, create, update, delete WHERE own = 1;
        DEFINE SCOPE person SIGNIN AS (SELECT id FROM user WHERE id = $id)""")
    token = place.signin("person", id=1)
    block = "BEGIN; INSERT INTO search VALUES ('x'); {}; COMMIT"
    for change in ("REPLACE INTO note VALUES (1, 1)", "UPDATE OR REPLACE note SET id = 5 WHERE id = 1"):
        assert [one["status"] for one in place.sql(block.format(change), token)] == ["OK"] * 4
    assert place.sql(block.format("REPLACE INTO note VALUES (2, 1)"), token)[2]["code"] == "permission_denied"
