"""Reads and writes over random schemas by those whose rights are two roles added up.

TWIN_ROLES (default 4) schemas from TWIN_SEED on, each with TWIN_STATEMENTS (default 100): two thirds SELECTs,
unless TWIN_READS or TWIN_WRITES say otherwise.
"""

import os

import compare_reads
import compare_writes
import pytest
from random_roles import RolePlace, both, either

SCHEMAS = int(os.environ.get("TWIN_ROLES", "4"))
STATEMENTS = int(os.environ.get("TWIN_STATEMENTS", "100"))
READS = int(os.environ.get("TWIN_READS", STATEMENTS * 2 // 3))
WRITES = int(os.environ.get("TWIN_WRITES", STATEMENTS // 3))
SEED = int(os.environ.get("TWIN_SEED", "1"))


def test_sums():
    assert (either(["NONE", "NONE"]), either(["NONE", "a"]), either(["a", "FULL"]), either(["a", "b"])) == ("NONE", "(a)", "FULL", "(a) OR (b)")
    assert (both("a", "NONE"), both("FULL", "b"), both("a", "FULL"), both("a", "b")) == ("NONE", "b", "a", "(a) AND (b)")


@pytest.mark.parametrize("seed", range(SEED, SEED + SCHEMAS))
def test_roles_that_add_up(server, seed):
    place = RolePlace(server, seed)
    report, refused, statements = compare_reads.compare(place, seed, READS)
    report += compare_writes.compare(place, seed, WRITES)
    definition = place.schema.definition() + place.roles("", {})
    assert not report, report + "\n" + ";\n".join(definition)
    assert sum(refused.values()) < 0.1 * statements + 5, f"too many statements are refused: {refused}"


def test_nothing_was_stopped_by_the_second_lock(server):
    assert [line for line in server.log if "bug" in line] == []
