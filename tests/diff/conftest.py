"""Fixtures of the differential tests: one server with the schema for a whole module."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import client
from kinds import shared
from place import house_place


@pytest.fixture(scope="module")
def server():
    with client.running() as running:
        yield running
        running.stop()
    known, unknown = shared(running.log)
    print(f"{known} statements have shared a plan but for their literals, {unknown} could not")
    assert not unknown, "\n".join(running.log[-20:])


@pytest.fixture(scope="module")
def place(server):
    return house_place(server, int(os.environ.get("TWIN_SEED", "1")))
