"""What a restricted user writes changes what the rules say, and nothing else.

TWIN_WRITES (default 400) random statements; after each the whole database, read as root, is compared with an oracle's
copy.
"""

import os

import compare_writes

COUNT = int(os.environ.get("TWIN_WRITES", "400"))
SEED = int(os.environ.get("TWIN_SEED", "1"))


def test_random_writes_do_what_the_rules_say(place):
    report = compare_writes.compare(place, SEED, COUNT)
    assert not report, report
