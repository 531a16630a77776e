"""Describes a database with permissions, so that a test can make it on the server and make filtered copies of it.

The description is the single source of three things: the CREATE and DEFINE statements that the server gets, the tables
of a user's twin (twin.py), and what the generators (queries.py, writes.py) know about names and types.
"""

import random
import re
from dataclasses import dataclass, replace
from itertools import compress


@dataclass
class Column:
    name: str
    type: str = ""  # declared type
    kind: str = "int"  # int, real, text, json: what the generators put in its place
    more: str = ""  # the rest of the declaration
    select: str = "FULL"  # NONE, FULL or a predicate
    create: str = "FULL"
    update: str = "FULL"
    not_null: bool = False
    likely: tuple = ()  # SQL of values that a sensible client would write; MINE is the user's id
    generated: str = ""  # the expression of a generated column, and STORED or VIRTUAL behind it

    def declaration(self, masked=False):
        more = self.more + (" NOT NULL" if self.not_null and not masked else "")
        if self.generated:
            expression, where = self.generated.rsplit(" ", 1)
            more += f" GENERATED ALWAYS AS ({expression}) {where}"
        return f"{quote(self.name)} {self.type} {more}".strip()

    def is_rowid(self):
        return self.type.upper() == "INTEGER" and "PRIMARY KEY" in self.more

    def copied_declaration(self, plain=False, generated=False):
        """On a twin: the values are given, but where it is `generated` there too; those that are hidden row by row are
        NULL."""
        masked = self.select != "FULL"
        more = re.sub(r"\bPRIMARY KEY\b", "", self.more) if masked else self.more
        if plain:
            more = re.sub(r"\bUNIQUE\b", "", more)
        return replace(self, more=more, generated=self.generated if generated else "").declaration(masked)


