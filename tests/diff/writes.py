"""Random writes of one user: INSERT, REPLACE, ON CONFLICT, UPDATE, DELETE, RETURNING."""

from dataclasses import dataclass, field

from assignments import Assignments, Where, separated
from schema import MINE, quote
from tree import Choice, Expression, Items, Node, Optional
from twin import visible_columns


@dataclass
class Write:
    """A statement and its parts. The parts are nodes of the statement's tree, so they shrink with it."""

    kind: str  # create, update, delete
    table: object
    node: object  # the whole statement
    columns: list = None  # of INSERT, None without a list
    rows: object = None  # INSERT: the VALUES or SELECT; None: DEFAULT VALUES
    sets: object = None  # UPDATE: Items of assignments
    where: object = None
    returning: object = None
    conflict: str = ""  # OR what: "" (or what fails alike), "replace" or "ignore"
    clauses: list = field(default_factory=list)  # ON CONFLICT …
    source: str = ""  # UPDATE: what stands in FROM
    limit: object = None  # UPDATE and DELETE: ORDER BY … LIMIT
    before: object = ""  # WITH …
    alias: str = ""  # what the table is called in it, but in RETURNING

    def name(self):
        return self.alias or self.table.name

    def target(self):
        """The table in FROM, called as in the statement."""
        return f"main.{quote(self.table.name)}" + (f" AS {quote(self.alias)}" if self.alias else "")

    def conflict_clauses(self):
        return [c for c in self.clauses if c.gone is None]

    def set_columns(self, sets=None):
        return [column for part in (sets or self.sets).parts for column in part.columns]

    def set_values(self, sets=None):
        return [value for part in (sets or self.sets).parts for value in part.values()]

    def where_text(self):
        return "" if self.where is None else str(self.where)

    def has_returning(self):
        return self.returning is not None and self.returning.gone is None

    def returning_text(self):
        return str(self.returning.parts[1])


