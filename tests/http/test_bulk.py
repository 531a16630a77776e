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


@pytest.mark.parametrize("memory, code", [("32M", "limit_exceeded"), ("256M", "OK")])
def test_rows_in_one_statement(start_server, memory, code):
    """SQLite's own tree of so many rows has to fit into a statement's memory."""
    server = start_server("--memory-limit", memory)
    server.make_database("a", "b", SCHEMA)
    token = server.token(NS="a", DB="b", SC="account", name="ada")
    (one,) = server.sql(f"INSERT INTO item (owner, name) VALUES {values(ROWS)}", token=token)
    assert code_of(one) == code
    assert one_value(server.root(COUNT, ns="a", db="b")) == (ROWS if code == "OK" else 0)
    (one,) = server.sql(f"INSERT INTO item (owner, name) VALUES {values(5_000)}", token=token)
    assert one["changes"] == 5_000


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