@dataclass
class Table:
    name: str
    columns: list
    key: str = "rowid"  # how rows are told apart: "rowid", or a list of columns for WITHOUT ROWID
    constraints: tuple = ()
    options: str = ""
    select: str = "NONE"
    create: str = "NONE"
    update: str = "NONE"
    delete: str = "NONE"
    view: str = ""  # the SELECT of a view
    indexes: tuple = ()
    triggers: tuple = ()
    unique: tuple = ()  # lists of columns that a new row may conflict on
    changed_with: tuple = ()  # tables that cascades change, and views of what a write changes
    bases: tuple = ()  # the tables that a view reads
    virtual: str = ""  # the module and its arguments; with bases, they fill it
    writes: tuple = ()  # of a view: the operations that INSTEAD OF triggers do
    meddles: bool = False  # its triggers change other tables: OR IGNORE and OR REPLACE would be said to them on a copy

    def column(self, name):
        return next(c for c in self.columns if c.name == name)

    def has_rowid(self):
        return self.key == "rowid" and not self.view

    def is_log(self):
        """A table that triggers fill: its rowids depend on the order of changes and are nobody's business."""
        return self.key == []

    def is_checked(self):
        return any(c.startswith("CHECK") for c in self.constraints)

    def is_kept(self):
        """Whether triggers keep a full-text table in step with another."""
        return bool(self.virtual and self.bases)

    def shows_rowid(self):
        """Whether users may name the rowid: where it is a field, that field must be open."""
        return self.has_rowid() and all(c.select == "FULL" for c in self.columns if c.is_rowid())

    def operations(self):
        """What it can have permissions for."""
        return ("select",) if self.view and not self.writes else ("select", "create", "update", "delete")

    def key_columns(self):
        if self.view:
            return [c.name for c in self.columns]
        return ["rowid"] if self.key == "rowid" else self.key

    def key_is_hidden(self):
        """Whether a twin cannot have the key, or not of all rows."""
        return bool(self.view) or (self.key != "rowid" and any(self.column(k).select != "FULL" for k in self.key))

    def is_key(self, column):
        """Whether rows are told apart by it."""
        return column.is_rowid() or (self.key != "rowid" and column.name in self.key)

    def reads(self, tables):
        """Whether rules read one of these tables or views."""
        rules = [self.select, self.create, self.update, self.delete]
        rules += [r for c in self.columns for r in (c.select, c.create, c.update)]
        names = "|".join(map(re.escape, tables))
        return any(re.search(rf'FROM "?({names})\b', rule) for rule in rules)

    def is_unsteady(self):
        """Whether rules read what a write to the table changes."""
        return self.reads((self.name,) + self.changed_with)

    def given_columns(self):
        return [c for c in self.columns if not c.generated]

    def given(self, rows):
        """Rows as they were read, without what is generated."""
        before = 1 if self.has_rowid() else 0
        kept = [True] * before + [not c.generated for c in self.columns]
        return [tuple(compress(row, kept)) for row in rows]

    def create_statement(self):
        if self.view:
            return f"CREATE VIEW {quote(self.name)} AS {self.view}"
        if self.virtual:
            return f"CREATE VIRTUAL TABLE {quote(self.name)} USING {self.virtual}"
        parts = [c.declaration() for c in self.columns] + list(self.constraints)
        return f"CREATE TABLE {quote(self.name)} ({', '.join(parts)}){self.options}"

    def define_statements(self):
        def rule(text):
            return text if text in ("NONE", "FULL") else f"WHERE {text}"

        operations = self.operations()
        result = []
        if any(getattr(self, o) != "NONE" for o in operations):
            rules = ", ".join(f"FOR {o} {rule(getattr(self, o))}" for o in operations)
            result.append(f"DEFINE TABLE {quote(self.name)} PERMISSIONS {rules}")
        for column in self.columns:
            operations = [o for o in self.operations() if o != "delete"]
            if any(getattr(column, o) != "FULL" for o in operations):
                # A field's operations that are not named follow its table only where all of them are left out.
                rules = ", ".join(f"FOR {o} {rule(getattr(column, o))}" for o in operations)
                result.append(f"DEFINE FIELD {quote(column.name)} ON TABLE {quote(self.name)} PERMISSIONS {rules}")
        return result


@dataclass
class Schema:
    tables: list

    def table(self, name):
        return next(t for t in self.tables if t.name == name)

    def stored(self):
        return [t for t in self.tables if not t.view]

    def written(self):
        return [t for t in self.tables if not t.view or t.writes]

    def hides(self, message):
        """Whether a message ends in the name of a field that nobody may read."""
        names = "|".join(re.escape(c.name) for t in self.tables for c in t.columns if c.select == "NONE")
        return bool(names) and re.search(rf"\b({names})$", message, re.IGNORECASE) is not None

    def definition(self):
        """The statements that make it."""
        statements = [t.create_statement() for t in self.tables]
        statements += [f"CREATE INDEX {i}" for t in self.tables for i in t.indexes]
        statements += [f"CREATE TRIGGER {t}" for table in self.tables for t in table.triggers]
        return statements + [s for t in self.tables for s in t.define_statements()]


def quote(name):
    return '"' + name.replace('"', '""') + '"'


MIN64 = -9223372036854775808
MINE = "MINE"
NOBODY = 99  # an author who never signs up: what no user of the test sees may be poisonous


LIKELY = {
    "author": (MINE,) * 12 + ("99",),
    "user": (MINE,) * 12 + ("99",),
    "room": ("1", "2", "3", "4", "5"),
    "post": ("1", "2", "3", "4", "5", "6"),
    "id": ("30", "31", "32", "33", "34", "35"),
    "n": ("1", "2", "4", "9", "60"),
    "draft": ("0", "1"),
    "open": ("0", "1"),
    "role": ("'guest'", "'guest'", "'owner'"),
}


