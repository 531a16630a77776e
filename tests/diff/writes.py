"""Random writes of one user: INSERT, REPLACE, ON CONFLICT DO UPDATE, UPDATE, DELETE, RETURNING."""

from dataclasses import dataclass

from expressions import Name, Source
from queries import Generator
from schema import MINE, quote
from tree import Expression, Items, Node, Optional
from twin import visible_columns


@dataclass
class Write:
    """A statement and its parts. The parts are nodes of the statement's tree, so they shrink with it."""

    kind: str  # create, update, delete
    table: object
    node: object  # the whole statement
    columns: list = None  # of INSERT, None without a list
    rows: object = None  # INSERT: the VALUES or SELECT; None: DEFAULT VALUES
    sets: object = None  # UPDATE and DO UPDATE: Items of assignments
    where: object = None
    returning: object = None
    conflict: str = ""  # INSERT: "", "replace", "ignore" or "update"
    target: list = None  # DO UPDATE: the columns of ON CONFLICT
    source: str = ""  # UPDATE: what stands in FROM
    limit: object = None  # UPDATE and DELETE: ORDER BY … LIMIT

    def set_columns(self):
        return [part.column for part in self.sets.parts]

    def set_values(self):
        return [part.value for part in self.sets.parts]

    def where_text(self):
        return "" if self.where is None else str(self.where)

    def has_returning(self):
        return self.returning is not None and self.returning.gone is None

    def returning_text(self):
        return str(self.returning.parts[1])


class Assignment(Node):
    def __init__(self, column, name, value):
        super().__init__(name, " = ", value)
        self.column, self.value = column, value


class Where(Optional):
    """ WHERE condition"""


