"""Reads CREATE TABLE, CREATE INDEX and DEFINE TABLE/FIELD statements of a file into a Schema.

It knows what examples/ has: one column or constraint an item, PERMISSIONS with FOR lists.
"""

import re

from schema import Column, Schema, Table

TABLE_WORDS = ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT")
OPERATION = r"(?:select|create|update|delete)"


def statements(text):
    """The statements of SQL without strings that have a semicolon or `--` in them."""
    text = re.sub(r"--[^\n]*", "", text)
    return [re.sub(r"\s+", " ", one).strip() for one in text.split(";") if one.strip()]


def items(text):
    """What stands between the commas that are in no parentheses."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [item.strip() for item in found]


def table_of(statement):
    name, body, options = re.match(r"CREATE TABLE (\w+) \((.*)\)([^()]*)$", statement).groups()
    columns, constraints, unique = [], [], []
    for item in items(body):
        word, _, rest = item.partition(" ")
        if word.upper() in TABLE_WORDS:
            constraints.append(item)
            continue
        kind, _, more = rest.partition(" ")
        not_null = "NOT NULL" in more
        values = "int" if kind == "INTEGER" else "text"
        columns.append(Column(word, kind, values, more.replace("NOT NULL", "").strip(), not_null=not_null))
        if "UNIQUE" in more or "PRIMARY KEY" in more:
            unique.append([word])
    table = Table(name, columns, constraints=tuple(constraints), options=options.rstrip(), unique=tuple(unique))
    key = [re.match(r"PRIMARY KEY \((.*)\)", c) for c in constraints]
    if "WITHOUT ROWID" in options:
        table.key = [name.strip() for found in key if found for name in found[1].split(",")]
    return table


def permissions(text):
    """Operation → NONE, FULL or a predicate."""
    rules = {}
    for part in re.split(rf"(?:^|, )FOR (?={OPERATION})", text)[1:]:
        operations, rule = re.match(rf"({OPERATION}(?:, {OPERATION})*) (.*)", part).groups()
        for operation in operations.split(", "):
            rules[operation] = rule.removeprefix("WHERE ")
    return rules


def read_schema(text):
    schema = Schema([])
    for statement in statements(text):
        if statement.startswith("CREATE TABLE"):
            schema.tables.append(table_of(statement))
        elif found := re.match(r"CREATE INDEX (\w+ ON (\w+).*)", statement):
            table = schema.table(found[2])
            table.indexes += (found[1],)
        elif found := re.match(r"DEFINE (TABLE|FIELD (\w+) ON) (\w+) PERMISSIONS (.*)", statement):
            subject = schema.table(found[3])
            if found[2]:
                subject = subject.column(found[2])
                subject.select = subject.create = subject.update = "NONE"
            for operation, rule in permissions(found[4]).items():
                setattr(subject, operation, rule)
    return schema
