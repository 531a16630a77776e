"""d. Durable inserts over HTTP, against a loop of one connection to SQLite that commits each."""

import pathlib
import sqlite3
import tempfile
import time

import common

TITLE = "durable inserts of a scope user over HTTP, against one connection to SQLite that commits each (synchronous=FULL)"
CONNECTIONS = (1, 16, 64, 128)
TABLE = "CREATE TABLE note (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, title TEXT NOT NULL, draft INTEGER)"
INSERT = "INSERT INTO note (author, title, draft) VALUES (1, 'a title of some length', 1)"


def loop(folder, seconds):
    """Inserts a second, without any network, in SQLite alone."""
    connection = sqlite3.connect(str(pathlib.Path(folder) / "loop.db"), isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; DROP TABLE IF EXISTS note;" + TABLE)
    count, began = 0, time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        for _ in range(100):
            connection.execute(INSERT)
        count += 100
    connection.close()
    return count / elapsed


def measure(options):
    with common.notes(options) as (server, token, folder), tempfile.TemporaryDirectory(dir=folder) as beside:
        script = common.post_script(folder, "insert", common.bearer(token), INSERT)

        def load(connections):
            return lambda: common.wrk(server.url + "/sql", server.process.pid, connections, options.seconds, script)

        sides = {connections: load(connections) for connections in CONNECTIONS}
        sides["loop"] = lambda: common.Load(loop(beside, options.seconds), 0, 0)
        values = common.alternate(sides, options.rounds)
        rates = {name: [one.rate for one in loads] for name, loads in values.items()}
        yield common.row("the loop", "inserts/s", rates["loop"])
        for connections in CONNECTIONS:
            name = f"{connections} connections"
            yield common.row(name, "inserts/s", rates[connections], connections=connections)
            yield common.row(name, "µs of processor", [one.processor for one in values[connections]],
                             connections=connections)
            yield common.ratio_row(f"{name}, rate", rates[connections], rates["loop"], "the loop",
                                   connections=connections)
            if connections > 1:
                yield common.ratio_row(f"{name}, rate", rates[connections], rates[1], "1 connection over HTTP",
                                       connections=connections)
