"""The predicate alone: a guard as the rewriter writes it, beside the same predicate written by hand, in SQLite."""

import sqlite3
import time

import common

TITLE = f"point SELECT with the predicate of the example's posts, prepared, in SQLite {sqlite3.sqlite_version} alone"
POSTS = 10_000
COUNT = 50_000
# What the rewriter makes of a point SELECT, and what somebody would write who had no rewriter.
GUARDED = """WITH "guard" AS NOT MATERIALIZED (SELECT "id", "title", "author" FROM "main"."post"
    WHERE "draft" = 0 OR "author" = ?1 OR "circle" IN (SELECT "circle" FROM "main"."member" WHERE "person" = ?1))
    SELECT "id", "title", "author" FROM "guard" AS "post" WHERE "id" = ?2"""
BY_HAND = """SELECT id, title, author FROM post WHERE id = ?2
    AND (draft = 0 OR author = ?1 OR circle IN (SELECT circle FROM member WHERE person = ?1))"""


def seconds_of(connection, sql):
    began = time.process_time()
    for number in range(COUNT):
        connection.execute(sql, (1, number % POSTS)).fetchall()
    return time.process_time() - began


def measure(options):
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"""
        CREATE TABLE member (circle INTEGER, person INTEGER, PRIMARY KEY (person, circle)) WITHOUT ROWID;
        CREATE TABLE post (id INTEGER PRIMARY KEY, author INTEGER, circle INTEGER, title TEXT, draft INTEGER);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {POSTS})
        INSERT INTO post SELECT i, i % 7, i % 11, 'post ' || i, i % 2 FROM n;
        INSERT INTO member VALUES (1, 1), (2, 1), (3, 2);
    """)
    values = common.alternate({sql: lambda sql=sql: seconds_of(connection, sql) / COUNT * 1e6
                               for sql in (BY_HAND, GUARDED)}, 2 * options.rounds)
    yield common.row("by hand", "µs of processor", values[BY_HAND])
    yield common.row("guarded", "µs of processor", values[GUARDED])
    yield common.ratio_row("guarded", values[GUARDED], values[BY_HAND], "by hand")
