"""Random writes of a place's users, on the server and by the oracle."""

import collections
import random

from compare_reads import Twins, report
from oracle import Oracle, contents
from place import Answer, comparable
from tree import shrink
from twin import full_copy
from writes import WriteGenerator

FRESH = 25  # the rows are made anew after so many statements
REPORTED = 8
NOT_SUPPORTED = "is hidden, so nothing can be returned"  # RETURNING where the key has a rule


def numbers_alike(answer):
    """RETURNING of SQLite 3.40 gives a whole number of a REAL column as an integer, SELECT as a real."""
    rows = [tuple(int(v) if isinstance(v, float) and v.is_integer() else v for v in row) for row in answer.rows]
    return Answer(answer.columns, rows)


def disagreement(outcome, got):
    if outcome.codes:
        if not got.failed:
            return "it must fail"
        return None if got.code in outcome.codes else "another code"
    if got.failed:
        return "it must not fail"
    if (got.changes or 0, got.denied or 0) != (outcome.changes, outcome.denied):
        return "other counts"
    if outcome.rows is not None:
        if got.columns != outcome.columns:
            return "other columns returned"
        if not any(
            numbers_alike(got).same_rows(numbers_alike(Answer(outcome.columns, rows)), False)
            for rows in (outcome.rows, outcome.sqlite_rows)
        ):
            return "other rows returned"
    return None


def stored(place):
    return listed(place.read_all())


def listed(rows):
    return {name: sorted(repr(tuple(comparable(v) for v in row)) for row in table) for name, table in rows.items()}


def difference(expected, found):
    lines = []
    for name in expected:
        before, after = collections.Counter(expected[name]), collections.Counter(found[name])
        missing, extra = list((before - after).elements()), list((after - before).elements())
        if missing or extra:
            lines.append(f"{name}: missing {missing[:4]}, too much {extra[:4]}")
    return "; ".join(lines)


def attempt(place, token, auth, write, rows):
    """Runs a write on the server, which holds `rows`, and on the oracle.

    Gives the kind of disagreement or None, the outcome, the answer, and the difference. The outcome is None where a
    statement has no clear one; it is then not run at all."""
    full = full_copy(place.schema, rows)
    outcome = Oracle(full, auth, lambda: Twins(place, full, auth)).apply(write)
    if outcome is None:
        return None, None, None, None
    got = place.ask(token, [str(write.node)])[0]
    if not outcome.codes and got.code == "permission_denied" and NOT_SUPPORTED in got.message:
        change = difference(listed(rows), stored(place))
        return (change and "a refused write has changed something"), outcome, got, change
    what = disagreement(outcome, got)
    change = difference(contents(place.schema, full), stored(place))
    return what or (change and "other contents"), outcome, got, change


def smaller(place, token, auth, write, rows, what):
    """The statement made smaller while it disagrees in the same way on the same rows."""

    def fails(text):
        place.put_back(rows)
        return attempt(place, token, auth, write, rows)[0] == what

    if not fails(str(write.node)):
        return
    shrink(write.node, fails, tries=80)
    fails(str(write.node))


def compare(place, seed, count):
    """Runs `count` writes, each by one of the users: the report of what disagrees, or ""."""
    problems, counts, refused = {}, collections.Counter(), collections.Counter()
    rng = random.Random(f"writes {seed}")
    first = rows = place.read_all()
    for number in range(count):
        if number % FRESH == 0:
            place.put_back(first)
            rows = first
        token, auth = rng.choice(place.users)
        auth = place.auth_record(rows, auth["id"])
        write = WriteGenerator(rng, place.schema, auth).write()
        sql = str(write.node)
        what, outcome, got, change = attempt(place, token, auth, write, rows)
        if outcome is None:
            counts["unclear"] += 1
            continue
        counts["statements"] += 1
        counts["failing"] += bool(outcome.codes)
        counts["not supported"] += not outcome.codes and NOT_SUPPORTED in (got.message or "")
        counts["changing"] += not outcome.codes and outcome.changes > 0
        counts["with denied rows"] += outcome.denied > 0
        if outcome.codes:
            refused[outcome.why.split(":")[0]] += 1
        if what:
            counts["disagreements"] += 1
            if len(problems) < REPORTED:
                smaller(place, token, auth, write, rows, what)
                place.put_back(rows)
                _, outcome, got, change = attempt(place, token, auth, write, rows)
                title = f"{what}: user {auth['id']}\n  {write.node}"
                problems.setdefault(title, f"  oracle: {outcome}\n  server: {got}\n  {change}\n  was: {sql}")
        rows = place.read_all()
    print(f"{place.name}, seed {seed}: " + ", ".join(f"{v} {k}" for k, v in counts.items()))
    print("failing because: " + ", ".join(f"{v} {k}" for k, v in refused.most_common(12)))
    if not problems:
        return ""
    text = "\n".join(f"{title}\n{answers}" for title, answers in problems.items())
    return report(f"{text}\n{counts['disagreements']} disagreements in writes of {place.name} (seed {seed})")
