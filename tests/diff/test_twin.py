"""What a restricted user reads through the server is what anybody reads in a copy of what the user may see.

TWIN_COUNT (default 1000) random SELECTs, shared by the users; TWIN_SEED makes them again.
"""

import os

import compare_reads

COUNT = int(os.environ.get("TWIN_COUNT", "1000"))
SEED = int(os.environ.get("TWIN_SEED", "1"))


def test_random_selects_agree_with_the_filtered_twin(place):
    report, refused, statements = compare_reads.compare(place, SEED, COUNT)
    assert not report, report
    assert sum(refused.values()) < 0.03 * statements, f"too many statements are refused: {refused}"
