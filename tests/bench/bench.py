"""What permissions cost, as ratios of measurements that alternate within one run. It judges nothing.

usage: bench.py BINARY [SECONDS]
"""

import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

import client  # noqa: E402

ROUNDS = 3
CONNECTIONS = 32
POSTS = 10_000
POINT = "SELECT id, title, author FROM post WHERE id = 4321"
# What the rewriter makes of POINT, and what somebody would write who had no rewriter.
GUARDED = """WITH "guard" AS NOT MATERIALIZED (SELECT "id", "title", "author" FROM "main"."post"
    WHERE "draft" = 0 OR "author" = ?1 OR "circle" IN (SELECT "circle" FROM "main"."member" WHERE "person" = ?1))
    SELECT "id", "title", "author" FROM "guard" AS "post" WHERE "id" = ?2"""
BY_HAND = """SELECT id, title, author FROM post WHERE id = ?2
    AND (draft = 0 OR author = ?1 OR circle IN (SELECT circle FROM member WHERE person = ?1))"""


def wrk(url, seconds, script=None):
    """Requests a second."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"] + (["-s", script] if script else []) + [url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    return float(output.split("Requests/sec:")[1].split()[0])


def lua(folder, name, headers, sql):
    """A wrk script that posts the statement."""
    path = os.path.join(folder, name)
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(sql)}"]
    lines += [f"wrk.headers[{json.dumps(key)}] = {json.dumps(value)}" for key, value in headers.items()]
    pathlib.Path(path).write_text("\n".join(lines) + "\n")
    return path


def over_http(seconds):
    with client.running() as server, tempfile.TemporaryDirectory() as folder:
        for name in ("schema", "data"):
            server.root_ok((ROOT / "examples" / "blog" / f"{name}.sql").read_text())
        server.root_ok("WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < $last) "
                       "INSERT INTO post (id, author, title, draft) SELECT i, 1, 'post ' || i, i % 2 FROM n",
                       ns="demo", db="blog", vars={"last": POSTS})
        token = server.new_token(NS="demo", DB="blog", SC="account", email="bench@example.com", password="of no use")
        common = {"Content-Type": "application/sql"}
        root = {"Authorization": client.basic(client.ROOT_USER, client.ROOT_PASSWORD), "NS": "demo", "DB": "blog"}
        runs = {
            "/version": (server.url + "/version", None),
            "point SELECT, root": (server.url + "/sql", lua(folder, "root.lua", common | root, POINT)),
            "point SELECT, scope user": (server.url + "/sql", lua(folder, "scope.lua", common | {
                "Authorization": "Bearer " + token}, POINT)),
        }
        rates = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, (url, script) in runs.items():
                rates[name].append(wrk(url, seconds, script))
        base = statistics.median(rates["/version"])
        print(f"over HTTP, {CONNECTIONS} connections, median of {ROUNDS}; load and server share this machine:")
        for name, values in rates.items():
            middle = statistics.median(values)
            print(f"  {name:<26} {middle:>9.0f} requests/s   {middle / base:.2f} of /version")


def seconds_of(connection, sql, count):
    began = time.perf_counter()
    for number in range(count):
        connection.execute(sql, (1, number % POSTS)).fetchall()
    return time.perf_counter() - began


def in_sqlite():
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"""
        CREATE TABLE member (circle INTEGER, person INTEGER, PRIMARY KEY (person, circle)) WITHOUT ROWID;
        CREATE TABLE post (id INTEGER PRIMARY KEY, author INTEGER, circle INTEGER, title TEXT, draft INTEGER);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {POSTS})
        INSERT INTO post SELECT i, i % 7, i % 11, 'post ' || i, i % 2 FROM n;
        INSERT INTO member VALUES (1, 1), (2, 1), (3, 2);
    """)
    seconds = {GUARDED: [], BY_HAND: []}
    for _ in range(2 * ROUNDS):
        for sql, values in seconds.items():
            values.append(seconds_of(connection, sql, 50_000))
    guarded, by_hand = statistics.median(seconds[GUARDED]), statistics.median(seconds[BY_HAND])
    print(f"in SQLite {sqlite3.sqlite_version}, prepared, point SELECT with the predicate of the example's posts:")
    print(f"  by hand {by_hand / 50_000 * 1e6:.2f} µs, guarded {guarded / 50_000 * 1e6:.2f} µs: "
          f"{guarded / by_hand:.2f} of the time")


def main():
    os.environ["BAILIWICK_BINARY"] = sys.argv[1]
    over_http(int(sys.argv[2]) if len(sys.argv) > 2 else 5)
    in_sqlite()


if __name__ == "__main__":
    main()
