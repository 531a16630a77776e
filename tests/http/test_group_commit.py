"""Writers that come at the same time share a COMMIT: each hears of its own change alone, and what it heard is so."""

import concurrent.futures
import itertools

import pytest
from expect import codes, values

CLIENTS = 16
ROUNDS = 12


@pytest.fixture
def db(place):
    place.ok("""CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE);
        CREATE TABLE strict_t (a TEXT UNIQUE ON CONFLICT ROLLBACK);
        CREATE TABLE child (t REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO t VALUES (1, 'taken'); INSERT INTO strict_t VALUES ('taken');
        CREATE TRIGGER no BEFORE INSERT ON t WHEN new.a LIKE 'no%' BEGIN SELECT raise(ROLLBACK, 'no'); END""")
    return place


# What a client sends, whether it holds, and the texts that it then has put there.
KINDS = [
    ("INSERT INTO t (a) VALUES ('{0}')", True, ["{0}"]),
    ("INSERT INTO t (a) VALUES ('{0}'), ('taken')", False, []),
    ("INSERT OR ROLLBACK INTO t (a) VALUES ('{0}'), ('taken')", False, []),
    ("INSERT INTO t (a) VALUES ('no{0}')", False, []),
    ("INSERT INTO strict_t (a) VALUES ('{0}'), ('taken')", False, []),
    ("INSERT INTO child VALUES (999999)", False, []),
    ("BEGIN; INSERT INTO t (a) VALUES ('{0}x'); INSERT INTO t (a) VALUES ('{0}y'); COMMIT", True, ["{0}x", "{0}y"]),
    ("BEGIN; INSERT INTO t (a) VALUES ('{0}x'); INSERT INTO t (a) VALUES ('taken'); COMMIT", False, []),
    ("BEGIN; INSERT INTO t (a) VALUES ('{0}x'); SAVEPOINT s; INSERT INTO t (a) VALUES ('{0}y'); ROLLBACK TO s; RELEASE s; COMMIT",
     True, ["{0}x"]),
    ("BEGIN; INSERT INTO child VALUES (999999); INSERT INTO t (a) VALUES ('{0}x'); COMMIT", False, []),
    ("BEGIN; INSERT INTO t (a) VALUES ('{0}x'); ROLLBACK", False, []),
    ("UPDATE t SET a = a WHERE id = 1", True, []),
]


def test_each_hears_of_its_own_change(db):
    """Every kind of success and failure at the same time: what was reported is what is there."""
    expected = []
    wrong = []

    def client(number):
        told = []
        for step in range(ROUNDS):
            sql, holds, texts = KINDS[(number + step) % len(KINDS)]
            name = f"c{number}s{step}"
            objects = db.root(sql.format(name))
            fine = all(one["status"] == "OK" for one in objects) and "ROLLBACK" not in sql.split(";")[-1]
            if fine != holds:
                wrong.append((sql, objects))
            if fine:
                told += [text.format(name) for text in texts]
        return told

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for told in pool.map(client, range(CLIENTS)):
            expected += told
    assert not wrong
    there = [a for (a,) in values(db.root("SELECT a FROM t WHERE id > 1 AND a <> 'taken'"))]
    assert sorted(there) == sorted(expected)
    assert len(expected) > CLIENTS
    assert values(db.root("SELECT (SELECT count(*) FROM strict_t), (SELECT count(*) FROM child)")) == [(1, 0)]


def test_the_numbers_of_a_change_are_its_own(db):
    """changes and RETURNING of statements that share a transaction."""

    def client(number):
        seen = []
        for step in range(ROUNDS):
            many = 1 + (number + step) % 3
            rows = ", ".join(f"('n{number}s{step}r{row}')" for row in range(many))
            (one,) = db.root(f"INSERT INTO t (a) VALUES {rows} RETURNING a")
            seen.append((many, one["changes"], [row["a"] for row in one["result"]]))
        return [(number, step, one) for step, one in enumerate(seen)]

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for number, step, (many, changes, texts) in itertools.chain.from_iterable(pool.map(client, range(CLIENTS))):
            assert changes == many
            assert texts == [f"n{number}s{step}r{row}" for row in range(many)]


def test_permissions_hold_in_a_group(db):
    """Scope users and owners share transactions; what is refused to one is refused in company too."""
    db.ok("""CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
        CREATE TABLE note (id INTEGER PRIMARY KEY, person INTEGER, text TEXT);
        DEFINE TABLE note PERMISSIONS WHERE person = $auth.id;
        DEFINE SCOPE s SIGNUP (INSERT INTO person (name) VALUES ($name) RETURNING id) SIGNIN (SELECT id FROM person WHERE name = $name)""")
    tokens = [db.signup("s", name=f"p{number}") for number in range(6)]
    ids = [one for (one,) in values(db.root("SELECT id FROM person ORDER BY id"))]

    def client(number):
        own, other = ids[number], ids[(number + 1) % len(ids)]
        for step in range(ROUNDS):
            assert codes(db.sql(f"INSERT INTO note (person, text) VALUES ({own}, 'own')", token=tokens[number])) == ["OK"]
            refused = db.sql(f"INSERT INTO note (person, text) VALUES ({other}, 'other')", token=tokens[number])
            assert codes(refused) == ["permission_denied"]
            (one,) = db.sql("UPDATE note SET text = text || '.'", token=tokens[number])
            assert one["changes"] == step + 1
        return True

    with concurrent.futures.ThreadPoolExecutor(len(tokens)) as pool:
        assert all(pool.map(client, range(len(tokens))))
    assert values(db.root("SELECT count(*), count(*) FILTER (WHERE text LIKE 'other%') FROM note")) == [(6 * ROUNDS, 0)]


def test_a_change_of_permissions_counts_for_who_waits(db):
    """A write that has waited runs by the permissions that hold when it runs."""
    db.ok("""CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1);
        CREATE TABLE note (a); DEFINE TABLE note PERMISSIONS FOR select FULL, FOR create NONE;
        DEFINE SCOPE s SIGNIN (SELECT id FROM person WHERE id = $id)""")
    token = db.signin("s", id=1)

    def write(_):
        return codes(db.sql("INSERT INTO note VALUES (1)", token=token))[0]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for allowed in (True, False, True, False):
            busy = pool.map(write, range(24))
            db.ok(f"DEFINE TABLE OVERWRITE note PERMISSIONS FOR select FULL, FOR create {'FULL' if allowed else 'NONE'}")
            assert set(pool.map(write, range(8))) == {"OK" if allowed else "permission_denied"}
            assert set(busy) <= {"OK", "permission_denied"}
