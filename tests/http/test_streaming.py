"""Large results: sent while they are read, in memory that does not grow with them."""

import json
import socket

import client
import pytest
from client import ROOT_PASSWORD, ROOT_USER, wait_until
from expect import codes, one_value

ROWS = 200000
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT {} FROM n"
MANY = COUNT.format(ROWS, "i, 'a text of some length, so that all of it is large: ' || i AS text")
FAILS_LATE = COUNT.format(ROWS, f"CASE WHEN i = {ROWS} THEN json('{{') ELSE i END AS i")
# Nothing here is about time: neither that of a statement nor that of a reader who reads others first.
PATIENT = ("--statement-timeout", "1h", "--response-timeout", "10m")
FAILS_AT_ONCE = COUNT.format(10, "CASE WHEN i = 1 THEN json('{') ELSE i END AS i")


@pytest.fixture(scope="module")
def server():
    with client.running(*PATIENT) as running:
        running.make_database("s", "s", f"""
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); DEFINE TABLE t PERMISSIONS WHERE id > 0; DEFINE SCOPE s SIGNIN (SELECT id FROM t WHERE id = 1);
            INSERT INTO t (a) {COUNT.format(ROWS, "'a text of some length, so that all of it is large: ' || i")}""")
        yield running


def resident(server):
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def assert_bounded(most, before, limit):
    """That is, unless a sanitizer keeps what was freed."""
    assert most - before < limit or client.IS_SANITIZED, f"{(most - before) >> 20} MiB"


def ask(server, sql, **options):
    return server.post_sql(sql, login=(ROOT_USER, ROOT_PASSWORD), ns="s", db="s", **options)


@pytest.mark.parametrize("who", ["root", "scope"])
def test_memory_does_not_grow_with_the_rows(server, who):
    token = server.token(NS="s", DB="s", SC="s") if who == "scope" else server.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD})
    headers = {"Authorization": f"Bearer {token}", "NS": "s", "DB": "s", "Content-Type": "application/sql"}
    before = resident(server)
    most = size = 0
    parts = []
    with server.session.post(server.url + "/sql", "SELECT id, a FROM t", headers=headers, stream=True, timeout=client.PATIENCE) as response:
        assert response.status_code == 200
        assert response.headers["Transfer-Encoding"] == "chunked" and "Content-Length" not in response.headers
        for part in response.iter_content(1 << 18):
            parts.append(part)
            size += len(part)
            most = max(most, resident(server))
    assert size > 12 << 20
    assert_bounded(most, before, 16 << 20)
    (one,) = json.loads(b"".join(parts))
    assert one["status"] == "OK" and len(one["result"]) == ROWS
    assert one["result"][0]["id"] == 1 and one["result"][-1]["id"] == ROWS


def test_rows_as_arrays_are_streamed_too(server):
    (one,) = ask(server, MANY, headers={"Prefer": "rows=array"}).json()
    assert one["result"]["columns"] == ["i", "text"] and len(one["result"]["rows"]) == ROWS


