"""What is sent at once: one write, or several statements between BEGIN and COMMIT."""

from compare_reads import Twins, disagreement as read_disagreement
from evaluation import ANY_FAILURE, Outcome
from oracle import Oracle
from place import Answer, numbers_alike
from queries import Generator
from tree import Items, Node
from writes import WriteGenerator

CANCELLED = "cancelled"


class WriteStep(Node):
    def __init__(self, write):
        super().__init__(write.node)
        self.write = write

    def expected(self, place, full, auth):
        """The outcome, which the full copy has then; None where there is no one."""
        return Oracle(full, auth, lambda: Twins(place, full, auth)).apply(self.write)

    @staticmethod
    def looked_up(schema, got):
        """Whether the server has looked for a hidden field: beside a condition that is never true SQLite does not."""
        return got.code == "not_found" and schema.hides(got.message)

    def disagreement(self, schema, outcome, got):
        if outcome.codes:
            if not got.failed:
                return "it must fail"
            return None if got.code in outcome.codes or self.looked_up(schema, got) else "another code"
        if got.failed:
            return None if self.looked_up(schema, got) else "it must not fail"
        if (got.changes or 0, got.denied or 0) != (outcome.changes, outcome.denied):
            return "other counts"
        if outcome.rows is not None:
            if got.columns != outcome.columns:
                return "other columns returned"
            # RETURNING of SQLite 3.40 gives a whole number of a REAL column as an integer, SELECT as a real
            if not any(
                numbers_alike(got).same_rows(numbers_alike(Answer(outcome.columns, rows)), False)
                for rows in (outcome.rows, outcome.sqlite_rows)
            ):
                return "other rows returned"
        return None


class ReadStep(Node):
    """A SELECT in a block: it sees what the block has written."""

    def __init__(self, node, ordered):
        super().__init__(node)
        self.ordered, self.answer = ordered, None

    def expected(self, place, full, auth):
        self.answer = Twins(place, full, auth).answer(str(self), self.ordered)
        if self.answer is None:
            return None
        return Outcome(ANY_FAILURE, self.answer.message) if self.answer.failed else Outcome()

    def disagreement(self, schema, outcome, got):
        return read_disagreement(schema, str(self), self.answer, got, self.ordered)


class Script(Node):
    """A step, or a block of them with its end: COMMIT, ROLLBACK, or "" where it is left open."""

    def __init__(self, steps, end=None):
        self.steps = Items(";\n  ", steps)
        self.end = end
        super().__init__(*([self.steps] if end is None else ["BEGIN;\n  ", self.steps, f";\n  {end}" if end else ""]))

    def is_block(self):
        return self.end is not None

    def statements(self):
        steps = [str(step) for step in self.steps.parts]
        return ["BEGIN"] + steps + ([self.end] if self.end else []) if self.is_block() else steps

    def expected(self, place, full, auth):
        """The outcomes of the steps up to the first that fails; None where one has no one outcome."""
        outcomes = []
        for step in self.steps.parts:
            outcome = step.expected(place, full, auth)
            if outcome is None:
                return None
            outcomes.append(outcome)
            if outcome.codes:
                break
        return outcomes

    def keeps(self, outcomes):
        """Whether what the steps have done stays."""
        return not outcomes[-1].codes and self.end in (None, "COMMIT")

    def disagreement(self, schema, outcomes, answers):
        """What is wrong with the answers, or None."""
        if not self.is_block():
            return self.steps.parts[0].disagreement(schema, outcomes[0], answers[0])
        if len(answers) == 1:  # one of the statements is none
            return None if answers[0].code == "parse_error" and outcomes[-1].codes else "the block was refused"
        answers, last = answers[1:], len(outcomes) - 1
        for number, (step, outcome) in enumerate(zip(self.steps.parts, outcomes)):
            got = answers[number]
            if got.code == CANCELLED and not self.keeps(outcomes) and not (outcome.codes and number == last):
                continue
            if not self.keeps(outcomes) and not outcome.codes:
                return f"step {number + 1} must be cancelled"
            what = step.disagreement(schema, outcome, got)
            if what:
                return f"step {number + 1}: {what}"
        if outcomes[-1].codes and any(a.code != CANCELLED for a in answers[last + 1:]):
            return "what follows a failure must be cancelled"
        if not outcomes[-1].codes and self.end and answers[-1].failed:
            return f"{self.end} must not fail"
        return None


def random_script(rng, schema, auth):
    """A write; or, one time in eight, a block."""
    if rng.random() < 0.88:
        return Script([WriteStep(WriteGenerator(rng, schema, auth).write())])
    steps = []
    for _ in range(rng.randint(2, 4)):
        if rng.random() < 0.3:
            steps.append(ReadStep(*Generator(rng, schema).statement()))
        else:  # $auth is the user's row as it is when the block begins
            steps.append(WriteStep(WriteGenerator(rng, schema, auth).write(without=("user",))))
    return Script(steps, rng.choice(["COMMIT"] * 8 + ["ROLLBACK", ""]))