def house():
    """Rooms with members, posts and comments: every kind of table, rule and affinity that the guards must get right."""
    own = "author = $auth.id"
    schema = Schema(
        [
            Table(
                "user",
                [
                    Column("id", "INTEGER", "int", "PRIMARY KEY"),
                    Column("email", "TEXT", "text", "UNIQUE", not_null=True),
                    Column("name", "TEXT", "text", "COLLATE NOCASE"),
                    Column("pass", "TEXT", "text", select="NONE"),
                    Column("team", "INTEGER", "int"),
                    Column("age", "INTEGER", "int", select="id = $auth.id", update="id = $auth.id"),
                ],
                select="id = $auth.id OR team = $auth.team",
                update="id = $auth.id",
                unique=(["id"], ["email"]),
            ),
            Table(
                "room",
                [
                    Column("id", "INTEGER", "int", "PRIMARY KEY"),
                    Column("title", "TEXT", "text", "COLLATE NOCASE"),
                    Column("open", "INTEGER", "int"),
                ],
                select="open = 1"
                " OR EXISTS (SELECT 1 FROM member WHERE member.room = room.id AND member.user = $auth.id)",
                create="FULL",
                unique=(["id"],),
            ),
            Table(
                "member",
                [
                    Column("user", "INTEGER", "int", not_null=True),
                    Column("room", "INTEGER", "int", not_null=True),
                    Column("role", "TEXT", "text"),
                ],
                key=["user", "room"],
                constraints=("PRIMARY KEY (user, room)",),
                unique=(["user", "room"],),
                options=" WITHOUT ROWID",
                select="user = $auth.id OR role = 'owner'",
                create="user = $auth.id",
                update="user = $auth.id AND role <> 'owner'",
                delete="user = $auth.id",
            ),
            Table(
                "post",
                [
                    Column("id", "INTEGER", "int", "PRIMARY KEY"),
                    Column("room", "INTEGER", "int", "REFERENCES room(id)"),
                    Column("author", "INTEGER", "int"),
                    Column("title", "TEXT", "text"),
                    Column("body", "TEXT", "json"),
                    Column("score", "INTEGER", "int", select=own),
                    Column("note", "TEXT", "text", select=own + " OR room = 1", create=own, update="draft = 1"),
                    Column("label", "VARCHAR(20)", "text", "COLLATE NOCASE", select="score > 3"),
                    Column(
                        "weight",
                        "REAL",
                        "real",
                        select="weight IS NOT NULL AND room IN (SELECT room FROM member WHERE user = $auth.id)",
                    ),
                    Column("secret", "TEXT", "text", select="NONE"),
                    Column("stamp", "INTEGER", "int", "DEFAULT 7", create="NONE", update="NONE"),
                    Column("draft", "INTEGER", "int", "DEFAULT 0"),
                ],
                select="draft = 0 OR " + own,
                create=own,
                update=own,
                delete=own + " AND draft = 1",
                unique=(["id"],),
                indexes=(
                    "post_author ON post(author)",
                    "post_score ON post(score)",
                    "post_note ON post(note, id)",
                    "post_draft ON post(draft)",
                ),
            ),
            Table(
                "comment",
                [
                    Column("post", "INTEGER", "int", "REFERENCES post(id) ON DELETE CASCADE"),
                    Column("author", "INTEGER", "int"),
                    Column("text", "TEXT", "text"),
                    Column("at", "REAL", "real"),
                    Column("extra", "", "int", select=own),
                ],
                select="post IN (SELECT id FROM post WHERE draft = 0) OR " + own,
                create=own + " AND post IS NOT NULL",
                update=own + " AND at > 1",
                delete=own,
                indexes=("comment_post ON comment(post)", "comment_extra ON comment(extra)"),
            ),
            Table(
                "tag",
                [
                    Column("name", "TEXT", "text", "COLLATE NOCASE"),
                    Column("post", "INTEGER", "int"),
                    Column("odd name", "NUMERIC", "int"),
                    Column("order", "", "text"),
                ],
                constraints=("UNIQUE (name, post)",),
                unique=(["name", "post"],),
                select="FULL",
                create="FULL",
                delete="FULL",
            ),
            Table(
                "pick",
                [Column("n", "INTEGER", "int")],
                select="n % 2 = 1 OR n = $auth.id",
                create="n < 100",
                update="n < 50",
                delete="n > 3",
            ),
            Table("audit", [Column("id", "INTEGER", "int", "PRIMARY KEY"), Column("line", "TEXT", "text")]),
            Table(
                "recent",
                [
                    Column("id", "INTEGER", "int"),
                    Column("title", "TEXT", "text"),
                    Column("points", "INTEGER", "int"),
                    Column("room", "INTEGER", "int"),
                    Column("label", "VARCHAR(20)", "text", "COLLATE NOCASE"),
                ],
                view="SELECT id, title, CAST(score % 10 AS INTEGER) AS points, room, label FROM post WHERE draft = 0",
                bases=("post",),
                select="room IS NULL OR room <> 2",
            ),
        ]
    )
    for table in schema.tables:
        for column in table.columns:
            column.likely = LIKELY.get(column.name, ())
    return schema


