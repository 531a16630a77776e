"""Own roles: DEFINE ROLE, what it gives to logins and scopes, and what those who hold it try."""

import json

import pytest
from expect import code, codes, one_value, rows, values

HIDDEN = "hidden-4c1e"
SCHEMA = f"""
    CREATE TABLE sales (id INTEGER PRIMARY KEY, amount INTEGER); INSERT INTO sales (amount) VALUES (10), (20);
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, region TEXT, salary TEXT);
    INSERT INTO person VALUES (1, 'ada', '111', 'ann', '{HIDDEN}-1'), (2, 'bob', '222', 'ben', '{HIDDEN}-2'), (3, 'eve', '333', 'ann', '{HIDDEN}-3');
    CREATE TABLE closed (a TEXT); INSERT INTO closed VALUES ('{HIDDEN}');
    CREATE TABLE inbox (id INTEGER PRIMARY KEY, a TEXT, b TEXT DEFAULT 'd');
    CREATE VIEW totals AS SELECT sum(amount) AS total FROM sales;
    CREATE TABLE pair (a TEXT, b TEXT, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO pair VALUES ('x', 'y', '{HIDDEN}')"""
ANALYST = """DEFINE ROLE analyst ON DATABASE PERMISSIONS
    TABLE sales FOR select FULL,
    TABLE person FOR select, update WHERE region = $session.user,
      FIELDS (id, name FOR select FULL, phone FOR select, update FULL)"""


class Login:
    def __init__(self, place, name):
        self.place = place
        self.token = place.server.token(NS=place.ns, DB=place.db, user=name, **{"pass": "a long one"})

    def __call__(self, sql, headers=None, **vars):
        return self.place.server.sql(sql, token=self.token, headers=headers, vars=vars or None)


def login(place, name, roles):
    place.ok(f'DEFINE LOGIN OVERWRITE "{name}" ON DATABASE PASSWORD \'a long one\' ROLES {roles}')
    return Login(place, name)


@pytest.fixture
def db(place):
    place.ok(f"BEGIN; {SCHEMA}; COMMIT; {ANALYST}")
    return place


@pytest.fixture
def ann(db):
    return login(db, "ann", "analyst")


# --- the example of the manual ---


def test_rows_and_fields(ann):
    assert values(ann("SELECT * FROM sales")) == [(1, 10), (2, 20)]
    assert rows(ann("SELECT * FROM person")) == [{"id": 1, "name": "ada", "phone": "111"}, {"id": 3, "name": "eve", "phone": "333"}]
    for sql in ("SELECT salary FROM person", "SELECT region FROM person", "SELECT id FROM person WHERE salary LIKE 'h%'",
                "SELECT id FROM person ORDER BY region", "UPDATE person SET phone = salary"):
        assert code(ann(sql)) == "not_found", sql


def test_update_of_one_field(db, ann):
    assert ann("UPDATE person SET phone = '9'")[0]["changes"] == 2
    assert values(db.root("SELECT phone FROM person ORDER BY id")) == [("9",), ("222",), ("9",)]
    for field in ("name", "salary", "region"):
        assert code(ann(f"UPDATE person SET {field} = 'x'")) == "permission_denied"
    assert code(ann("UPDATE person SET id = 9 WHERE id = 1")) == "OK"  # the key follows its table


@pytest.mark.parametrize("sql", ["INSERT INTO person (id) VALUES (9)", "DELETE FROM person", "INSERT INTO sales (amount) VALUES (1)",
                                 "UPDATE sales SET amount = 1", "DELETE FROM sales WHERE 0"])
def test_operations_that_are_not_named(ann, sql):
    assert code(ann(sql)) == "permission_denied"


@pytest.mark.parametrize("sql", ["SELECT * FROM closed", "INSERT INTO closed VALUES (1)", "DELETE FROM closed", "SELECT * FROM totals",
                                 "SELECT * FROM sqlite_schema", "SELECT 1 FROM person WHERE id IN closed", "SELECT * FROM nowhere"])
