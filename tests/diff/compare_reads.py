"""Random SELECTs of a place's users, on the server and on their twins."""

import collections
import os
import random
import re
import sqlite3
import time

from place import Answer, comparable, decode, numbers_alike, plain_name, texts_alike, without_hints
from queries import Generator
from tree import Having, shrink
from twin import twin

BATCH = 50
REPORTED = 8  # disagreements that are made smaller and shown; the rest is counted
SLOW_SECONDS = 1


def run(copy, sql):
    """The answer of plain SQLite; None where it takes too long."""
    end = time.monotonic() + SLOW_SECONDS
    copy.set_progress_handler(lambda: time.monotonic() > end, 10000)
    try:
        cursor = copy.execute(sql)
        rows = [tuple(comparable(v) for v in row) for row in cursor.fetchall()]
        return Answer([plain_name(d[0]) for d in cursor.description or []], rows)
    except sqlite3.OperationalError as error:
        if str(error) == "interrupted":
            return None
        return Answer(code="sqlite", message=str(error))
    except sqlite3.Error as error:
        return Answer(code="sqlite", message=str(error))


# What SQLite 3.40 says of some joins for which it is not true.
MISTAKEN = "ON clause references tables to its right"


class Twins:
    """Two copies for one user, built differently: a statement on which they disagree has no one answer."""

    def __init__(self, place, full, auth):
        self.copies = [twin(place.schema, full, auth, plain) for plain in (False, True)]
        for copy in self.copies:
            copy.text_factory = decode

    def answer(self, sql, ordered):
        sql = without_hints(sql)
        first, second = (run(copy, sql) for copy in self.copies)
        if first is None or second is None or first.failed != second.failed:
            return None
        if first.failed and MISTAKEN in first.message:
            return None
        if not first.failed and not first.same_rows(second, ordered):
            return None
        return first

    def fails_with_all_groups(self, node, ordered):
        """Whether the statement fails, or has no one answer, where no group is left out."""
        conditions = [part for part in node.everything() if isinstance(part, Having)]
        for part in conditions:
            part.gone = ""
        expected = self.answer(str(node), ordered) if conditions else None
        for part in conditions:
            part.gone = None
        return bool(conditions) and (expected is None or expected.failed)


# Of two values that are equal, 1 and 1.0, any stays.
KEEPS_ONE = re.compile(r"\b(DISTINCT|GROUP BY|UNION|EXCEPT|INTERSECT|min|max|LIMIT)\b")
# Whether all arms of a compound get the affinity of the first is the plan's affair in such a join.
GIVES_AFFINITY = re.compile(r"\bUNION ALL\b.*\b(FULL|RIGHT)\b", re.DOTALL)
# SQLite gives other names to the results of such a compound.
RENAMED = re.compile(r"\b(UNION|EXCEPT|INTERSECT)\b.*ORDER BY .*COLLATE")
# SQLite finds an "ON clause that references tables to its right" where such a join meets a guard that is merged.
MISREAD = re.compile(r"\b(FULL|RIGHT)\b.* JOIN json_(each|tree)\(", re.DOTALL)
NOT_FOUND = ("no such column", "no such table")


def disagreement(schema, sql, expected, got, ordered):
    """What is wrong with the server's answer, or None."""
    if got.code == "not_found" and not expected.failed and ("IN ()" in sql or schema.hides(got.message)):
        return None  # SQLite drops what stands beside a condition that is never true before it looks names up
    if got.code == "limit_exceeded" and "parser stack overflow" in got.message:
        return None  # the server's text is deeper than the user's
    if expected.failed != got.failed and re.search("'{broken'|9223372036854775807", sql):
        return None  # whether such a constant is looked at where no row or nobody asks for it is the plan's affair
    if got.failed and got.code in ("internal", "timeout", "busy", "cancelled"):
        return "the server failed"
    if expected.failed and expected.message.startswith(("unterminated string", "fts5: ")) and not got.failed and not got.rows:
        return None  # a condition that no row can meet, as the user is, may be looked at before the pattern is
    if expected.failed != got.failed:
        if got.code == "sqlite_error" and got.message == MISTAKEN and re.search(r"\b(FULL|RIGHT)\b", sql):
            return None  # the same, of a guard that SQLite has merged; no row has been looked at
        if got.message == "the statement is not valid" and MISREAD.search(sql) and not expected.failed:
            return None  # said while it is prepared, before any row is looked at
        if got.code == "permission_denied" and got.message != "permission denied":
            return None  # not supported; the bare message is that of a bug of the server's that was stopped
        return "only the server fails" if got.failed else "only the twin fails"
    if expected.failed:
        missing = expected.message.startswith(NOT_FOUND)
        concealed = got.message == "the statement is not valid"  # said where the owner's views and triggers run
        return "not found, but another code" if missing and not concealed and got.code not in (
            "not_found", "permission_denied", "parse_error", "invalid_value"
        ) else None
    if expected.columns != got.columns and not RENAMED.search(sql):
        return "other columns"
    if GIVES_AFFINITY.search(sql) and texts_alike(expected).same_rows(texts_alike(got), ordered):
        return None
    if KEEPS_ONE.search(sql) and numbers_alike(expected).same_rows(numbers_alike(got), ordered):
        return None
    return None if expected.same_rows(got, ordered) else "other rows"


