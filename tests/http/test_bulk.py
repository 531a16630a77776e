"""Many rows in one request and in one response, by a restricted principal, under the default limits."""

import json

import pytest
from expect import code_of, one_value

ROWS = 100_000
SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO person VALUES (1, 'ada');
    CREATE TABLE item (id INTEGER PRIMARY KEY, owner INTEGER, name TEXT);
    DEFINE TABLE item PERMISSIONS WHERE owner = $auth.id;
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)
"""
COUNT = "SELECT count(*) FROM item"
FROM_JSON = "INSERT INTO item (owner, name) SELECT value->>'owner', value->>'name' FROM json_each($rows)"


@pytest.fixture
def app(place):
    place.ok(SCHEMA)
    return place


def values(rows, owner=1):
    return ", ".join(f"({owner}, 'item {number}')" for number in range(rows))


def test_rows_as_a_json_array(app):
    token = app.signin("account", name="ada")
    rows = [{"owner": 1, "name": f"item {number}"} for number in range(ROWS)]
    assert len(json.dumps(rows)) < 4 << 20
    assert app.sql(FROM_JSON, token, vars={"rows": rows})[0]["changes"] == ROWS
    rows[-1]["owner"] = 2
    assert code_of(app.sql(FROM_JSON, token, vars={"rows": rows})[0]) == "permission_denied"
    assert one_value(app.root(COUNT)) == ROWS


def test_rows_in_many_statements(app):
    token = app.signin("account", name="ada")
    insert = f"INSERT INTO item (owner, name) VALUES {values(1000)}; "
    objects = app.sql("BEGIN; " + insert * (ROWS // 1000) + "COMMIT", token)
    assert {one["status"] for one in objects} == {"OK"}
    assert sum(one.get("changes", 0) for one in objects) == one_value(app.root(COUNT)) == ROWS
    objects = app.sql("BEGIN; " + insert * 5 + insert.replace("(1, 'item 999')", "(2, 'item 999')") + "COMMIT", token)
    assert code_of(objects[6]) == "permission_denied"
    assert one_value(app.root(COUNT)) == ROWS


def numbered(rows, owner=1):
    return ", ".join(f"({number}, {owner}, 'item {number}')" for number in range(rows))


@pytest.mark.parametrize("who", ["scope", "root"])
def test_rows_in_one_statement(app, who):
    """Three literals each, or a variable among them: within the memory that a request has for much less."""
    token = app.signin("account", name="ada")
    run = (lambda sql: app.sql(sql, token)) if who == "scope" else app.root
    insert = "INSERT INTO item (id, owner, name) VALUES "
    last = f", ({ROWS - 1}, 1, 'a key that is there')"
    (one,) = run(insert + numbered(ROWS) + last)
    assert code_of(one) == "constraint_violation"
    assert one_value(app.root(COUNT)) == 0
    if who == "scope":
        (one,) = run(insert + numbered(ROWS) + f", ({ROWS}, 2, 'not mine')")
        assert code_of(one) == "permission_denied"
        assert one_value(app.root(COUNT)) == 0
    one, changes = run(insert + numbered(ROWS) + "; SELECT changes()")
    assert one["changes"] == one_value([changes]) == ROWS
    assert app.root("SELECT count(*), sum(id), count(DISTINCT name), min(owner), max(owner) FROM item")[0]["result"] == [
        {"count(*)": ROWS, "sum(id)": ROWS * (ROWS - 1) // 2, "count(DISTINCT name)": ROWS, "min(owner)": 1, "max(owner)": 1}]
    (one,) = run(insert.replace("INSERT", "INSERT OR IGNORE") + numbered(ROWS) + last)
    assert one["status"] == "OK" and one["changes"] == 0
    if who == "scope":
        (one,) = run("DELETE FROM item; " + insert + numbered(ROWS, "$auth"))[1:]
        assert one["changes"] == ROWS


def test_more_than_fits(app):
    """What is no literal becomes a tree, and then it is the memory for that which ends it; else the body's limit."""
    token = app.signin("account", name="ada")
    insert = "INSERT INTO item (id, owner, name) VALUES "
    response = app.server.post_sql(insert + numbered(2 * ROWS), token=token)
    assert response.status_code == 413 and "4194304 bytes" in response.json()["information"]
    (one,) = app.sql(insert + numbered(ROWS, "1 + 0"), token)
    assert code_of(one) == "limit_exceeded"
    assert one_value(app.root(COUNT)) == 0
    (one,) = app.sql(insert + numbered(5_000, "1 + 0"), token)
    assert one["changes"] == 5_000


@pytest.mark.parametrize("memory, code", [("4M", "limit_exceeded"), ("16M", "OK")])
def test_rows_in_little_memory(start_server, memory, code):
    """The rows are not in memory, but those that are checked before the first is written are."""
    server = start_server("--memory-limit", memory)
    server.make_database("a", "b", SCHEMA)
    token = server.token(NS="a", DB="b", SC="account", name="ada")
    (one,) = server.sql(f"INSERT INTO item VALUES {numbered(ROWS)}", token=token)
    assert code_of(one) == code
    assert one_value(server.root(COUNT, ns="a", db="b")) == (ROWS if code == "OK" else 0)


def peak(server):
    """The most memory that the server has had, in KiB."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def test_a_million_rows_out(start_server):
    """Under the default limits but those of time, which say something of the machine."""
    server = start_server("--statement-timeout", "1h")
    server.make_database("a", "b", SCHEMA)
    server.root_ok("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
                   "INSERT INTO item SELECT i, 1, 'item' || i FROM n", ns="a", db="b")
    token = server.token(NS="a", DB="b", SC="account", name="ada")
    read = lambda: server.request("POST", "/sql", "SELECT * FROM item", token=token).content  # noqa: E731
    before = peak(server)
    body = read()
    assert body.startswith(b'[{"result":[{"id":1,"owner":1,"name":"item1"},')
    assert body.count(b'"id":') == 1_000_000 and b'"status":"OK"' in body[-60:]
    assert peak(server) - before < 16 << 10, "the rows were gathered in memory"
