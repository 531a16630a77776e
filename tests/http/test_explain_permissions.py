"""EXPLAIN PERMISSIONS: what somebody else's statement would become, and why."""

import pytest
from client import ROOT_PASSWORD, ROOT_USER
from expect import code, codes, one_value, rows, values

SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE, secret TEXT, city TEXT);
    CREATE TABLE post (id INTEGER PRIMARY KEY, author INTEGER, title TEXT, draft INTEGER DEFAULT 0, note TEXT);
    CREATE INDEX post_author ON post (author);
    CREATE TABLE part (id INTEGER PRIMARY KEY, a, b); CREATE INDEX part_a_b ON part (a, b);
    CREATE TABLE keyed (name TEXT PRIMARY KEY, a) WITHOUT ROWID;
    CREATE TABLE open (id INTEGER PRIMARY KEY, a); CREATE TABLE closed (a);
    INSERT INTO person (name, secret) VALUES ('ada', 's1'), ('bob', 's2');
    INSERT INTO post (author, title, draft) VALUES (1, 'a', 0), (2, 'b', 1);
    DEFINE TABLE person PERMISSIONS FOR select, update WHERE id = $auth.id;
    DEFINE FIELD secret ON person PERMISSIONS NONE; DEFINE FIELD name ON person PERMISSIONS FOR select WHERE id = $auth.id;
    DEFINE TABLE post PERMISSIONS FOR select WHERE draft = 0 OR author = $auth.id, FOR create, update, delete WHERE author = $auth.id;
    DEFINE TABLE part PERMISSIONS FULL; DEFINE FIELD a ON part PERMISSIONS NONE;
    DEFINE TABLE keyed PERMISSIONS FULL; DEFINE FIELD name ON keyed PERMISSIONS NONE;
    DEFINE TABLE open PERMISSIONS FULL;
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)
"""
AS_ADA = "EXPLAIN PERMISSIONS FOR SCOPE account ID 1 "
AS_GUEST = "EXPLAIN PERMISSIONS FOR GUEST "


@pytest.fixture
def db(place):
    place.ok(SCHEMA)
    return place


def explain(db, sql, vars=None):
    (row,) = rows(db.root(sql, vars=vars))
    assert list(row) == ["sql", "parameters", "guards", "terms", "plan", "replaced"]
    return row


def kinds(explanation):
    return {guard["table"]: guard["kind"] for guard in explanation["guards"]}


def test_what_it_tells(db):
    told = explain(db, AS_ADA + "SELECT title FROM post WHERE id = $id", vars={"id": 7})
    assert told["sql"].startswith('WITH "_bailiwick_table_post" AS NOT MATERIALIZED (SELECT ')
    assert told["sql"].endswith('SELECT "title" FROM "_bailiwick_table_post" AS "post" WHERE "id" = ?2')
    assert told["parameters"] == {"?1": {"name": "auth.id", "value": 1}, "?2": {"name": "id", "value": 7}}
    assert told["guards"] == [
        {"name": "_bailiwick_table_post", "table": "post", "kind": "flattened", "why": "select has a predicate"}]
    assert told["terms"] == []
    assert told["plan"] == ["SEARCH MAIN.post USING INTEGER PRIMARY KEY (rowid=?)"]


def test_what_is_asked_of_rows_that_are_replaced(db):
    asked = explain(db, AS_ADA + "REPLACE INTO post (id, author, title) VALUES ($id, 1, $title)", vars={"id": 7, "title": "x"})["replaced"]
    assert asked["sql"].startswith("SELECT min(CASE WHEN") and asked["sql"].endswith('FROM "MAIN"."post" WHERE "post"."id" = _bailiwick_replaced(-1)')
    assert asked["parameters"] == {"?1": {"name": "auth.id", "value": 1}}
    assert asked["plan"] == ["SEARCH MAIN.post USING INTEGER PRIMARY KEY (rowid=?)"]
    for sql in ("INSERT INTO post (author) VALUES (1)", "REPLACE INTO open VALUES (1, 2)", "UPDATE OR IGNORE post SET id = 3", "SELECT 1"):
        assert explain(db, AS_ADA + sql)["replaced"] is None
    assert explain(db, AS_ADA + "UPDATE OR REPLACE post SET id = 3")["replaced"] == asked
    assert explain(db, "EXPLAIN PERMISSIONS REPLACE INTO post (id) VALUES (1)")["replaced"] is None
    assert values(db.root("SELECT count(*) FROM post")) == [(2,)]


def test_plan_is_indented(db):
    told = explain(db, AS_ADA + "SELECT 1 FROM open UNION SELECT a FROM open")
    assert [len(line) - len(line.lstrip()) for line in told["plan"]] == [0, 2, 4, 2, 4]
    assert told["guards"] == []


@pytest.mark.parametrize("sql, kind, why", [
    ("SELECT 1 FROM post", "flattened", "select has a predicate"),
    ("SELECT 1 FROM part", "not indexed", "a is hidden; no index is used, because a is hidden, and in an index with others"),
    ("SELECT 1 FROM keyed", "sorted", "name is hidden; the rows are sorted, because name is hidden, and part of the key"),
    ("SELECT 1 FROM person", "flattened",
     "select has a predicate; name is hidden row by row; secret is hidden; "
     "another column is read too, because name is hidden, and has an index"),
    ("SELECT 1 FROM (SELECT author AS x FROM post UNION ALL VALUES (1)) WHERE abs(x) = 1", "fenced",
     "select has a predicate; a term that can fail reads it and cannot be shielded"),
])
def test_kinds_of_guards(db, sql, kind, why):
    (guard,) = explain(db, AS_ADA + sql)["guards"]
    assert (guard["kind"], guard["why"]) == (kind, why)


def test_terms_that_can_fail(db):
    told = explain(db, AS_ADA + "SELECT 1 FROM post\n WHERE abs(author) = 1 AND id = 1")
    assert told["terms"] == [
        {"text": "abs(author)", "line": 2, "column": 8, "kind": "shielded", "why": "abs() can fail"}]
    assert "THEN abs(" in told["sql"]
    told = explain(db, AS_ADA + "SELECT 1 FROM (SELECT title AS x FROM post LIMIT 1) WHERE x -> '$.a'")
    assert [(term["kind"], term["why"]) for term in told["terms"]] == [("fenced", "-> can fail")]
    assert explain(db, AS_ADA + "SELECT abs(author) FROM post")["terms"] == []
    told = explain(db, AS_ADA + "SELECT 1 FROM post WHERE\n id IN (SELECT abs(a) FROM open)")
    assert told["terms"] == [
        {"text": "id IN (SELECT abs(a) FROM open)", "line": 2, "column": 2, "kind": "run ahead", "why": "abs() can fail"}]
    assert "SEARCH MAIN.post USING INTEGER PRIMARY KEY (rowid=?)" in told["plan"]


def test_nothing_runs(db):
    for sql in ("INSERT INTO post (author) VALUES (1)", "UPDATE post SET title = 'x' WHERE id = 1", "DELETE FROM post"):
        for whom in (AS_ADA, "EXPLAIN PERMISSIONS "):
            assert explain(db, whom + sql)["sql"]
    assert values(db.root("SELECT author, title FROM post ORDER BY id")) == [(1, "a"), (2, "b")]
    told = explain(db, AS_ADA + "UPDATE post SET title = 'x' WHERE id = 1 RETURNING id")
    assert kinds(told) == {"post": "flattened"}
    assert "_bailiwick_check" in told["sql"] and "_bailiwick_allow" in told["sql"]


def test_who_it_is_for(db):
    # in the user's own text $auth shows what the user may see: of $auth.id there are two
    sql = "SELECT $auth AS a, $auth.id AS i, $auth.secret AS s, $auth.name AS n, $scope AS c, $token.exp AS t FROM post"

    def bound(whom, vars=None):
        return [(each["name"], each["value"]) for each in explain(db, whom + sql, vars)["parameters"].values()]

    assert bound("EXPLAIN PERMISSIONS FOR SCOPE account ID 2 ") == [
        ("auth.id", 2), ("auth", 2), ("auth.id", 2), ("auth.secret", None), ("auth.name", "bob"), ("scope", "account"), ("token.exp", None)]
    assert {name for name, value in bound("EXPLAIN PERMISSIONS FOR SCOPE account ") if value is not None} == {"scope"}
    assert {value for name, value in bound(AS_GUEST)} == {None}
    assert explain(db, "EXPLAIN PERMISSIONS " + sql)["guards"] == []
    # the id as the database has it, whatever it was written as
    for id in ("2", "'2'", "$who", "?1"):
        told = explain(db, f"EXPLAIN PERMISSIONS FOR SCOPE account ID {id} SELECT $auth AS a", {"who": 2, "1": 2})
        assert told["parameters"] == {"?1": {"name": "auth", "value": 2}}


def test_whoever_it_is_for_has_to_be_there(db):
    for whom, wanted in (("SCOPE account ID 99", "not_found"), ("SCOPE nowhere", "not_found"), ("SCOPE nowhere ID 1", "not_found"),
                         ("SCOPE account ID $missing", "not_found"), ("SCOPE account ID 1.5", "invalid_value"),
                         ("SCOPE account ID $real", "invalid_value"), ("SCOPE account ID ?", "invalid_value")):
        assert code(db.root(f"EXPLAIN PERMISSIONS FOR {whom} SELECT 1", vars={"real": 1.5})) == wanted, whom


@pytest.mark.parametrize("sql", [
    "SELECT * FROM closed", "SELECT * FROM absent", "SELECT secret FROM person", "SELECT load_extension('x')", "SELECT $missing",
    "INSERT INTO person (name) VALUES ('x')", "UPDATE person SET secret = 1", "DELETE FROM person", "PRAGMA user_version",
    "CREATE TABLE x (a)", "ATTACH 'x' AS y", "DEFINE NAMESPACE x", "VACUUM",
    "SELECT rowid FROM _bailiwick_x", "SELECT 1 FROM open ORDER BY 7",
])
def test_errors_are_the_users(db, sql):
    ada = db.signin("account", name="ada")
    theirs, ours = db.sql(sql, ada), db.root(AS_ADA + sql)
    assert code(theirs) != "OK"
    assert code(ours) == code(theirs)
    assert ours[-1]["result"] == theirs[-1]["result"]
    if "column" in theirs[-1]:
        assert ours[-1]["column"] == theirs[-1]["column"] + len(AS_ADA)


def test_only_data_is_explained(db):
    for sql in ("BEGIN", "USE DB x", "CREATE TABLE x (a)", "PRAGMA user_version", "INFO FOR DB"):
        for whom in ("EXPLAIN PERMISSIONS ", AS_GUEST):
            assert code(db.root(whom + sql)) in ("invalid_value", "permission_denied"), whom + sql
    assert code(db.root("EXPLAIN PERMISSIONS BEGIN")) == "invalid_value"


def test_is_for_logins(db):
    db.ok("DEFINE LOGIN own ON DATABASE PASSWORD 'password-x'")
    own = db.server.token(NS=db.ns, DB=db.db, user="own", **{"pass": "password-x"})
    for token in (own, db.server.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD})):
        assert code(db.server.sql(AS_ADA + "SELECT 1 FROM post", token=token, ns=db.ns, db=db.db)) == "OK"
    ada = db.signin("account", name="ada")
    for whom in ("", "FOR GUEST ", "FOR SCOPE account ", "FOR SCOPE account ID 1 "):
        assert code(db.sql(f"EXPLAIN PERMISSIONS {whom}SELECT 1 FROM post", ada)) == "permission_denied"


ROLES = """
    DEFINE ROLE north ON DATABASE PERMISSIONS TABLE post FOR select WHERE draft = 0, FIELDS (id, title);
    DEFINE ROLE mine ON DATABASE PERMISSIONS TABLE post FOR select, update WHERE note = $session.user;
    DEFINE LOGIN both ON DATABASE PASSWORD 'password-x' ROLES north, mine;
    DEFINE LOGIN "Ada@example.com" ON DATABASE PASSWORD 'password-x' ROLES mine DISABLED;
    DEFINE LOGIN login ON DATABASE PASSWORD 'password-x' ROLES viewer; DEFINE LOGIN owner ON DATABASE PASSWORD 'password-x';
    DEFINE LOGIN above ON NAMESPACE PASSWORD 'password-x'"""


def test_for_logins_with_roles(db):
    db.ok(ROLES)
    told = explain(db, "EXPLAIN PERMISSIONS FOR LOGIN both SELECT title, note FROM post WHERE id = $id", vars={"id": 1})
    assert kinds(told) == {"post": "not indexed"}  # draft and note are hidden in some rows
    assert told["parameters"] == {"?1": {"name": "session.user", "value": "both"}, "?2": {"name": "id", "value": 1}}
    assert '"draft" = 0 OR ' in told["sql"] or ' OR "post"."draft" = 0' in told["sql"]
    assert explain(db, 'EXPLAIN PERMISSIONS FOR USER "Ada@example.com" SELECT id FROM post')["parameters"]["?1"]["value"] == "Ada@example.com"
    for name in ("owner", "login"):
        told = explain(db, f"EXPLAIN PERMISSIONS FOR LOGIN {name} SELECT secret FROM person")
        assert told["guards"] == [] and told["sql"] == 'SELECT "secret" FROM "person"'
    assert code(db.root("EXPLAIN PERMISSIONS FOR LOGIN login DELETE FROM post")) == "permission_denied"
    before = db.ok("SELECT * FROM post")
    assert explain(db, "EXPLAIN PERMISSIONS FOR LOGIN both UPDATE post SET title = 'x'")["sql"]
    assert explain(db, "EXPLAIN PERMISSIONS FOR LOGIN owner DELETE FROM post")["sql"]
    assert db.ok("SELECT * FROM post") == before


@pytest.mark.parametrize("sql", [
    "SELECT * FROM person", "SELECT author FROM closed", "UPDATE post SET id = $missing", "INSERT INTO post (title) VALUES ('x')", "DELETE FROM post",
    "SELECT load_extension('x')", "PRAGMA user_version", "DEFINE ROLE x ON DATABASE PERMISSIONS NONE", "SELECT 1 FROM _bailiwick_definition",
])
def test_errors_are_the_logins(db, sql):
    db.ok(ROLES)
    both = db.server.token(NS=db.ns, DB=db.db, user="both", **{"pass": "password-x"})
    theirs, ours = db.sql(sql, both), db.root("EXPLAIN PERMISSIONS FOR LOGIN both " + sql)
    assert code(theirs) != "OK"
    assert (code(ours), ours[-1]["result"]) == (code(theirs), theirs[-1]["result"])


def test_which_logins_and_who_asks(db):
    db.ok(ROLES)
    for name in ("nobody", "above", '"ada@example.com"', "BOTH"):
        assert code(db.root(f"EXPLAIN PERMISSIONS FOR LOGIN {name} SELECT 1")) == "not_found"
    viewer, both = (db.server.token(NS=db.ns, DB=db.db, user=name, **{"pass": "password-x"}) for name in ("login", "both"))
    assert code(db.sql("EXPLAIN PERMISSIONS FOR LOGIN both SELECT id FROM post", viewer)) == "OK"
    for token in (both, db.signin("account", name="ada")):
        told = set()
        for name in ("both", "owner", "nobody"):
            (one,) = db.sql(f"EXPLAIN PERMISSIONS FOR LOGIN {name} SELECT 1", token)
            told.add((one["code"], one["result"]))
        assert [code for code, _ in told] == ["permission_denied"], told
    assert code(db.root("EXPLAIN PERMISSIONS FOR LOGIN both SELECT password FROM _bailiwick_definition")) != "OK"
    objects = db.root("BEGIN; DEFINE ROLE OVERWRITE north ON DATABASE PERMISSIONS TABLE open FULL; EXPLAIN PERMISSIONS FOR LOGIN both SELECT * FROM open; CANCEL;"
                      "EXPLAIN PERMISSIONS FOR LOGIN both SELECT * FROM open")
    assert codes(objects) == ["cancelled"] * 3 + ["OK", "not_found"]


def test_sees_its_transaction(db):
    results = db.root(f"BEGIN; DEFINE TABLE OVERWRITE open PERMISSIONS WHERE a = 1; {AS_GUEST} SELECT * FROM open; ROLLBACK")
    assert codes(results) == ["cancelled", "cancelled", "cancelled", "OK"]
    results = db.root(f"BEGIN; DEFINE TABLE OVERWRITE open PERMISSIONS WHERE a = 1; {AS_GUEST} SELECT * FROM open; COMMIT")
    assert kinds(results[2]["result"][0]) == {"open": "flattened"}


def test_words_stay_names(db):
    assert one_value(db.root("SELECT id FROM (SELECT 1 AS id, 2 AS guest, 3 AS permissions) AS guest")) == 1
    db.ok("CREATE TABLE guest (id, permissions); DEFINE SCOPE id SIGNIN (SELECT id FROM person); DEFINE SCOPE guest SIGNIN (SELECT id FROM person)")
    assert explain(db, "EXPLAIN PERMISSIONS SELECT id, permissions FROM guest")["guards"] == []
    for scope in ("id", "guest"):
        assert explain(db, f"EXPLAIN PERMISSIONS FOR SCOPE {scope} ID 1 SELECT 1 FROM post")["guards"]
