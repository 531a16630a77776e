"""The filtered twin: a plain SQLite database that holds only what one user may see.

What a restricted principal reads through the server must be what anybody reads in this copy. Predicates are evaluated
on the full copy by SQLite itself with the variables' values pasted in, so nothing here is shared with the server's
rewriter.
"""

import ctypes
import re
import sqlite3

from schema import literal, quote

VARIABLES = {"$scope": "person", "$session.ns": "twin"}


def strict_strings(copy):
    """Makes "x" a name only, never a string, as it is on the server. Python 3.11 has no way of its own to set that."""
    library = ctypes.CDLL("libsqlite3.so.0")
    handle = ctypes.c_void_p.from_address(id(copy) + object.__basicsize__)  # the first member of sqlite3.Connection
    for option in (1013, 1014):  # SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL
        library.sqlite3_db_config(handle, ctypes.c_int(option), ctypes.c_int(0), ctypes.c_void_p(None))
    try:
        copy.execute('SELECT "no such name"')
    except sqlite3.OperationalError:
        return copy
    raise RuntimeError("double-quoted strings could not be switched off")


def full_copy(schema, rows):
    """A database like the server's, without permissions.

    `rows`: table name → tuples, with the row's rowid first where it has one."""
    full = sqlite3.connect(":memory:", isolation_level=None)
    full.execute("PRAGMA foreign_keys = 0")
    for table in schema.tables:
        full.execute(table.create_statement())
    for table in schema.stored():
        if table.is_kept():
            fill_from_base(full, table)
            continue
        names = (["rowid"] if table.has_rowid() else []) + [quote(c.name) for c in table.given_columns()]
        marks = ", ".join("?" * len(names))
        full.executemany(
            f"INSERT INTO {quote(table.name)} ({', '.join(names)}) VALUES ({marks})", table.given(rows[table.name])
        )
        for index in table.indexes:
            full.execute(f"CREATE INDEX {index}")
    for trigger in (t for table in schema.tables for t in table.triggers):
        full.execute(f"CREATE TRIGGER {trigger}")
    full.execute("PRAGMA foreign_keys = 1")
    full.execute("PRAGMA recursive_triggers = 1")
    return strict_strings(full)


def fill_from_base(full, table):
    """What triggers have put into a full-text table."""
    name, columns = quote(table.name), ", ".join(quote(c.name) for c in table.columns)
    if "content" in table.virtual:
        full.execute(f"INSERT INTO {name} ({name}) VALUES ('rebuild')")
    else:
        full.execute(f"INSERT INTO {name} (rowid, {columns}) SELECT rowid, {columns} FROM {quote(table.bases[0])}")


def predicate(rule, auth):
    """The rule as an SQL expression on the full copy."""
    if rule in ("FULL", "NONE"):
        return "1" if rule == "FULL" else "0"
    values = VARIABLES | {f"$auth.{name}": value for name, value in auth.items()} | {"$auth": auth["id"]}
    return "((" + re.sub(r"\$[\w.]+", lambda m: literal(values[m.group()]), rule) + ") IS TRUE)"


def visible_columns(table):
    return [c for c in table.columns if c.select != "NONE"]


def mentions(text, names):
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in names)


def seen(table, auth, before=()):
    """A SELECT on the full copy that gives what the user sees of a table, behind the columns `before`."""
    values = list(before) + [
        quote(c.name) if c.select == "FULL" else f"CASE WHEN {predicate(c.select, auth)} THEN {quote(c.name)} END"
        for c in visible_columns(table)
    ]
    return f"SELECT {', '.join(values)} FROM {quote(table.name)} WHERE {predicate(table.select, auth)}"


class Copy(sqlite3.Connection):
    """A twin. `keys`: of tables whose key is hidden, rowid on the twin → key."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.keys = {}


def twin(schema, full, auth, plain=False):
    """The user's copy.

    With `plain` it has no indexes and scans backwards: where two twins disagree, a statement has no one answer."""
    copy = sqlite3.connect(":memory:", isolation_level=None, factory=Copy)
    copy.execute("PRAGMA foreign_keys = 0")
    for table in schema.tables:
        if any(getattr(table, o) != "NONE" for o in ("select", "create", "update", "delete")):
            copy_table(copy, table, full, auth, plain)
    if plain:
        copy.execute("PRAGMA reverse_unordered_selects = 1")
        copy.execute("PRAGMA automatic_index = 0")
    return strict_strings(copy)


def is_generated_from_shown(table, column):
    """Whether a twin can make a generated column's values itself."""
    kept_back = [c.name for c in table.columns if c.select != "FULL"]
    return bool(column.generated) and column.select == "FULL" and not mentions(column.generated, kept_back)


def copy_table(copy, table, full, auth, plain):
    columns = visible_columns(table)
    # SQLite 3.40 gives such a column as NULL in some FULL JOINs: a plain twin, which has the value, then says otherwise.
    made = [c.name for c in columns if not plain and is_generated_from_shown(table, c)]
    parts, options = [c.copied_declaration(plain, c.name in made) for c in columns], table.options
    if not plain or table.key != "rowid":
        kept_back = [c.name for c in table.columns if c.select != "FULL"]
        parts += [c for c in table.constraints if not mentions(c, kept_back)]
    names = [quote(c.name) for c in columns]
    if table.has_rowid():
        names.insert(0, "rowid")
        rows = full.execute(seen(table, auth, ["rowid"])).fetchall()
    elif table.key_is_hidden():
        names.insert(0, "rowid")
        options = " STRICT" if "STRICT" in options else ""
        found = full.execute(seen(table, auth, map(quote, table.key_columns()))).fetchall()
        size = len(table.key_columns())
        rows = [(number,) + row[size:] for number, row in enumerate(found, 1)]
        copy.keys[table.name] = {number: row[:size] for number, row in enumerate(found, 1)}
    else:
        rows = full.execute(seen(table, auth)).fetchall()
    if table.virtual:
        copy.execute(f"CREATE VIRTUAL TABLE {quote(table.name)} USING fts5 ({', '.join(names[1:])})")
    else:
        copy.execute(f"CREATE TABLE {quote(table.name)} ({', '.join(parts)}){options}")
    given = [number for number, name in enumerate(names) if name not in map(quote, made)]
    marks, names = ", ".join("?" * len(given)), [names[number] for number in given]
    copy.executemany(
        f"INSERT INTO {quote(table.name)} ({', '.join(names)}) VALUES ({marks})",
        [tuple(row[number] for number in given) for row in rows],
    )
    hidden = [c.name for c in table.columns if c.select == "NONE"]
    for index in table.indexes:
        if not plain and not mentions(index.split(" ON ", 1)[1], hidden):
            copy.execute(f"CREATE INDEX {index}")