class WriteGenerator:
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

    def frame(self, table):
        names = [Name(c.name, c.kind) for c in visible_columns(table)]
        hidden = [c.name for c in table.columns if c.select == "NONE"]
        return Source(table.name, names, table.shows_rowid(), True, hidden)

    def returning(self, table):
        if self.chance(0.6):
            return None
        if self.chance(0.4):
            return Node("*")
        self.queries.frames = [[self.frame(table)]]
        items = []
        for _ in range(self.rng.randint(1, 3)):
            self.queries.budget = 3  # too little for a sub-select, which would see the change half made
            items.append(self.queries.value(None, 1))
        return Items(", ", items)

    def write(self):
        self.queries.frames, self.queries.ctes, self.queries.serial = [], [], 0
        kind = self.rng.choice(["create", "create", "update", "update", "delete"])
        tables = [t for t in self.schema.stored()]
        fitting = [t for t in tables if getattr(t, kind) != "NONE"] or tables
        table = self.rng.choice(fitting if self.chance(0.95) else tables)
        write = getattr(self, kind)(table)
        if write is None:  # nothing of it can be set
            write = self.delete(table)
        self.queries.readable = self.readable
        self.queries.frames = []
        items = self.returning(table)
        if items is not None and write.limit is None:
            write.returning = Optional(" RETURNING ", items)
            write.node.parts.append(write.returning)
        return write

    def create(self, table):
        if self.chance(0.04):
            node = Node("INSERT INTO ", self.queries.spell(table.name, True), " DEFAULT VALUES")
            return Write("create", table, node, [])
        columns = None
        if self.chance(0.2):
            # Without a list: the columns that `*` shows.
            targets = [c for c in visible_columns(table) if not c.generated]
        else:
            targets = [
                c for c in table.given_columns() if self.chance(0.75) and (c.create != "NONE" or self.chance(0.05))
            ] or table.given_columns()[:1]
            for column in table.given_columns():
                if column not in targets and (column.not_null or MINE in column.likely) and self.chance(0.9):
                    targets.append(column)
            self.rng.shuffle(targets)
            columns = [c.name for c in targets]
        if self.chance(0.6):
            rows = []
            for _ in range(self.rng.choice([1, 1, 1, 2, 3])):
                rows.append(Node("(", *separated([self.value(c, 0.85) for c in targets]), ")"))
            source = Node("VALUES ", Items(", ", rows))
        else:
            other = self.rng.choice(self.readable)
            self.queries.frames = [[self.frame(other)]]
            items = Node(*separated([self.value(c, 0.7) for c in targets]))
            self.queries.budget = 8
            source = Node(
                "SELECT ",
                items,
                " FROM ",
                quote(other.name),
                " WHERE ",
                self.queries.truth(2),
                " ORDER BY " + ", ".join(str(i + 1) for i in range(len(targets))),
            )
            self.queries.frames = []
        names = "" if columns is None else " (" + ", ".join(self.queries.spell(c, True) for c in columns) + ")"
        conflict = "replace" if self.chance(0.12) else ""
        if not conflict and columns and self.chance(0.3):
            upsert = self.upsert(table, columns, source)
            if upsert:
                return upsert
        verb = self.rng.choice(["INSERT OR REPLACE INTO ", "REPLACE INTO "]) if conflict else self.rng.choice(
            ["INSERT INTO "] * 4 + [f"INSERT OR {word} INTO " for word in ("ABORT", "FAIL", "ROLLBACK", "IGNORE")]
        )
        if "IGNORE" in verb:
            conflict = "ignore"
        node = Node(verb, self.queries.spell(table.name, True), names, " ", source)
        return Write("create", table, node, columns, source, conflict=conflict)

    def upsert(self, table, columns, source):
        """INSERT … ON CONFLICT DO UPDATE where the table has something to conflict on."""
        # A hidden field is no name there.
        targets = [u for u in table.unique if all(c in columns and table.column(c).select != "NONE" for c in u)]
        free = [
            c for c in table.columns if c.select == "FULL" and c.name in columns and not any(
                c.name in u for u in table.unique
            )
        ]
        if not targets or not free:
            return None
        target = self.rng.choice(targets)
        sets = []
        for column in self.rng.sample(free, min(len(free), self.rng.randint(1, 2))):
            value = f"excluded.{self.queries.spell(column.name)}" if self.chance(0.6) else self.likely(column)
            sets.append(Assignment(column.name, self.queries.spell(column.name), Expression(value)))
        sets = Items(", ", sets)
        where = None
        if self.chance(0.3):
            column = self.rng.choice(free)
            where = Where(
                " WHERE ",
                Expression(
                    f"{self.queries.spell(table.name)}.{self.queries.spell(column.name)} IS NOT {self.likely(column)}"
                ),
            )
        names = ", ".join(self.queries.spell(c) for c in columns)
        parts = [
            "INSERT INTO ",
            self.queries.spell(table.name),
            " (",
            names,
            ") ",
            source,
            " ON CONFLICT (",
            ", ".join(map(quote, target)),
            ") DO UPDATE SET ",
            sets,
        ]
        node = Node(*parts, where or "")
        return Write("create", table, node, columns, source, sets, where, conflict="update", target=target)

    def update(self, table):
        candidates = [
            c for c in table.given_columns() if "PRIMARY KEY" not in c.more and not (
                table.key != "rowid" and c.name in table.key
            )
        ]
        if not candidates:
            return None
        may = [c for c in candidates if c.update != "NONE" or self.chance(0.05)] or candidates
        targets = self.rng.sample(may, min(len(may), self.rng.randint(1, 2)))
        # A sub-select over the table itself would see the change half made.
        self.queries.readable = [
            t for t in self.readable if t is not table and table.name not in t.bases and t not in self.queries.singles
        ]
        frame = [self.frame(table)]
        source = ""
        if self.chance(0.25):
            self.queries.budget = 0
            source, other = self.queries.source(0)
            if other.name != table.name:
                frame.append(other)
            else:
                source = ""
        self.queries.frames = [frame]
        self.queries.qualify = bool(source)
        values = [self.value(c, 0.6) for c in targets]
        self.queries.readable = self.readable
        self.queries.budget = 10
        where = self.queries.truth(2)
        if source:
            where = Expression(self.queries.equal(frame), " AND ", where)
        self.queries.qualify = False
        sets = Items(", ", [Assignment(c.name, self.queries.spell(c.name, True), v) for c, v in zip(targets, values)])
        where = Where(" WHERE ", where)
        verb = self.rng.choice(["UPDATE "] * 6 + ["UPDATE OR ABORT ", "UPDATE OR FAIL ", "UPDATE OR ROLLBACK "])
        node = Node(
            verb, self.queries.spell(table.name, True), " SET ", sets, f" FROM {source}" if source else "", where
        )
        write = Write("update", table, node, sets=sets, where=where, source=str(source))
        if not source:
            self.limited(write)
        return write

    def delete(self, table):
        self.queries.frames = [[self.frame(table)]]
        self.queries.budget = 10
        where = Where(" WHERE ", self.queries.truth(2))
        node = Node("DELETE FROM ", self.queries.spell(table.name, True), where)
        write = Write("delete", table, node, where=where)
        self.limited(write)
        return write

    def limited(self, write):
        if write.table.shows_rowid() and self.chance(0.15):
            order = self.rng.choice(
                [" ORDER BY rowid", " ORDER BY rowid DESC", f" ORDER BY {quote(write.table.name)}.rowid"]
            )
            write.limit = Optional(order, " LIMIT ", self.rng.choice("123"), self.rng.choice(["", " OFFSET 1"]))
            write.node.parts.append(write.limit)


def separated(nodes):
    parts = []
    for node in nodes:
        parts += [", ", node] if parts else [node]
    return parts
