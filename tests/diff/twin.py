"""The filtered twin: a plain SQLite database that holds only what one user may see.

What a restricted principal reads through the server must be what anybody reads in this copy. Predicates are evaluated
on the full copy by SQLite itself with the variables' values pasted in, so nothing here is shared with the server's
rewriter.
"""

import ctypes
import re
import sqlite3

from schema import literal, quote


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
        names = (["rowid"] if table.has_rowid() else []) + [quote(c.name) for c in table.columns]
        marks = ", ".join("?" * len(names))
        full.executemany(f"INSERT INTO {quote(table.name)} ({', '.join(names)}) VALUES ({marks})", rows[table.name])
        for index in table.indexes:
            full.execute(f"CREATE INDEX {index}")
    full.execute("PRAGMA foreign_keys = 1")
    full.execute("PRAGMA recursive_triggers = 1")
    return strict_strings(full)


def predicate(rule, auth):
    """The rule as an SQL expression on the full copy."""
    if rule in ("FULL", "NONE"):
        return "1" if rule == "FULL" else "0"
    return "((" + re.sub(r"\$auth\.(\w+)", lambda m: literal(auth[m.group(1)]), rule) + ") IS TRUE)"


def visible_columns(table):
    return [c for c in table.columns if c.select != "NONE"]


def seen(table, auth, with_rowid=True):
    """A SELECT on the full copy that gives what the user sees of a table."""
    values = [
        quote(c.name) if c.select == "FULL" else f"CASE WHEN {predicate(c.select, auth)} THEN {quote(c.name)} END"
        for c in visible_columns(table)
    ]
    if with_rowid and table.has_rowid():
        values.insert(0, "rowid")
    return f"SELECT {', '.join(values)} FROM {quote(table.name)} WHERE {predicate(table.select, auth)}"


def twin(schema, full, auth, plain=False):
    """The user's copy.

    With `plain` it has no indexes and scans backwards: where two twins disagree, a statement has no one answer."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    copy.execute("PRAGMA foreign_keys = 0")
    for table in schema.tables:
        if all(getattr(table, o) == "NONE" for o in ("select", "create", "update", "delete")):
            continue
        columns = visible_columns(table)
        masked = [c.select != "FULL" for c in columns]
        declarations = [c.declaration(m) for c, m in zip(columns, masked)]
        if table.view:
            copy.execute(f"CREATE TABLE {quote(table.name)} ({', '.join(declarations)})")
        else:
            constraints = [c for c in table.constraints if not plain or table.key != "rowid"]
            if plain:
                declarations = [d.replace(" UNIQUE", "") for d in declarations]
            copy.execute(f"CREATE TABLE {quote(table.name)} ({', '.join(declarations + constraints)}){table.options}")
        names = [quote(c.name) for c in columns]
        if table.has_rowid():
            names.insert(0, "rowid")
        marks = ", ".join("?" * len(names))
        copy.executemany(
            f"INSERT INTO {quote(table.name)} ({', '.join(names)}) VALUES ({marks})",
            full.execute(seen(table, auth)).fetchall(),
        )
        hidden = [quote(c.name) for c in table.columns if c.select == "NONE"]
        for index in table.indexes:
            if not plain and not any(h.strip('"') in index for h in hidden):
                copy.execute(f"CREATE INDEX {index}")
    if plain:
        copy.execute("PRAGMA reverse_unordered_selects = 1")
        copy.execute("PRAGMA automatic_index = 0")
    return strict_strings(copy)