def test_tables_that_are_not_named_do_not_exist(ann, sql):
    assert code(ann(sql)) == "not_found"


def test_a_role_gives_rights_to_rows_alone(db, ann):
    for sql in ("CREATE TABLE x (a)", "DROP TABLE sales", "CREATE VIEW x AS SELECT * FROM sales", "PRAGMA table_info(sales)", "INFO FOR DB",
                "INFO FOR USER ann ON DATABASE", "INFO FOR TABLE sales", "EXPLAIN SELECT 1", "EXPLAIN PERMISSIONS SELECT 1", "VACUUM", "ANALYZE",
                "DEFINE ROLE OVERWRITE analyst ON DATABASE PERMISSIONS TABLE closed FULL", "REMOVE ROLE analyst ON DATABASE",
                "DEFINE LOGIN OVERWRITE ann ON DATABASE PASSWORD 'a long one'", "DEFINE SCOPE x SIGNIN (SELECT id FROM sales)", "SAVEPOINT a",
                "DEFINE TABLE closed PERMISSIONS FULL", "USE NS other", "USE DB other"):
        assert code(ann(sql)) == "permission_denied", sql
    assert code(ann(f"USE DB {db.db}")) == "OK"
    assert codes(ann("BEGIN; UPDATE person SET phone = '5' WHERE id = 1; CANCEL")) == ["cancelled", "cancelled", "OK"]


def test_permissions_of_tables_are_for_others(db, ann):
    """A login with roles has what they give, and not what DEFINE TABLE gives to scope users."""
    db.ok("DEFINE TABLE closed PERMISSIONS FULL; DEFINE FIELD name ON person PERMISSIONS NONE")
    assert code(ann("SELECT * FROM closed")) == "not_found"
    assert len(rows(ann("SELECT name FROM person"))) == 2


def test_session_user_and_auth(ann):
    assert values(ann("SELECT $session.user, $auth, $auth.id, $scope, $auth.name")) == [("ann", None, None, None, None)]


def test_basic_is_the_same(db, ann):
    objects = db.server.sql("SELECT * FROM person; SELECT * FROM closed", login=("ann", "a long one"), ns=db.ns, db=db.db)
    assert codes(objects) == ["OK", "not_found"] and len(objects[0]["result"]) == 2


# --- changes ---


def test_changes_count_at_the_next_request(db, ann):
    db.ok("DEFINE ROLE OVERWRITE analyst ON DATABASE PERMISSIONS TABLE closed FOR select FULL")
    assert codes(ann("SELECT * FROM closed; SELECT * FROM sales; SELECT * FROM person")) == ["OK", "not_found", "not_found"]
    db.ok("REMOVE ROLE analyst ON DATABASE")
    assert set(codes(ann("SELECT * FROM closed; SELECT 1; BEGIN; INSERT INTO closed VALUES (1)"))) <= {"permission_denied", "cancelled"}
    db.ok(ANALYST)
    assert codes(ann("SELECT * FROM closed; SELECT * FROM sales")) == ["not_found", "OK"]


def test_a_role_in_a_transaction_that_fails_is_not_there(db, ann):
    db.root("BEGIN; DEFINE ROLE OVERWRITE analyst ON DATABASE PERMISSIONS TABLE closed FULL; SELECT * FROM nowhere; COMMIT")
    assert codes(ann("SELECT * FROM closed; SELECT * FROM sales")) == ["not_found", "OK"]


def test_survives_a_restart(fresh_server):
    fresh_server.make_database("a", "b", f"{SCHEMA}; {ANALYST}; DEFINE LOGIN ann ON DATABASE PASSWORD 'a long one' ROLES analyst")
    fresh_server.restart()
    token = fresh_server.token(NS="a", DB="b", user="ann", **{"pass": "a long one"})
    assert len(rows(fresh_server.sql("SELECT * FROM person", token=token))) == 2