def test_first_rows_come_before_the_last_is_known(server):
    """A result without an end: its beginning arrives all the same."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    headers = {"Authorization": client.basic(ROOT_USER, ROOT_PASSWORD), "NS": "s", "DB": "s", "Content-Type": "application/sql"}
    with client.requests.post(server.url + "/sql", endless, headers=headers, stream=True, timeout=client.PATIENCE) as response:
        begin = next(response.iter_content(1000))
    assert b'{"i":1},{"i":2}' in begin


def assert_failed_late(one, count):
    assert one["status"] == "ERR" and one["code"] not in ("OK", "internal")
    assert isinstance(one["result"], list) and len(one["result"]) == count
    assert isinstance(one["error"], str) and one["error"]


def test_error_after_the_first_rows(server):
    late, next_one = ask(server, f"{FAILS_LATE}; SELECT 1 AS a").json()
    assert_failed_late(late, ROWS - 1)
    assert (next_one["status"], next_one["result"]) == ("OK", [{"a": 1}])


def test_error_after_the_first_rows_as_arrays(server):
    (one,) = ask(server, FAILS_LATE, headers={"Prefer": "rows=array"}).json()
    assert one["status"] == "ERR" and one["code"] and one["error"]
    assert one["result"]["columns"] == ["i"] and len(one["result"]["rows"]) == ROWS - 1


def test_error_before_the_first_row(server):
    (one,) = ask(server, FAILS_AT_ONCE).json()
    assert one["status"] == "ERR" and isinstance(one["result"], str) and "error" not in one


def test_error_after_a_few_rows_that_were_not_sent_yet(server):
    (one,) = ask(server, COUNT.format(10, "CASE WHEN i = 5 THEN json('{') ELSE i END AS i")).json()
    assert one["status"] == "ERR" and one["code"]
    if isinstance(one["result"], list):
        assert one["error"]


def test_error_in_a_written_row_that_was_returned(server):
    """RETURNING of a statement that fails in the end: the rows are no proof, and nothing is changed."""
    before = one_value(server.root("SELECT count(*) FROM t", "s", "s"))
    (one,) = ask(server, f"INSERT INTO t (a) {COUNT.format(50000, 'i')} RETURNING CASE WHEN id > {before + 49999} THEN json('{{') ELSE id END AS id").json()
    assert one["status"] == "ERR"
    assert one_value(server.root("SELECT count(*) FROM t", "s", "s")) == before


def test_several_large_results_in_one_response(server):
    objects = ask(server, f"{MANY}; {FAILS_LATE}; {MANY}; SELECT 1 AS a").json()
    assert [one["status"] for one in objects] == ["OK", "ERR", "OK", "OK"]
    assert [len(one["result"]) for one in objects] == [ROWS, ROWS - 1, ROWS, 1]


def test_large_values(server):
    objects = ask(server, "SELECT hex(zeroblob(5000000)) AS a; SELECT zeroblob(5000000) AS b; SELECT '\"\\' || char(1) || 'ä' AS c").json()
    assert objects[0]["result"][0]["a"] == "00" * 5000000
    assert len(objects[1]["result"][0]["b"]["$base64"]) == 6666668
    assert objects[2]["result"] == [{"c": '"\\\x01ä'}]


def test_connection_lives_on_after_a_large_result(server):
    for _ in range(3):
        assert len(ask(server, MANY).json()[0]["result"]) == ROWS
        assert server.get("/version").status_code == 200


def http_1_0(server, sql):
    request = (f"POST /sql HTTP/1.0\r\nAuthorization: {client.basic(ROOT_USER, ROOT_PASSWORD)}\r\nNS: s\r\nDB: s\r\n"
               f"Content-Type: application/sql\r\nContent-Length: {len(sql)}\r\n\r\n{sql}")
    connection = socket.create_connection((server.host, server.port), timeout=client.PATIENCE)
    connection.sendall(request.encode())
    return connection


def test_http_1_0_has_no_chunks(server):
    with http_1_0(server, MANY) as connection:
        received = bytearray()
        while part := connection.recv(1 << 20):
            received += part
    head, body = bytes(received).split(b"\r\n\r\n", 1)
    assert b"chunked" not in head.lower()
    assert len(json.loads(body)[0]["result"]) == ROWS


def test_a_client_that_goes_away_stops_its_statement(start_server):
    """Endless statements whose readers hang up, where one request runs at a time: each finds its place free."""
    server = start_server("--requests", "1", *PATIENT)
    server.make_database("s", "s")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'some text' AS t FROM n"

    def begins():
        with http_1_0(server, endless) as connection:
            return connection.recv(1000).startswith(b"HTTP/1.1 200")

    for _ in range(8):
        wait_until(begins)
    wait_until(lambda: ask(server, "SELECT 1").status_code == 200)


def test_a_client_that_goes_away_from_a_write(server):
    before = one_value(server.root("SELECT count(*) FROM t", "s", "s"))
    sql = f"INSERT INTO t (a) {COUNT.format(100000, 'i')} RETURNING id, a"
    with http_1_0(server, sql) as connection:
        connection.recv(10)
    after = wait_until(lambda: one_value(server.root("SELECT count(*) FROM t", "s", "s")))
    assert after in (before, before + 100000)  # all of it, or nothing
    assert codes(server.root("DELETE FROM t WHERE id > 200000; PRAGMA quick_check", "s", "s")) == ["OK", "OK"]


def test_many_large_results_at_once(server):
    before = resident(server)
    sockets = [http_1_0(server, MANY) for _ in range(8)]
    most = before
    sizes = []
    for connection in sockets:
        size = 0
        with connection:
            while part := connection.recv(1 << 20):
                size += len(part)
                most = max(most, resident(server))
        sizes.append(size)
    assert len(set(size // 100 for size in sizes)) <= 2 and min(sizes) > 10 << 20
    assert_bounded(most, before, 48 << 20)
