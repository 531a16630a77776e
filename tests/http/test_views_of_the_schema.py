"""Views and triggers of the owner's that read SQLite's own tables: refused in words, and no bug of ours."""

import pytest
from expect import code, values

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('me');
DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name);
CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n); INSERT INTO t VALUES (1, 1); CREATE TABLE secret_name (x);
CREATE VIEW plain AS SELECT name, sql FROM sqlite_schema; CREATE VIEW counted AS SELECT count(*) AS c FROM main.sqlite_master;
CREATE VIEW twice AS SELECT * FROM plain; CREATE VIEW asked AS SELECT name FROM pragma_table_info('secret_name');
CREATE VIEW part AS SELECT t.id, (SELECT count(*) FROM sqlite_schema) AS c FROM t; CREATE VIEW sequence AS SELECT * FROM sqlite_sequence;
CREATE TABLE log (x); CREATE TRIGGER on_log AFTER INSERT ON log BEGIN UPDATE t SET n = (SELECT count(*) FROM sqlite_schema); END;
CREATE TABLE other (x); CREATE TRIGGER on_other AFTER INSERT ON other BEGIN UPDATE t SET n = (SELECT max(name) FROM sqlite_schema); END;
""" + "".join(f"DEFINE TABLE {name} PERMISSIONS FULL;" for name in ("t", "plain", "counted", "twice", "asked", "part", "sequence", "log", "other"))


@pytest.fixture
def me(place):
    place.ok(SCHEMA)
    token = place.signin("account", name="me")
    return lambda sql: place.server.sql(sql, token=token)


@pytest.mark.parametrize("statement", [
    "SELECT * FROM plain", "SELECT count(*) FROM plain", "SELECT * FROM counted", "SELECT * FROM twice", "SELECT * FROM asked", "SELECT c FROM part",
    "SELECT * FROM sequence", "SELECT t.id FROM t JOIN plain", "SELECT id FROM t WHERE n IN (SELECT c FROM counted)", "WITH w AS (SELECT * FROM twice) SELECT 1 FROM w",
    "INSERT INTO log VALUES (1)", "INSERT INTO other VALUES (1)", "UPDATE t SET n = 2 FROM plain",
])
def test_it_is_refused_in_words(place, me, statement):
    objects = me(statement)
    assert code(objects) == "permission_denied" and "a view or trigger" in objects[-1]["result"]
    assert "secret_name" not in str(objects)
    assert values(place.root("SELECT n FROM t")) == [(1,)] and values(place.root("SELECT count(*) FROM log")) == [(0,)]
    assert not [line for line in place.server.log if "bug" in line]


def test_what_does_not_come_to_it_works(me):
    assert values(me("SELECT id FROM part")) == [(1,)]


def test_the_users_own_text_has_no_name_for_them(me):
    for name in ("sqlite_schema", "main.sqlite_master", "sqlite_sequence", "sqlite_temp_schema", "pragma_table_info('t')", "plain, sqlite_schema"):
        assert code(me(f"SELECT * FROM {name}")) == "not_found"