def test_rights_go_with_what_they_were_on(db, ann):
    """What is made under an old name is not what the role was about."""
    db.ok(f"DROP VIEW totals; DROP TABLE sales; CREATE TABLE sales (a); INSERT INTO sales VALUES ('{HIDDEN}')")
    assert code(ann("SELECT * FROM sales")) == "not_found"
    db.ok(f"ALTER TABLE person DROP COLUMN phone; ALTER TABLE person ADD COLUMN phone DEFAULT '{HIDDEN}'")
    assert list(rows(ann("SELECT * FROM person"))[0]) == ["id", "name"]
    db.ok("ALTER TABLE person DROP COLUMN name; REMOVE TABLE person; CREATE TABLE person (id INTEGER PRIMARY KEY, region)")
    assert code(ann("SELECT * FROM person")) == "not_found"
    shown = rows(db.root("INFO FOR DB"))[0]["roles"]
    assert shown == {"analyst": 'DEFINE ROLE "analyst" ON DATABASE PERMISSIONS NONE'}


def test_a_list_of_fields_that_goes_does_not_open_the_table(db):
    db.ok("DEFINE ROLE one ON DATABASE PERMISSIONS TABLE inbox FOR select FULL FIELDS (b)")
    one = login(db, "one", "one")
    db.ok(f"ALTER TABLE inbox DROP COLUMN b; INSERT INTO inbox (a) VALUES ('{HIDDEN}')")
    assert code(one("SELECT * FROM inbox")) == "not_found" and code(one("SELECT a FROM inbox")) == "not_found"


def test_what_a_role_names_is_not_renamed(db):
    for sql in ("ALTER TABLE sales RENAME TO x", "ALTER TABLE person RENAME COLUMN phone TO x", "ALTER TABLE person RENAME TO x"):
        assert code(db.root(sql)) == "invalid_value", sql
    assert code(db.root("ALTER TABLE person RENAME COLUMN salary TO pay")) == "OK"


# --- defining ---


@pytest.mark.parametrize("sql, wanted", [
    ("TABLE nowhere FOR select FULL", "not_found"), ("TABLE sales FOR select FULL FIELDS (nowhere)", "not_found"),
    ("TABLE sales FOR select WHERE nowhere = 1", "not_found"), ("TABLE sales FOR select WHERE $x = 1", "invalid_value"),
    ("TABLE sales FOR select FULL FIELDS (amount FOR update FULL)", "invalid_value"),
    ("TABLE sales FOR select FULL FOR update NONE FIELDS (amount FOR select, update WHERE id = 1)", "invalid_value"),
    ("TABLE sales FULL FIELDS (amount FOR delete FULL)", "invalid_value"), ("TABLE sales", "invalid_value"),
    ("TABLE sales FULL, TABLE SALES NONE", "invalid_value"), ("TABLE sales FULL FIELDS (id, ID)", "invalid_value"),
    ("TABLE sales FOR create WHERE id IN (SELECT id FROM sales)", "invalid_value"),
    ("TABLE sales FULL FIELDS ()", "parse_error"), ("TABLE sales FOR select FULL FOR select NONE", "parse_error"),
    ("TABLE sales FULL FIELDS (id) FIELDS (amount)", "parse_error"), ("sales FULL", "parse_error"), ("", "parse_error"),
    ("TABLE sales SOME", "parse_error"), ("TABLE _bailiwick_definition FULL", "permission_denied"),
    ("TABLE sqlite_schema FOR select FULL", "not_found"),
])
def test_what_is_refused_when_it_is_defined(db, sql, wanted):
    response = db.server.post_sql(f"DEFINE ROLE x ON DATABASE PERMISSIONS {sql}", login=("root", "secret-password"), ns=db.ns, db=db.db)
    assert wanted == "parse_error" if response.status_code == 400 else code(response.json()) == wanted, response.text
    assert "x" not in rows(db.root("INFO FOR DB"))[0]["roles"]


