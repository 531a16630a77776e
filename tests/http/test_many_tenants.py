"""Many databases under few descriptors, and what the store does in the background."""

import concurrent.futures
import contextlib
import pathlib
import random
import tempfile

import client
import pytest
from expect import codes, values

DESCRIPTORS = 320
TENANTS = 400


class Confined(client.Server):
    """A server that may open few files."""

    descriptors = DESCRIPTORS

    def command(self):
        return ["prlimit", f"--nofile={self.descriptors}:{self.descriptors}", "--", *super().command()]

    def open_files(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))


@pytest.fixture
def confine():
    """Starts servers under a limit of open files: confine(320)."""
    with contextlib.ExitStack() as stack:

        def start(descriptors, *options):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bailiwick-"))
            server = Confined(pathlib.Path(folder) / "data", *options)
            server.descriptors = descriptors
            server.start()
            stack.callback(server.stop)
            return server

        yield start


def test_more_databases_than_descriptors(confine):
    server = confine(DESCRIPTORS)
    assert any("leaves room for" in line for line in server.log)
    names = [f"t{number}" for number in range(TENANTS)]
    server.root_ok("DEFINE NAMESPACE many; USE NS many; " + "; ".join(f"DEFINE DATABASE {name}" for name in names))

    def visit(name):
        server.root_ok("CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)", ns="many", db=name)
        return values(server.root("SELECT count(*) FROM t", ns="many", db=name))[0][0]

    order = names + random.Random(1).choices(names, k=100)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        counts = list(pool.map(visit, order))
    assert min(counts) >= 1
    assert server.open_files() <= DESCRIPTORS
    sums = [values(server.root("SELECT count(*) FROM t", ns="many", db=name))[0][0] for name in names]
    assert sum(sums) == len(order)


def test_a_limit_that_is_too_small(confine):
    with pytest.raises(RuntimeError, match="limit of open files is too small"):
        confine(70)


def test_all_connections_of_one_database_and_few_descriptors(confine):
    """A hot database gives up connections that others need."""
    server = confine(200)
    server.make_database("n", "hot", "CREATE TABLE t (a)")

    def write(number):
        name = "hot" if number % 4 else f"cold{number}"
        if name != "hot":
            server.make_database("n", name, "CREATE TABLE t (a)")
        return codes(server.root(f"INSERT INTO t VALUES ({number}); SELECT count(*) FROM t", ns="n", db=name))

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert {tuple(one) for one in pool.map(write, range(200))} == {("OK", "OK")}
    assert server.open_files() <= 200


def test_the_log_is_written_back(server):
    """What many small commits let grow is written back without any of them, and begun anew: the log's own count says so."""
    server.make_database("n", "log", "CREATE TABLE t (a)")
    log = server.data / "ns" / "n" / "db" / "log.db-wal"
    database = server.data / "ns" / "n" / "db" / "log.db"
    for number in range(60):
        server.root_ok(f"INSERT INTO t VALUES (zeroblob(400000 + {number}))", ns="n", db="log")
    client.wait_until(lambda: database.stat().st_size > 20_000_000)
    server.root_ok("CREATE TABLE more (a)", ns="n", db="log")

    def is_begun_anew():
        server.root_ok("INSERT INTO more VALUES (1)", ns="n", db="log")
        return int.from_bytes(log.read_bytes()[12:16], "big") > 0

    client.wait_until(is_begun_anew)
    assert values(server.root("SELECT count(*) FROM t", ns="n", db="log")) == [(60,)]


def test_the_log_is_written_back_while_others_write(server):
    """Writers that never pause: the log does not grow for ever. Beyond 80 MB who lets it grow writes it back."""
    server.make_database("n", "busy", "CREATE TABLE t (a)")
    log = server.data / "ns" / "n" / "db" / "busy.db-wal"

    def write(_):
        server.root_ok("INSERT INTO t VALUES (zeroblob(80000))", ns="n", db="busy")
        return log.stat().st_size

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(write, range(1500)))
    assert max(sizes) < 100_000_000  # of some 120 MB that were written
    assert values(server.root("SELECT count(*) FROM t", ns="n", db="busy")) == [(1500,)]
