"""What a predicate or a view can give away, and that what the threat model tells owners to write instead gives nothing."""

import pytest

PERSON = "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person VALUES (1, 'me'); DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);"
POSTS = (
    "CREATE TABLE post (id INTEGER PRIMARY KEY, author INT, title TEXT, meta TEXT {check}); CREATE INDEX by_author ON post (author);"
    "DEFINE TABLE post PERMISSIONS FOR select, update, delete WHERE {rule};"
    "INSERT INTO post VALUES (1, 1, 'a', '{{\"owner\":1}}'), (2, 1, 'b', '{{\"owner\":1}}');"
)
SHARED = (
    "CREATE TABLE post (id INTEGER PRIMARY KEY, author INT, title TEXT); CREATE INDEX by_author ON post (author); CREATE TABLE share (post INT, person INT);"
    "INSERT INTO post VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (5, 1, 'd'); INSERT INTO share VALUES (3, 1);"
    "DEFINE TABLE post PERMISSIONS FOR select WHERE {rule} IN (SELECT post FROM share WHERE person = $auth.id) OR author = $auth.id;"
)
STAFF = (
    "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INT, name TEXT, pay INT); CREATE INDEX by_pay ON staff (pay, boss, name);"
    "INSERT INTO staff VALUES (1, 1, 'a', 5), (2, 1, 'b', 6); CREATE VIEW post AS SELECT id, boss AS author, name AS title FROM staff {view}; DEFINE TABLE post PERMISSIONS FOR select FULL;"
)
BROKEN = "INSERT INTO post VALUES (7, 9, 'hid', '{')"
READS = [
    "SELECT id FROM post", "SELECT group_concat(title) FROM post", "SELECT id FROM post WHERE author = 9", "SELECT id FROM post WHERE title = 'hid'",
    "SELECT title FROM post LIMIT 1", "SELECT x.id, y.id FROM post AS x JOIN post AS y USING (author)", "SELECT title FROM post WHERE author = 1 LIMIT 1",
]
WRITES = ["UPDATE post SET title = title WHERE author = 9", "DELETE FROM post WHERE title = 'hid'"]


def answers(server, name, schema, hidden):
    """What two databases answer that differ in `hidden`."""
    both = []
    for number, more in enumerate(("SELECT 1", hidden)):
        database = f"{name}_{number}"
        server.make_database("owners", database, PERSON + schema + more)
        token = server.token(NS="owners", DB=database, SC="account", name="me")
        both.append([[{**one, "time": None} for one in server.sql(sql, token=token)] for sql in READS + (WRITES if hidden == BROKEN else [])])
    return both


@pytest.mark.parametrize("name, schema, hidden", [
    ("guarded", POSTS.format(check="", rule="CASE WHEN json_valid(meta) THEN json_extract(meta, '$.owner') END = $auth.id"), BROKEN),
    ("json", POSTS.format(check="", rule="json_extract(meta, '$.owner') = $auth.id"), BROKEN),
    ("arrow", POSTS.format(check="", rule="meta ->> '$.owner' = $auth.id"), BROKEN),
    ("each", POSTS.format(check="", rule="$auth.id IN (SELECT value FROM json_each(post.meta))"), "INSERT INTO post VALUES (7, 9, 'hid', '{')"),
    ("one_way", SHARED.format(rule="+id"), "INSERT INTO share VALUES (5, 1)"),
    ("ordered_view", STAFF.format(view="WHERE pay > 0 ORDER BY name LIMIT -1"), "UPDATE staff SET pay = 9 WHERE id = 1"),
    ("unindexed_view", STAFF.format(view="NOT INDEXED WHERE pay > 0"), "UPDATE staff SET pay = 9 WHERE id = 1"),
])
def test_what_owners_should_write(server, name, schema, hidden):
    one, other = answers(server, name, schema, hidden)
    assert one == other
    assert one[0][0]["status"] == "OK" and one[0][0]["result"]


def test_a_check_keeps_broken_rows_out(server):
    server.make_database("owners", "checked", PERSON + POSTS.format(check="CHECK (json_valid(meta))", rule="json_extract(meta, '$.owner') = $auth.id"))
    (refused,) = server.root(BROKEN, ns="owners", db="checked")
    assert refused["code"] == "constraint_violation"


@pytest.mark.parametrize("name, schema, hidden", [
    ("unguarded", POSTS.format(check="", rule="abs(author) = $auth.id"), "INSERT INTO post VALUES (7, -9223372036854775808, 'hid', '')"),
    ("two_ways", SHARED.format(rule="id"), "INSERT INTO share VALUES (5, 1)"),
    ("plain_view", STAFF.format(view="WHERE pay > 0"), "UPDATE staff SET pay = 9 WHERE id = 1"),
])
def test_what_the_threat_model_warns_of(server, name, schema, hidden):
    """Should one of these give nothing away any more, the threat model says too much."""
    one, other = answers(server, name, schema, hidden)
    assert one != other