@pytest.mark.parametrize("name", ["owner", "EDITOR", "viewer", "structure"])
def test_names_of_built_in_roles_are_taken(db, name):
    assert code(db.root(f"DEFINE ROLE {name} ON DATABASE PERMISSIONS NONE")) == "invalid_value"


def test_existing_and_missing(db):
    assert codes(db.root("""DEFINE ROLE analyst ON DATABASE PERMISSIONS NONE; DEFINE ROLE IF NOT EXISTS Analyst ON DATABASE PERMISSIONS NONE;
        REMOVE ROLE nobody ON DATABASE; REMOVE ROLE IF EXISTS nobody ON DATABASE; REMOVE ROLE ANALYST ON DATABASE;
        REMOVE ROLE analyst ON DATABASE""")) == ["already_exists", "OK", "not_found", "OK", "OK", "not_found"]


def test_info_gives_back_what_was_defined(db):
    shown = rows(db.root("INFO FOR DB"))[0]["roles"]["analyst"]
    db.ok("REMOVE ROLE analyst ON DATABASE")
    db.ok(shown)
    assert rows(db.root("INFO FOR DB"))[0]["roles"] == {"analyst": shown} and "$session.user" in shown


def test_tables_are_of_databases(db):
    for level in ("NAMESPACE", "ROOT"):
        assert code(db.root(f"DEFINE ROLE x ON {level} PERMISSIONS TABLE sales FULL")) == "invalid_value"
        assert codes(db.root(f"DEFINE ROLE x ON {level} PERMISSIONS NONE; REMOVE ROLE x ON {level}")) == ["OK", "OK"]


# --- several roles ---


def test_fields_are_shown_in_the_rows_of_their_role(db):
    """Role A gives rows with a field, role B others without it."""
    db.ok("""DEFINE ROLE a ON DATABASE PERMISSIONS TABLE person FOR select WHERE id = 1 FIELDS (name, salary);
             DEFINE ROLE b ON DATABASE PERMISSIONS TABLE person FOR select WHERE id IN (2, 3) FIELDS (name)""")
    both = login(db, "both", "a, b")
    assert values(both("SELECT id, name, salary FROM person ORDER BY id")) == [(1, "ada", f"{HIDDEN}-1"), (2, "bob", None), (3, "eve", None)]
    assert one_value(both("SELECT count(*) FROM person WHERE salary LIKE $like", like="%2")) == 0
    assert code(both("SELECT phone FROM person")) == "not_found"


def test_predicates_add_up(db):
    db.ok("""DEFINE ROLE a ON DATABASE PERMISSIONS TABLE person FOR select, update, delete WHERE id = 1;
             DEFINE ROLE b ON DATABASE PERMISSIONS TABLE person FOR select WHERE id = 2, TABLE inbox FOR create WHERE a = 'b';
             DEFINE ROLE c ON DATABASE PERMISSIONS TABLE inbox FOR select FULL FOR create WHERE a = 'c'""")
    all_of_them = login(db, "all", "a, b, c")
    assert values(all_of_them("SELECT id FROM person ORDER BY id")) == [(1,), (2,)]
    assert all_of_them("UPDATE person SET phone = 'x'")[0]["denied"] == 1
    assert codes(all_of_them("INSERT INTO inbox (a) VALUES ('b'), ('c')")) == ["OK"]
    assert codes(all_of_them("INSERT INTO inbox (a) VALUES ('b'), ('d')")) == ["permission_denied"]
    assert all_of_them("DELETE FROM person RETURNING id")[0]["result"] == [{"id": 1}]


def test_a_field_is_written_by_the_role_that_gives_it(db):
    db.ok("""DEFINE ROLE a ON DATABASE PERMISSIONS TABLE person FOR select, update WHERE id = 1 FIELDS (name, phone);
             DEFINE ROLE b ON DATABASE PERMISSIONS TABLE person FOR select, update WHERE id = 2 FIELDS (name)""")
    both = login(db, "both", "a, b")
    assert code(both("UPDATE person SET phone = 'x' WHERE id = 1")) == "OK"
    assert code(both("UPDATE person SET phone = 'x' WHERE id = 2")) == "permission_denied"
    assert code(both("UPDATE person SET name = 'x'")) == "OK"