def fill(seed, users):
    """The house's rows for every stored table but `user`, whose rows the sign-ups make.

    Whole-number reals are avoided (1 and 1.0 are equal, and either may stand for the group), and so are two spellings
    of a NOCASE value in one table."""
    rng = random.Random(seed)
    rooms = [(i, ["Hall", "attic", "Cellar", None, "Garden"][i - 1], i % 2) for i in range(1, 6)]
    authors = users + [NOBODY]
    members = sorted({(rng.choice(authors), rng.randint(1, 5)) for _ in range(9)})
    members = [(u, r, rng.choice(["owner", "guest", "guest"])) for u, r in members]
    posts = []
    for i in range(1, 25):
        author, draft = rng.choice(authors), rng.choice([0, 0, 1])
        hidden = author == NOBODY
        poison = hidden and rng.random() < 0.6
        posts.append(
            (
                i,
                rng.choice([1, 2, 3, None]),
                author,
                rng.choice(["a", "b%", "Ab_c", "10", "x1", None, ""]),
                "{broken" if hidden and draft and poison else rng.choice(
                    ['{"n":1,"a":[1,2]}', '{"n":2}', "[1,2,3]", None, '"s"']
                ),
                MIN64 if poison else rng.choice([0, 1, 2, 3, 4, 5, 6, None]),
                rng.choice(["5", "note", "05", None, "1.5", "zz"]),
                rng.choice(["Red", "green", None, "7"]),
                rng.choice([0.5, 1.5, 2.25, -3.5, None]),
                "secret%d" % i,
                rng.choice([7, 8, None]),
                draft,
            )
        )
    comments = [
        (
            rng.randint(1, 24),
            rng.choice(authors),
            rng.choice(["hi", "a", "b", "Note", None, "10"]),
            rng.choice([0.5, 1.5, 2.5, None]),
            rng.choice([1, "1", "x", None, 2, b"\x01\xff"]),
        )
        for _ in range(22)
    ]
    names = ["red", "GREEN", "Blue", "note", "7"]
    tags = sorted({(rng.choice(names), rng.choice([1, 2, 3, 4, 5])) for _ in range(12)})
    tags = [(n, p, rng.choice([1, 2, "q", None, 3]), rng.choice(["a", "b", None, 5])) for n, p in tags]
    picks = [(n,) for n in (1, 2, 3, 4, 5, 6, 7, 8, None)]
    return {
        "room": rooms, "member": members, "post": posts, "comment": comments, "tag": tags, "pick": picks,
        "audit": [(1, "a"), (2, "b")],
    }


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if value == MIN64:
        return "(-9223372036854775807 - 1)"
    return repr(value)
