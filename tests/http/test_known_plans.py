"""A text that the server has met before gives what it would give if it had not."""

import concurrent.futures
import sqlite3

import pytest
from expect import code_of, one_value

SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, role TEXT DEFAULT 'reader');
    CREATE TABLE note (id INTEGER PRIMARY KEY, author INTEGER, text TEXT, hidden TEXT DEFAULT 'hidden');
    INSERT INTO person (id, name) VALUES (1, 'ada'), (2, 'bob');
    INSERT INTO note (id, author, text) VALUES (1, 1, 'a1'), (2, 1, 'a2'), (3, 2, 'b3');
    DEFINE TABLE person PERMISSIONS FOR select FULL, FOR update WHERE id = $auth.id;
    DEFINE TABLE note PERMISSIONS WHERE author = $auth.id;
    DEFINE FIELD hidden ON note PERMISSIONS FOR select NONE;
    DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
    DEFINE SCOPE other SIGNIN (SELECT id FROM person WHERE name = $name)
"""
READ = "SELECT * FROM note ORDER BY id"


@pytest.fixture
def app(place):
    place.ok(SCHEMA)
    return place


def ids(objects):
    return [row["id"] for row in objects[-1]["result"]]


def test_one_text_of_many_principals(app):
    ada, bob = (app.signin("account", name=name) for name in ("ada", "bob"))
    for _ in range(3):
        assert ids(app.sql(READ, ada)) == [1, 2]
        assert ids(app.root(READ)) == [1, 2, 3]
        assert ids(app.sql(READ, bob)) == [3]
        assert set(app.sql(READ, ada)[0]["result"][0]) == {"id", "author", "text"}
        assert set(app.root(READ)[0]["result"][0]) == {"id", "author", "text", "hidden"}


def test_a_refusal_is_for_those_whom_it_is_for(app):
    ada = app.signin("account", name="ada")
    sql = "SELECT hidden FROM note WHERE id = 1"
    for _ in range(3):
        assert one_value(app.root(sql)) == "hidden"
        assert code_of(app.sql(sql, ada)[0]) == "not_found"


def test_changed_permissions_count_at_once(app):
    ada = app.signin("account", name="ada")
    for select, wanted in [("FULL", [1, 2, 3]), ("WHERE author <> $auth.id", [3]), ("WHERE id = 2", [2]), ("FULL", [1, 2, 3])]:
        app.ok(f"DEFINE TABLE OVERWRITE note PERMISSIONS FOR select {select}")
        assert ids(app.sql(READ, ada)) == wanted
        assert ids(app.sql(READ, ada)) == wanted
    app.ok("DEFINE TABLE OVERWRITE note PERMISSIONS NONE")
    assert code_of(app.sql(READ, ada)[0]) == "not_found"


def test_changed_tables_count_at_once(app):
    ada = app.signin("account", name="ada")
    for who in (lambda sql: app.sql(sql, ada), app.root):
        app.ok("DROP TABLE note; CREATE TABLE note (id INTEGER PRIMARY KEY, author INTEGER); "
               "INSERT INTO note VALUES (7, 1); DEFINE TABLE note PERMISSIONS FULL")
        assert who(READ)[0]["result"] == who(READ)[0]["result"] == [{"id": 7, "author": 1}]
        app.ok("ALTER TABLE note ADD COLUMN more TEXT DEFAULT 'm'")
        assert who(READ)[0]["result"] == who(READ)[0]["result"] == [{"id": 7, "author": 1, "more": "m"}]
        app.ok("ALTER TABLE note RENAME COLUMN more TO less") if who is app.root else None
        assert set(who(READ)[0]["result"][0]) == {"id", "author", "less" if who is app.root else "more"}


def test_changed_tables_in_the_same_body(app):
    for _ in range(2):
        objects = app.root(f"{READ}; BEGIN; DROP TABLE note; CREATE TABLE note (id); INSERT INTO note VALUES (9); {READ}; ROLLBACK; {READ}")
        assert ids(objects[:1]) == [1, 2, 3] and ids(objects) == [1, 2, 3]
        assert ids(app.root(READ)) == [1, 2, 3]


def test_one_text_in_many_databases(app):
    app.server.make_database(app.ns, "elsewhere", SCHEMA + "; DELETE FROM note WHERE id < 3; DEFINE TABLE OVERWRITE note PERMISSIONS FULL")
    here = app.signin("account", name="ada")
    there = app.server.token(NS=app.ns, DB="elsewhere", SC="account", name="ada")
    for _ in range(3):
        assert ids(app.sql(READ, here)) == [1, 2]
        assert ids(app.sql(READ, there)) == [3]
        assert ids(app.server.root(READ, ns=app.ns, db="elsewhere")) == [3]


def test_values_are_of_the_request(app):
    ada = app.signin("account", name="ada")
    sql = "SELECT $x AS x, $y AS y"
    for x, y in [(1, "a"), (None, 2.5), ("b", {"$base64": "AA=="}), (2**63 - 1, [1, 2])]:
        value = y if not isinstance(y, list) else "[1, 2]"
        assert app.sql(sql, ada, vars={"x": x, "y": y})[0]["result"] == [{"x": x, "y": value}]
    for _ in range(2):
        missing = app.sql(sql, ada, vars={"x": 1})[0]
        assert code_of(missing) == "not_found" and missing["column"] == sql.index("$y") + 1
    response = app.server.post_sql(sql, token=ada, vars={"x": 1, "y": 2, "auth": 3})
    assert response.status_code == 400
    assert app.sql(sql, ada, vars={"y": 1, "x": 2, "z": 3})[0]["result"] == [{"x": 2, "y": 1}]


def test_preferences_are_of_the_request(app):
    ada = app.signin("account", name="ada")
    app.ok("DEFINE TABLE OVERWRITE note PERMISSIONS FOR select FULL, FOR update WHERE author = $auth.id")
    for _ in range(2):
        rows = app.sql("SELECT id, text FROM note WHERE id = 1", ada, headers={"Prefer": "rows=array"})
        assert rows[0]["result"] == {"columns": ["id", "text"], "rows": [[1, "a1"]]}
        assert app.sql("SELECT id, text FROM note WHERE id = 1", ada)[0]["result"] == [{"id": 1, "text": "a1"}]
        update = "UPDATE note SET text = text WHERE id > 1"
        assert (app.sql(update, ada)[0]["changes"], app.sql(update, ada)[0]["denied"]) == (1, 1)
        assert code_of(app.sql(update, ada, headers={"Prefer": "handling=strict"})[0]) == "permission_denied"


def test_writes_are_judged_each_time(app):
    ada, bob = (app.signin("account", name=name) for name in ("ada", "bob"))
    insert = "INSERT INTO note (author, text) VALUES (1, 'mine') RETURNING author"
    for _ in range(3):
        assert app.sql(insert, ada)[0]["result"] == [{"author": 1}]
        assert code_of(app.sql(insert, bob)[0]) == "permission_denied"
    delete = "DELETE FROM note"
    assert app.sql(delete, bob)[0]["changes"] == 1
    assert app.sql(delete, bob)[0]["changes"] == 0
    assert app.sql(delete, ada)[0]["changes"] == 5


def test_blocks(app):
    ada = app.signin("account", name="ada")
    block = "BEGIN; INSERT INTO note (id, author, text) VALUES ($id, 1, 'x'); SELECT count(*) AS n FROM note; {}"
    for number in range(3):
        objects = app.sql(block.format("COMMIT"), ada, vars={"id": 10 + number})
        assert [one["status"] for one in objects] == ["OK"] * 4 and objects[2]["result"] == [{"n": 3 + number}]
        objects = app.sql(block.format("ROLLBACK"), ada, vars={"id": 20})
        assert objects[1]["code"] == objects[2]["code"] == "cancelled"
        objects = app.sql(block.format("COMMIT"), ada, vars={"id": 10})
        assert objects[1]["code"] == "constraint_violation" and objects[2]["code"] == "cancelled"
        objects = app.sql(block.format(""), ada, vars={"id": 20})
        assert {one["code"] for one in objects} == {"cancelled"}


def test_own_record_is_shown_as_it_is_now(app):
    ada = app.signin("account", name="ada")
    sql = "SELECT $auth.role AS role"
    for role in ("editor", "reader", None):
        app.ok("UPDATE person SET role = $role WHERE id = 1", vars={"role": role})
        assert one_value(app.sql(sql, ada)) == role
    app.ok("DEFINE FIELD role ON person PERMISSIONS FOR select NONE; UPDATE person SET role = 'x'")
    assert one_value(app.sql(sql, ada)) is None


def test_errors_point_the_second_time_too(app):
    ada = app.signin("account", name="ada")
    for sql, code, column in [("SELECT nope FROM note", "not_found", 8), ("SELECT 1; DELETE FROM nobody", "not_found", 23),
                              ("SELECT 1; CREATE TABLE x (y)", "permission_denied", 11),
                              ("SELECT id FROM _bailiwick_definition", "permission_denied", 16)]:
        for _ in range(3):
            last = app.sql(sql, ada)[-1]
            assert (code_of(last), last["column"]) == (code, column)
    for _ in range(2):
        assert app.server.post_sql("SELECT 1; SELEKT 2", token=ada).status_code == 400


def test_texts_that_differ_little(app):
    for _ in range(2):
        for n in range(3):
            for spaces in range(3):
                assert app.root(f"SELECT {n}{' ' * spaces} AS x;" + "-" * 2 * spaces)[0]["result"] == [{"x": n}]


def test_more_texts_than_are_kept(app):
    ada = app.signin("account", name="ada")
    for number in range(700):
        assert one_value(app.sql(f"SELECT count(*) + {number} FROM note", ada)) == 2 + number
    assert ids(app.sql(READ, ada)) == [1, 2]


def test_many_threads_while_permissions_change(app):
    tokens = {name: app.signin("account", name=name) for name in ("ada", "bob")}
    app.ok("DEFINE TABLE OVERWRITE note PERMISSIONS FOR select WHERE author = $auth.id")

    def read(name):
        wanted = {"ada": [[1, 2], [3]], "bob": [[3], [1, 2]]}[name]
        for _ in range(100):
            assert ids(app.sql(READ, tokens[name])) in wanted

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        reads = [pool.submit(read, name) for name in ("ada", "bob") * 2]
        for operator in ("<>", "=") * 10:
            app.ok(f"DEFINE TABLE OVERWRITE note PERMISSIONS FOR select WHERE author {operator} $auth.id")
        for one in reads:
            one.result()


def test_another_process_changes_the_table(start_server):
    server = start_server("--share-files")
    server.make_database("a", "b", "CREATE TABLE note (id INTEGER PRIMARY KEY, text); INSERT INTO note VALUES (1, 'x')")
    read = lambda: server.root("SELECT * FROM note", ns="a", db="b")[0]["result"]  # noqa: E731
    assert read() == read() == [{"id": 1, "text": "x"}]
    other = sqlite3.connect(server.data / "ns" / "a" / "db" / "b.db")
    for change, row in [("RENAME COLUMN text TO body", {"id": 1, "body": "x"}),
                        ("ADD COLUMN more", {"id": 1, "body": "x", "more": None}),
                        ("DROP COLUMN body", {"id": 1, "more": None})]:
        other.execute(f"ALTER TABLE note {change}")
        assert read() == read() == [row]
    other.close()


def test_one_text_of_many_roles(app):
    app.ok("DEFINE ROLE early ON DATABASE PERMISSIONS TABLE note FOR select WHERE id < 2; "
           "DEFINE ROLE late ON DATABASE PERMISSIONS TABLE note FOR select WHERE id > 2")
    names = {"e": "early", "l": "late", "b": "early, late", "v": "viewer", "s": "structure"}
    for name, roles in names.items():
        app.ok(f"DEFINE LOGIN {name} ON DATABASE PASSWORD 'password of {name}' ROLES {roles}")
    tokens = {name: app.server.token(NS=app.ns, DB=app.db, user=name, **{"pass": f"password of {name}"}) for name in names}
    for _ in range(3):
        seen = {name: app.sql("SELECT id FROM note ORDER BY id", token)[0] for name, token in tokens.items()}
        assert [row["id"] for row in seen["e"]["result"]] == [1]
        assert [row["id"] for row in seen["l"]["result"]] == [3]
        assert [row["id"] for row in seen["b"]["result"]] == [1, 3]
        assert [row["id"] for row in seen["v"]["result"]] == [1, 2, 3]
        assert code_of(seen["s"]) == "permission_denied"


def test_a_long_script_whose_plans_are_missing_is_parsed_once(app):
    """Plans of statements that fail are not kept; each needs a tree, and the whole text gives all of them."""
    text = ";".join(f"SELECT 1+1+1+1 FROM no{number}" for number in range(600))
    for _ in range(3):
        assert {code_of(one) for one in app.root(text)} == {"not_found"}
    ada = app.signin("account", name="ada")
    mixed = ";".join(["SELECT 1 FROM no;INSERT INTO note (author) VALUES (1)"] * 200)
    assert len(text) < 16000 and len(mixed) < 16000  # longer ones are not remembered
    wanted = ["not_found", "OK"] * 200
    assert [code_of(one) for one in app.sql(mixed, ada)] == wanted
    app.ok("DEFINE TABLE OVERWRITE note PERMISSIONS FOR select FULL, FOR create WHERE author = $auth.id")  # all plans are gone
    assert [code_of(one) for one in app.sql(mixed, ada)] == wanted
    assert one_value(app.sql("SELECT count(*) FROM note WHERE author = 1", ada)) == 402