def test_built_in_and_own(db):
    db.ok("DEFINE ROLE writes ON DATABASE PERMISSIONS TABLE inbox FOR create WHERE a = 'ok'")
    both = login(db, "both", "viewer, writes")
    assert codes(both("SELECT * FROM closed; INSERT INTO inbox (a) VALUES ('ok') RETURNING b; INSERT INTO inbox (a) VALUES ('no')")) == [
        "OK", "OK", "permission_denied"]
    assert codes(both("INSERT INTO inbox (a) SELECT 'ok' FROM closed; UPDATE inbox SET a = 'x'; DELETE FROM closed")) == [
        "OK", "permission_denied", "permission_denied"]
    builder = login(db, "builder", "structure, writes")
    assert codes(builder("CREATE TABLE made (a); SELECT * FROM made; SELECT * FROM closed; INSERT INTO inbox (a) VALUES ('ok'); DROP TABLE made")) == [
        "OK", "not_found", "not_found", "OK", "OK"]


def test_a_role_that_includes_a_built_in_one(db):
    db.ok("DEFINE ROLE reader ON DATABASE ROLES viewer PERMISSIONS TABLE inbox FOR create FULL")
    reader = login(db, "reader", "reader")
    assert codes(reader("SELECT * FROM closed; INSERT INTO inbox (a) VALUES ('x'); DELETE FROM inbox; CREATE TABLE x (a)")) == [
        "OK", "OK", "permission_denied", "permission_denied"]
    db.ok("DEFINE ROLE OVERWRITE reader ON DATABASE PERMISSIONS NONE")
    assert codes(reader("SELECT * FROM closed; SELECT 1")) == ["not_found", "OK"]
    for other in ("analyst", "nobody", "structure(x)"):
        assert code(db.root(f"DEFINE ROLE y ON DATABASE ROLES {other}")) == "invalid_value"


# --- scopes ---


def test_a_scope_has_roles_beside_the_permissions_of_tables(db):
    db.ok("""DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth.id; DEFINE FIELD salary ON person PERMISSIONS FOR select NONE;
             DEFINE ROLE colleagues ON DATABASE PERMISSIONS TABLE person FOR select WHERE region = $auth.region FIELDS (name),
               TABLE totals FOR select FULL;
             DEFINE SCOPE with_role SIGNIN (SELECT id FROM person WHERE id = $id) ROLES colleagues;
             DEFINE SCOPE without SIGNIN (SELECT id FROM person WHERE id = $id)""")
    ada, plain = db.signin("with_role", id=1), db.signin("without", id=1)
    assert rows(db.sql("SELECT * FROM person ORDER BY id", ada)) == [
        {"id": 1, "name": "ada", "phone": "111", "region": "ann"}, {"id": 3, "name": "eve", "phone": None, "region": None}]
    assert len(rows(db.sql("SELECT * FROM person", plain))) == 1 and code(db.sql("SELECT * FROM totals", plain)) == "not_found"
    assert one_value(db.sql("SELECT total FROM totals", ada)) == 30
    assert one_value(db.sql("SELECT $auth.phone", ada)) == "111"
    explained = rows(db.root("EXPLAIN PERMISSIONS FOR SCOPE with_role ID 1 SELECT phone FROM person"))[0]
    assert "auth.region" in explained["parameters"].__str__() and " OR " in explained["sql"]
    db.ok("REMOVE ROLE colleagues ON DATABASE")
    assert len(rows(db.sql("SELECT * FROM person", ada))) == 1


