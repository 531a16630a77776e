"""Random assignments and conflict clauses: what UPDATE, and INSERT … ON CONFLICT, set."""

from expressions import Name, Source
from queries import Generator
from schema import MINE, quote
from tree import Choice, Expression, Items, Node, Optional
from twin import visible_columns


class Assignment(Node):
    """name = value. `columns` and `values` have one item each."""

    def __init__(self, column, name, value):
        super().__init__(name, " = ", value)
        self.columns, self.value = [column], value

    def values(self):
        return [str(self.value)]


class RowAssignment(Node):
    """(name, name) = (value, value)"""

    def __init__(self, columns, names, values):
        super().__init__("(", ", ".join(names), ") = (", *separated(values), ")")
        self.columns, self.each = columns, values

    def values(self):
        return [str(v) for v in self.each]


class SelectAssignment(Node):
    """(name, name) = (SELECT …), whose result columns are called `results`."""

    def __init__(self, columns, names, select, results):
        super().__init__("(", ", ".join(names), ") = (", select, ")")
        self.columns, self.select, self.results = columns, select, results

    def values(self):
        return [f"(SELECT {quote(name)} FROM ({self.select}))" for name in self.results]


class Where(Optional):
    """ WHERE condition"""

    def condition(self):
        return "1" if self.gone is not None else str(self.parts[1])


class Clause(Optional):
    """ON CONFLICT (target) DO …: `target` None without one, `sets` None for NOTHING."""

    def __init__(self, target, sets, where):
        words = f" ON CONFLICT ({', '.join(map(quote, target))})" if target else " ON CONFLICT"
        super().__init__(*([words, " DO UPDATE SET ", sets, where or ""] if sets else [words, " DO NOTHING"]))
        self.target, self.sets, self.where = target, sets, where

    def condition(self):
        return "1" if self.where is None else self.where.condition()


class Assignments:
    def __init__(self, rng, schema, auth):
        self.rng = rng
        self.schema = schema
        self.auth = auth
        self.queries = Generator(rng, schema)
        self.readable = self.queries.readable

    def chance(self, share):
        return self.rng.random() < share

    def likely(self, column):
        """A value that a sensible client would write, so that not every write is refused."""
        if column.likely:
            value = self.rng.choice(column.likely)
            return str(self.auth["id"]) if value == MINE else value
        return str(self.queries.literal(column.kind))

    def value(self, column, share):
        if self.chance(share):
            return Expression(self.likely(column))
        self.queries.budget = 8
        return self.queries.value(column.kind, 2)

    def frame(self, table, alias=""):
        names = [Name(c.name, c.kind) for c in visible_columns(table)]
        hidden = [c.name for c in table.columns if c.select == "NONE"]
        return Source(alias or table.name, names, table.shows_rowid(), not alias, hidden)

    def elsewhere(self, table):
        """What a sub-select may read that must not see a change of the table half made."""
        changed = (table.name,) + table.changed_with + table.bases
        return [
            t for t in self.readable
            if not t.is_log() and t.name not in changed and not any(name in changed for name in t.bases)
            and not t.reads(changed)
        ]

    def assignments(self, targets, share):
        """Items for these columns; two of them may be set as a row."""
        if len(targets) > 1 and self.chance(0.4):
            row, rest = targets[:2], targets[2:]
            names = [self.queries.spell(c.name, True) for c in row]
            columns = [c.name for c in row]
            if self.chance(0.4):
                self.queries.budget = 8
                node, results = self.queries.select([c.kind for c in row], 1, names=True, one_row=True)
                results = [n.name for n in results]
                plain = "SELECT " + ", ".join(f"{number} AS {quote(name)}" for number, name in enumerate(results, 1))
                node = Choice(str(node), simpler=[plain, f"{plain} FROM (SELECT 1) LIMIT 1"])
                items = [SelectAssignment(columns, names, node, results)]
            else:
                items = [RowAssignment(columns, names, [self.value(c, share) for c in row])]
        else:
            items, rest = [], targets
        if self.chance(0.03):
            rest = rest + targets[:1]  # the last one counts
        items += [Assignment(c.name, self.queries.spell(c.name, True), self.value(c, share)) for c in rest]
        return Items(", ", items)

    def clauses(self, table, columns, alias):
        """ON CONFLICT once or several times, for an INSERT that names these columns; none where it cannot be."""
        # A hidden field is no name there.
        targets = [
            u for u in table.unique
            if all(table.column(c).select != "NONE" and (c in columns or not table.column(c).is_rowid()) for c in u)
        ]
        free = [
            c for c in table.given_columns()
            if (c.update != "NONE" or self.chance(0.05)) and not any(c.name in u for u in table.unique)
        ]
        if not targets or not any(all(c in columns for c in u) for u in targets):
            return []
        self.rng.shuffle(targets)
        targets = targets[:self.rng.choice([1, 1, 2, 3])]
        if len(targets) < len(table.unique) and self.chance(0.2):  # SQLite never looks at a clause that takes nothing
            targets.append(None)
        return [self.clause(table, target, free, alias) for target in targets]

    def clause(self, table, target, free, alias):
        open_names = [Name(c.name, c.kind) for c in table.columns if c.select == "FULL"]
        if not free or not open_names or self.chance(0.2):
            return Clause(target, None, None)
        self.queries.frames = [[self.frame(table, alias), Source("excluded", open_names)]]
        self.queries.readable, self.queries.qualify = self.elsewhere(table) or self.readable[:0], True
        simple = not self.queries.readable
        sets = []
        if simple or self.chance(0.5):
            for column in self.rng.sample(free, min(len(free), self.rng.randint(1, 2))):
                proposed = any(n.name == column.name for n in open_names) and self.chance(0.6)
                value = f"excluded.{self.queries.spell(column.name)}" if proposed else self.likely(column)
                sets.append(Assignment(column.name, self.queries.spell(column.name), Expression(value)))
            sets = Items(", ", sets)
        else:
            sets = self.assignments(self.rng.sample(free, min(len(free), self.rng.randint(1, 3))), 0.3)
        where = None
        if self.chance(0.35):
            column = self.rng.choice(open_names)
            name = self.queries.spell(column.name)
            if simple or self.chance(0.5):
                other = self.rng.choice([f"excluded.{name}", "NULL", str(self.queries.literal(column.kind))])
                condition = Expression(f"{self.queries.spell(alias or table.name)}.{name} IS NOT {other}")
            else:
                self.queries.budget = 8
                condition = self.queries.truth(2)
            where = Where(" WHERE ", condition)
        self.queries.frames, self.queries.readable, self.queries.qualify = [], self.readable, False
        return Clause(target, sets, where)


def separated(nodes):
    parts = []
    for node in nodes:
        parts += [", ", node] if parts else [node]
    return parts