class WriteGenerator(Assignments):
    def returning(self, table, ctes):
        """What RETURNING gives. It could read the CTEs of the statement, while that is at work."""
        if self.chance(0.6):
            return None
        if self.chance(0.3):
            return Node("*")
        self.queries.frames = [[self.frame(table)]]
        self.queries.readable = [t for t in self.elsewhere(table) if t.name not in ctes]
        items = []
        for _ in range(self.rng.randint(1, 3)):
            self.queries.budget = 10 if self.queries.readable and self.chance(0.4) else 3  # 3 is too little for a sub-select
            items.append(self.queries.value(None, 1))
        self.queries.readable = self.readable
        return Items(", ", items)

    def write(self, without=()):
        """A write to any table but these."""
        self.queries.frames, self.queries.ctes, self.queries.serial = [], [], 0
        kind = self.rng.choice(["create", "create", "update", "update", "delete"])
        tables = [t for t in self.schema.written() if t.name not in without]
        fitting = [
            t for t in tables if getattr(t, kind) != "NONE" and (not t.view or kind in t.writes)
        ] or tables
        table = self.rng.choice(fitting if self.chance(0.95) else tables)
        before = ""
        if self.chance(0.07):
            self.queries.budget = 12
            before = self.queries.with_clause(1)
        write = getattr(self, kind)(table)
        if write is None:  # nothing of it can be set
            write = self.delete(table)
        write.before = before
        write.node = Node(before, write.node)
        self.queries.readable = self.readable
        ctes = [name for name, _ in self.queries.ctes]
        self.queries.frames, self.queries.ctes = [], []
        items = self.returning(table, ctes)
        if items is not None and not table.virtual:
            write.returning = Optional(" RETURNING ", items)
            write.node.parts.append(write.returning)
        if write.limit is not None:
            write.node.parts.append(write.limit)
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
        source = self.new_rows(table, targets)
        names = "" if columns is None else " (" + ", ".join(self.queries.spell(c, True) for c in columns) + ")"
        alias = self.alias()
        into = Node(self.queries.spell(table.name, True), called(alias), names, " ", source)
        clauses = self.clauses(table, columns, alias) if columns and self.chance(0.3) else []
        if table.view or table.virtual:
            return Write("create", table, Node(self.plain_verb(table, "INSERT"), "INTO ", into), columns, source)
        if clauses:
            return Write("create", table, Node("INSERT INTO ", into, *clauses), columns, source, clauses=clauses, alias=alias)
        verb, conflict = self.rng.choice(
            [("INSERT ", "")] * 10
            + [(f"INSERT OR {word} ", "") for word in ("ABORT", "FAIL", "ROLLBACK")]
            + [("INSERT OR REPLACE ", "replace"), ("REPLACE ", "replace"), ("INSERT OR IGNORE ", "ignore")]
        )
        return Write("create", table, Node(verb, "INTO ", into), columns, source, conflict=conflict)

    def alias(self):
        return self.rng.choice(["it", "The Row", "t1"]) if self.chance(0.12) else ""

    def hint(self, table):
        if table.view or table.virtual or not self.chance(0.05):
            return ""
        names = [] if any(c.select == "NONE" for c in table.columns) else [index.split(" ON ")[0] for index in table.indexes]
        return Optional(self.rng.choice([" NOT INDEXED"] + [f" INDEXED BY {name}" for name in names]))

    def plain_verb(self, table, word):
        """For what takes no OR IGNORE and no OR REPLACE."""
        if table.virtual or self.chance(0.7):
            return f"{word} "
        return f"{word} OR {self.rng.choice(['ABORT', 'FAIL', 'ROLLBACK'])} "

    def new_rows(self, table, targets):
        if self.chance(0.6):
            rows = []
            for _ in range(self.rng.choice([1, 1, 1, 2, 3])):
                rows.append(Node("(", *separated([self.value(c, 0.85) for c in targets]), ")"))
            return Node("VALUES ", Items(", ", rows))
        if self.chance(0.2) and not self.queries.ctes:
            return self.selected_rows(targets)
        other = table if table in self.readable and self.chance(0.2) else self.rng.choice(self.readable)
        self.queries.frames = [[self.frame(other)]]
        items = Node(*separated([self.value(c, 0.7) for c in targets]))
        self.queries.budget = 8
        source = Node(
            "SELECT ",
            items,
            " FROM ",
            "main." if self.queries.ctes else "",
            quote(other.name),
            " WHERE ",
            self.queries.truth(2),
            " ORDER BY " + ", ".join(str(i + 1) for i in range(len(targets))),
        )
        self.queries.frames = []
        return source

    def selected_rows(self, targets):
        """The rows of any SELECT, which may have a WITH of its own."""
        self.queries.budget = 14
        node, names = self.queries.select([c.kind for c in targets], 1, names=True)
        order = ", ".join(str(i + 1) for i in range(len(targets)))
        simple = "SELECT " + ", ".join(f"NULL AS {quote(n.name)}" for n in names)
        body = f" SELECT * FROM chosen WHERE 1 ORDER BY {order} LIMIT 4"
        return Node("WITH chosen AS (", Choice(str(node), simpler=[simple]), ")", body)

    def update(self, table):
        keys = [c for c in table.given_columns() if table.is_key(c)]
        candidates = [c for c in table.given_columns() if c not in keys]
        if keys and table.name != "user" and self.chance(0.15):
            candidates += keys
        if not candidates:
            return None
        may = [c for c in candidates if c.update != "NONE" or self.chance(0.05)] or candidates
        targets = self.rng.sample(may, min(len(may), self.rng.choice([1, 1, 2, 2, 3])))
        # A sub-select over the table itself would see the change half made.
        self.queries.readable = [
            t for t in self.readable if t is not table and table.name not in t.bases and t not in self.queries.singles
        ]
        alias = self.alias()
        frame = [self.frame(table, alias)]
        source = ""
        if self.chance(0.25):
            self.queries.budget = 0
            source, others = self.queries.sources(0, most=self.rng.choice([1, 1, 2]))
            makes_up = "RIGHT " in str(source) or "FULL " in str(source)  # rows without one of the table
            if not makes_up and not any(other.name in (table.name, alias) for other in others):
                frame += others
            else:
                source = ""
        self.queries.frames = [frame]
        self.queries.qualify = bool(source)
        sets = self.assignments(targets, 0.6)
        self.queries.readable = self.readable
        self.queries.budget = 10
        where = self.queries.truth(2)
        if source:
            where = Expression(self.queries.equal(frame), " AND ", where)
        self.queries.qualify = False
        where = Where(" WHERE ", where)
        verb, conflict = self.rng.choice(
            [("UPDATE ", "")] * 8
            + [(f"UPDATE OR {word} ", "") for word in ("ABORT", "FAIL", "ROLLBACK")]
            + [("UPDATE OR IGNORE ", "ignore"), ("UPDATE OR REPLACE ", "replace")]
        )
        if table.view or table.virtual:
            verb, conflict = self.plain_verb(table, "UPDATE"), ""
        node = Node(
            verb, self.queries.spell(table.name, True), called(alias), self.hint(table), " SET ", sets, f" FROM {source}" if source else "", where
        )
        write = Write("update", table, node, sets=sets, where=where, source=str(source), conflict=conflict, alias=alias)
        if not source:
            self.limited(write)
        return write

    def delete(self, table):
        alias = self.alias()
        self.queries.frames = [[self.frame(table, alias)]]
        self.queries.budget = 10
        where = Where(" WHERE ", self.queries.truth(2))
        node = Node("DELETE FROM ", self.queries.spell(table.name, True), called(alias), self.hint(table), where)
        write = Write("delete", table, node, where=where, alias=alias)
        self.limited(write)
        return write

    def limited(self, write):
        table = write.table
        if not self.chance(0.15) or table.is_log():
            return
        names = [c.name for c in visible_columns(table)] if table.view else table.key_columns()
        if not table.view and (table.key_is_hidden() or (table.key == "rowid" and not table.shows_rowid())):
            return
        keys = [f"{quote(write.name())}.{k if k == 'rowid' else quote(k)}" for k in names]
        if self.chance(0.5):
            self.queries.budget = 3
            keys.insert(0, f"ifnull({self.queries.value(None, 1)}, 'x')" + self.rng.choice(["", " DESC"]))
        if self.chance(0.4):
            keys[-1] += " DESC"
        write.limit = Optional(
            " ORDER BY ", ", ".join(keys), " LIMIT ", self.rng.choice("123"), self.rng.choice(["", " OFFSET 1"])
        )


def called(alias):
    return f" AS {quote(alias)}" if alias else ""