def test_a_role_on_a_view_is_about_its_triggers(db):
    db.ok("""CREATE VIEW names AS SELECT id, name, region, salary FROM person;
             CREATE TRIGGER names_u INSTEAD OF UPDATE ON names BEGIN UPDATE person SET name = new.name WHERE id = old.id; END;
             DEFINE ROLE namer ON DATABASE PERMISSIONS TABLE names FOR select, update WHERE region = $session.user, FOR delete FULL,
               FIELDS (id, name, region FOR select FULL)""")
    ann = login(db, "ann", "namer")
    assert values(ann("UPDATE names SET name = upper(name) RETURNING *")) == [(1, "ADA", "ann"), (3, "EVE", "ann")]
    assert codes(ann("UPDATE names SET region = 'ben'; DELETE FROM names; INSERT INTO names (id) VALUES (9); UPDATE names SET salary = 1")) == [
        "permission_denied", "invalid_value", "permission_denied", "permission_denied"]
    assert values(db.root("SELECT name FROM person")) == [("ADA",), ("bob",), ("EVE",)]


def test_a_scope_names_roles_that_are_there(db):
    assert code(db.root("DEFINE SCOPE x SIGNIN (SELECT id FROM person) ROLES nobody")) == "not_found"


def test_guests_have_no_role(start_server):
    server = start_server("--allow-guests")
    server.make_database("a", "b", f"{SCHEMA}; {ANALYST}")
    assert code(server.sql("SELECT * FROM sales", ns="a", db="b")) == "not_found"


# --- namespaces ---


def test_a_role_of_a_namespace_login_is_what_each_database_says(server, new_place):
    one = new_place()
    server.make_database(one.ns, "second", SCHEMA)
    server.make_database(one.ns, "third", SCHEMA)
    one.ok(f"""{SCHEMA}; DEFINE ROLE analyst ON NAMESPACE PERMISSIONS NONE; {ANALYST.replace('region = $session.user', 'id = 1')};
        DEFINE LOGIN far ON NAMESPACE PASSWORD 'a long one' ROLES analyst""")
    server.root_ok("DEFINE ROLE analyst ON DATABASE PERMISSIONS TABLE closed FOR select FULL", one.ns, "second")
    token = server.token(NS=one.ns, user="far", **{"pass": "a long one"})
    ask = lambda sql, db: server.sql(sql, token=token, ns=one.ns, db=db)
    assert codes(ask("SELECT * FROM sales; SELECT * FROM closed; INFO FOR NS; DEFINE DATABASE x", one.db)) == [
        "OK", "not_found", "permission_denied", "permission_denied"]
    assert codes(ask("SELECT * FROM sales; SELECT * FROM closed", "second")) == ["not_found", "OK"]
    # a database that does not name the role, and one that is not there, are the same to it
    answers = [[(one["status"], one["code"], one["result"]) for one in ask("SELECT * FROM sales; BEGIN; SELECT 1", db)] for db in ("third", "nowhere")]
    assert answers[0] == answers[1] and answers[0][0][1] == "permission_denied"
    answers = [[(one["code"], one["result"]) for one in ask(f"USE DB {db}", one.db)] for db in ("third", "nowhere")]
    assert answers[0] == answers[1] and answers[0][0][0] == "permission_denied"
    assert codes(ask(f"USE DB second; SELECT * FROM closed; USE DB {one.db}; SELECT * FROM sales", "third")) == ["OK"] * 4
    server.root_ok("REMOVE ROLE analyst ON NAMESPACE", one.ns)
    assert set(codes(ask("SELECT * FROM sales; SELECT 1", one.db))) == {"permission_denied"}


# --- attacks ---