def compare(place, seed, count):
    """Runs `count` SELECTs, shared by the users: (the report of what disagrees or "", refusals, statements)."""
    full = place.full_copy()
    refused, problems, counts = collections.Counter(), [], collections.Counter()
    for number, (token, auth) in enumerate(place.users):
        twins = Twins(place, full, auth)
        generator = Generator(random.Random(f"{seed} {number}"), place.schema)
        left = count // len(place.users)
        while left > 0:
            batch = []
            while len(batch) < min(BATCH, left):
                node, ordered = generator.statement()
                expected = twins.answer(str(node), ordered)
                counts["ambiguous or slow"] += expected is None
                if expected:
                    batch.append((node, ordered, expected))
            left -= len(batch)
            answers = place.ask(token, [str(node) for node, _, _ in batch])
            for (node, ordered, expected), got in zip(batch, answers):
                counts["statements"] += 1
                counts["failing"] += expected.failed
                counts["empty"] += not expected.failed and not expected.rows
                if got.code == "permission_denied" and not expected.failed:
                    refused[got.message] += 1
                what = disagreement(place.schema, str(node), expected, got, ordered)
                if got.message == "the statement failed on a value" and twins.fails_with_all_groups(node, ordered):
                    what = None  # HAVING of a group's key is looked at before the group is, or not
                counts["disagreements"] += what is not None
                if what:
                    problems.append((what, node, ordered, number))
    print(f"{place.name}, seed {seed}: " + ", ".join(f"{v} {k}" for k, v in counts.items()))
    for reason, times in refused.most_common():
        print(f"refused {times} times: {reason}")
    return describe(place, full, problems, seed) if problems else "", refused, counts["statements"]


def describe(place, full, problems, seed):
    """The first few disagreements, made smaller; those that come down to the same text are shown once."""
    shown = {}
    for what, node, ordered, number in problems:
        if len(shown) >= REPORTED:
            break
        token, auth = place.users[number]
        twins = Twins(place, full, auth)

        def kind(sql):
            expected = twins.answer(sql, False)
            if expected is None:
                return None
            got = place.ask(token, [sql])[0]
            messages = [re.split(r"[:\"]", a.message or "")[0] for a in (expected, got)]
            return disagreement(place.schema, sql, expected, got, False), got.code, messages

        sql = original = str(node)
        first = kind(sql)
        if first and first[0]:
            sql = shrink(node, lambda text: kind(text) == first)
            ordered = False
        expected, got = twins.answer(sql, ordered), place.ask(token, [sql])[0]
        shown.setdefault(
            f"{what}: user {auth['id']}\n  {sql}", f"  twin:   {expected}\n  server: {got}\n  was: {original}\n"
        )
    text = "\n".join(f"{title}\n{answers}" for title, answers in shown.items())
    return report(f"{text}\n{len(problems)} disagreements in SELECTs of {place.name} (seed {seed})")


def report(text):
    """The text, which is also added to the file TWIN_REPORT."""
    if os.environ.get("TWIN_REPORT"):
        with open(os.environ["TWIN_REPORT"], "a", encoding="utf-8") as file:
            file.write(text + "\n")
    return text
