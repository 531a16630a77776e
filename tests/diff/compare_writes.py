"""Random writes of a place's users, on the server and by the oracle."""

import collections
import random

from compare_reads import report
from oracle import contents
from place import comparable
from steps import ReadStep, random_script
from tree import shrink
from twin import full_copy
from writes import WriteGenerator

FRESH = 25  # the rows are made anew after so many statements
REPORTED = 8
NOT_SUPPORTED = (
    "is hidden, and this would tell it",  # RETURNING, of the order of rows
    "so it cannot be returned",  # by an UPDATE of a view
    "its triggers would do so too",  # OR IGNORE, where a trigger fills a full-text table
)


def unsupported(script, outcomes, answers):
    """Whether the server has refused something that would work, and may."""
    answers = answers[1:] if script.is_block() else answers
    return any(
        not outcome.codes and got.code == "permission_denied"
        and got.message != "permission denied"  # that is said where a bug of the server's was stopped
        and (isinstance(step, ReadStep) or any(text in got.message for text in NOT_SUPPORTED))
        for step, outcome, got in zip(script.steps.parts, outcomes, answers)
    )


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


def attempt(place, token, auth, script, rows):
    """Runs a script on the server, which holds `rows`, and on the oracle.

    Gives the kind of disagreement or None, the outcomes, the answers, the difference, and the rows then. The outcomes
    are None where a statement has no clear one; it is then not run at all."""
    full = full_copy(place.schema, rows)
    outcomes = script.expected(place, full, auth)
    if outcomes is None:
        return None, None, None, None, rows
    if place.rng.random() < 0.5:
        place.make_known(script.statements())
    answers = place.ask_at_once(token, script.statements())
    after = place.read_all()
    if unsupported(script, outcomes, answers):
        change = difference(listed(rows), listed(after))
        return (change and "a refused write has changed something"), outcomes, answers, change, after
    what = script.disagreement(place.schema, outcomes, answers)
    kept = contents(place.schema, full) if script.keeps(outcomes) else listed(rows)
    change = difference(kept, listed(after))
    return what or (change and "other contents"), outcomes, answers, change, after


def smaller(place, token, auth, script, rows, what):
    """The script made smaller while it disagrees in the same way on the same rows."""

    def fails(text):
        place.put_back(rows)
        return attempt(place, token, auth, script, rows)[0] == what

    if not fails(str(script)):
        return
    shrink(script, fails, tries=80)
    fails(str(script))


def compare(place, seed, count):
    """Runs `count` writes and blocks, each by one of the users: the report of what disagrees, or ""."""
    problems, counts, refused = {}, collections.Counter(), collections.Counter()
    rng = random.Random(f"writes {seed}")
    first = rows = place.read_all()
    for number in range(count):
        if number % FRESH == 0:
            place.put_back(first)
            rows = first
        token, auth = rng.choice(place.users)
        auth = place.auth_record(rows, auth["id"])
        script = random_script(rng, place.schema, auth)
        sql = str(script)
        what, outcomes, answers, change, after = attempt(place, token, auth, script, rows)
        if outcomes is None:
            counts["unclear"] += 1
            continue
        failing = outcomes[-1].codes
        counts["statements"] += len(outcomes)
        counts["blocks"] += script.is_block()
        counts["failing"] += bool(failing)
        counts["not supported"] += unsupported(script, outcomes, answers)
        counts["changing"] += not failing and any(o.changes > 0 for o in outcomes)
        counts["with denied rows"] += any(o.denied > 0 for o in outcomes)
        if failing:
            refused[outcomes[-1].why.split(":")[0]] += 1
        if what:
            counts["disagreements"] += 1
            if len(problems) < REPORTED:
                smaller(place, token, auth, script, rows, what)
                place.put_back(rows)
                _, outcomes, answers, change, after = attempt(place, token, auth, script, rows)
                title = f"{what}: user {auth['id']}\n  {script}"
                lines = [f"  oracle: {o}" for o in outcomes or []] + [f"  server: {a}" for a in answers or []]
                problems.setdefault(title, "\n".join(lines) + f"\n  {change}\n  was: {sql}")
        rows = after
    print(f"{place.name}, seed {seed}: " + ", ".join(f"{v} {k}" for k, v in counts.items()))
    print("failing because: " + ", ".join(f"{v} {k}" for k, v in refused.most_common(12)))
    if not problems:
        return ""
    text = "\n".join(f"{title}\n{answers}" for title, answers in problems.items())
    return report(f"{text}\n{counts['disagreements']} disagreements in writes of {place.name} (seed {seed})")