@pytest.mark.parametrize("sql", [
    "SELECT * FROM person", "SELECT count(*) FROM person WHERE id = 2", "SELECT * FROM person NATURAL JOIN (SELECT 'ben' AS region)",
    "SELECT max(phone) FROM person", "SELECT group_concat(name) FROM person", "SELECT p.*, q.* FROM person p, person q",
    "SELECT * FROM (SELECT * FROM person) WHERE name > ''", "SELECT (SELECT salary FROM person p WHERE p.id = person.id) FROM person",
    "UPDATE person SET phone = phone RETURNING *", "UPDATE person SET phone = phone WHERE salary > '' RETURNING id",
    "SELECT json_extract(name, salary) FROM person", "SELECT abs(region) FROM person", "SELECT id FROM person WHERE abs(name) = 1",
    "UPDATE person SET phone = (SELECT a FROM closed)", "WITH person AS (SELECT * FROM main.person) SELECT * FROM person",
    "SELECT * FROM person AS x JOIN sales USING (id)", "UPDATE person SET phone = s.salary FROM person s", "SELECT typeof(salary) FROM person",
    "UPDATE OR REPLACE person SET id = 2 WHERE id = 1", "UPDATE person SET id = 2 WHERE id = 1", "SELECT rowid, * FROM person",
    "INSERT INTO person (id, phone) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET phone = salary RETURNING *",
])
def test_hidden_values_appear_nowhere(db, ann, sql):
    text = json.dumps([{name: value for name, value in answer.items() if name != "time"} for answer in ann(sql)])
    assert HIDDEN not in text and "222" not in text and "bob" not in text
    assert one_value(db.root(f"SELECT count(*) FROM person WHERE salary LIKE '{HIDDEN}%'")) == 3


def test_composite_keys_follow(db):
    db.ok("DEFINE ROLE p ON DATABASE PERMISSIONS TABLE pair FOR select, update FULL FIELDS (c FOR update FULL)")
    p = login(db, "p", "p")
    assert rows(p("SELECT * FROM pair")) == [{"a": "x", "b": "y"}]
    assert codes(p("UPDATE pair SET c = 'z' WHERE a = 'x'; SELECT c FROM pair")) == ["OK", "not_found"]


def test_a_drop_box(db):
    db.ok("DEFINE ROLE box ON DATABASE PERMISSIONS TABLE inbox FOR create FULL FIELDS (a)")
    box = login(db, "box", "box")
    assert codes(box("INSERT INTO inbox (a) VALUES ('x'); INSERT INTO inbox (b) VALUES ('x'); SELECT * FROM inbox; INSERT INTO inbox (id, a) VALUES (7, 'y')")) == [
        "OK", "permission_denied", "permission_denied", "OK"]
    assert code(box("INSERT INTO inbox (a) VALUES ('x') RETURNING a")) == "permission_denied"
    assert values(db.root("SELECT * FROM inbox")) == [(1, "x", "d"), (7, "y", "d")]


def test_many_sets_of_roles(db):
    """More than are kept with a snapshot: each gets its own rights."""
    count = 8
    sets = {bits: [number for number in range(count) if bits >> number & 1] for bits in range(1, 2**count, 3)}
    db.ok("BEGIN; " + "; ".join(
        [f"DEFINE ROLE r{number} ON DATABASE PERMISSIONS TABLE person FOR select WHERE id = {number}" for number in range(count)] +
        [f"DEFINE SCOPE s{bits} SIGNIN (SELECT id FROM person WHERE id = 1) ROLES {', '.join(f'r{number}' for number in held)}"
         for bits, held in sets.items()]) + "; COMMIT")
    assert len(sets) > 64
    for bits, held in sets.items():
        ids = [row[0] for row in values(db.sql("SELECT id FROM person ORDER BY id", db.signin(f"s{bits}")))]
        assert ids == [number for number in held if number in (1, 2, 3)]


def test_too_many_roles(db):
    db.ok("; ".join(f"DEFINE ROLE r{number} ON DATABASE PERMISSIONS NONE" for number in range(17)))
    roles = [f"r{number}" for number in range(17)]
    assert code(db.root(f"DEFINE LOGIN x ON DATABASE PASSWORD 'a long one' ROLES {', '.join(roles)}")) == "limit_exceeded"
    assert code(db.root(f"DEFINE LOGIN x ON DATABASE PASSWORD 'a long one' ROLES {', '.join(roles[1:])}")) == "OK"
