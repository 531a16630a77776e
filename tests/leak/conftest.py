"""Fixtures of the leak tests: a server with one database for each world of leak_world.py."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import client  # noqa: E402
from leak_world import WORLDS, World  # noqa: E402


@pytest.fixture(scope="module")
def server():
    with client.running() as running:
        yield running


@pytest.fixture(scope="module")
def canaries(server):
    return World(server, "canaries", WORLDS["canaries"])


@pytest.fixture(scope="module")
def canaries_by_role(server):
    return World(server, "by_role", WORLDS["canaries"]).with_roles()


@pytest.fixture(scope="module")
def canaries_unwritten(server):
    """One that tests only read."""
    return World(server, "unwritten", WORLDS["canaries"])


@pytest.fixture(autouse=True)
def clean_start(request):
    """No test finds what another has put into the open tables."""
    if "canaries" in request.fixturenames:
        request.getfixturevalue("canaries").clear()
    if "canaries_by_role" in request.fixturenames:
        request.getfixturevalue("canaries_by_role").clear()
    if "worlds" in request.fixturenames:
        for world in request.getfixturevalue("worlds"):
            world.clear()


@pytest.fixture(scope="module")
def worlds(server):
    return [World(server, name, hidden) for name, hidden in WORLDS.items()]
