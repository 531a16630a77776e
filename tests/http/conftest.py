"""Fixtures of the HTTP tests: the real binary, named by BAILIWICK_BINARY, on a folder of its own."""

import contextlib
import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import client  # noqa: E402

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server():
    """A server for all tests of a module, with the root login root/secret-password."""
    with client.running() as running:
        yield running


@pytest.fixture
def fresh_server():
    """A server for one test alone: to restart, to kill, or to make a mess of."""
    with client.running() as running:
        yield running


@pytest.fixture
def start_server():
    """Starts servers with options of the test's own: start_server("--allow-guests")."""
    with contextlib.ExitStack() as stack:
        yield lambda *options, **keywords: stack.enter_context(client.running(*options, **keywords))


class Place:
    """A namespace and a database of a test's own on the module's server."""

    def __init__(self, server, ns, db):
        self.server = server
        self.ns = ns
        self.db = db

    def root(self, sql, vars=None, **options):
        return self.server.root(sql, ns=self.ns, db=self.db, vars=vars, **options)

    def ok(self, sql, vars=None, **options):
        return self.server.root_ok(sql, ns=self.ns, db=self.db, vars=vars, **options)

    def sql(self, sql, token, **options):
        return self.server.sql(sql, token=token, **options)

    def signup(self, scope, **keys):
        return self.server.new_token(NS=self.ns, DB=self.db, SC=scope, **keys)

    def signin(self, scope, **keys):
        return self.server.token(NS=self.ns, DB=self.db, SC=scope, **keys)


def make_place(server):
    number = next(numbers)
    place = Place(server, f"ns{number}", f"db{number}")
    server.make_database(place.ns, place.db)
    return place


@pytest.fixture
def place(server):
    """An empty database of the test's own."""
    return make_place(server)


@pytest.fixture(scope="module")
def new_place(server):
    """Makes databases that tests of a module share: new_place()."""
    return lambda: make_place(server)
