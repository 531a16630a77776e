"""Reads and writes over random schemas with random permissions.

TWIN_SCHEMAS (default 6) schemas from TWIN_SEED on, each with TWIN_STATEMENTS (default 100): two thirds SELECTs,
unless TWIN_READS or TWIN_WRITES say otherwise. One of them alone: TWIN_SEED=number TWIN_SCHEMAS=1.
"""

import os

import compare_reads
import compare_writes
import pytest
from place import Place
from random_schema import PEOPLE, random_schema

SCHEMAS = int(os.environ.get("TWIN_SCHEMAS", "6"))
STATEMENTS = int(os.environ.get("TWIN_STATEMENTS", "100"))
READS = int(os.environ.get("TWIN_READS", STATEMENTS * 2 // 3))
WRITES = int(os.environ.get("TWIN_WRITES", STATEMENTS // 3))
SEED = int(os.environ.get("TWIN_SEED", "1"))
SCOPE = "DEFINE SCOPE person SIGNIN AS (SELECT id FROM user WHERE email = $email)"


def random_place(server, seed):
    schema, rows = random_schema(seed)
    place = Place(server, schema, f"random{seed}")
    place.define(SCOPE)
    place.write_rows(rows)
    for number in range(1, PEOPLE + 1):
        email = f"p{number}@x.org"
        place.add_user(server.token(NS="twin", DB=place.name, SC="person", email=email), email)
    return place


@pytest.mark.parametrize("seed", range(SEED, SEED + SCHEMAS))
def test_random_schemas(server, seed):
    place = random_place(server, seed)
    report, refused, statements = compare_reads.compare(place, seed, READS)
    report += compare_writes.compare(place, seed, WRITES)
    assert not report, report + "\n" + ";\n".join(place.schema.definition())
    assert sum(refused.values()) < 0.1 * statements + 5, f"too many statements are refused: {refused}"
