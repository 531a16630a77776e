"""Fixtures of the differential tests: one server with the schema for a whole module."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import client
from place import Place


@pytest.fixture(scope="module")
def place():
    with client.running() as server:
        yield Place(server, int(os.environ.get("TWIN_SEED", "1")))
