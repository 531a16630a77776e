"""Full-text tables: random ones, that hold rows of their own or are kept in step with a table, and random searches."""

from schema import Column, Table, quote
from sources import Sources
from tree import Expression, Items, Node, Optional

WORDS = ["ann", "bob", "note", "7", "x", "zz", "b", "1", "n"]


def random_search_table(rng, schema):
    """A full-text table, or None; its triggers are given to the table that it is kept in step with."""
    bases = [t for t in schema.stored() if t.key == "rowid" and text_columns(t)]
    if not bases or rng.random() < 0.55:
        return None
    base, form = rng.choice(bases), rng.choice(["own", "kept", "content"])
    if form == "own":
        columns = [Column(n, "", "text", likely=("'ann note'", "'Bob'", "'7 x'", "NULL")) for n in ("title", "body")]
        return Table("search", columns, virtual="fts5 (title, body)")
    names = [c.name for c in rng.sample(text_columns(base), min(len(text_columns(base)), 2))]
    table = Table("search", [Column(n, "", "text") for n in names], bases=(base.name,))
    listed = ", ".join(map(quote, names))
    table.virtual = f"fts5 ({listed})"
    if form == "content":
        key = next((c.name for c in base.columns if c.is_rowid()), "rowid")
        table.virtual = f"fts5 ({listed}, content = '{base.name}', content_rowid = '{key}')"
    new, old = (", ".join(f"{row}.{quote(n)}" for n in names) for row in ("new", "old"))
    put = f"INSERT INTO search (rowid, {listed}) VALUES (new.rowid, {new})"
    take = "DELETE FROM search WHERE rowid = old.rowid" if form == "kept" else (
        f"INSERT INTO search (search, rowid, {listed}) VALUES ('delete', old.rowid, {old})"
    )
    base.triggers += tuple(
        f"search_{event.lower()} AFTER {event} ON {quote(base.name)} BEGIN {body}; END"
        for event, body in (("INSERT", put), ("UPDATE", f"{take}; {put}"), ("DELETE", take))
    )
    for other in schema.tables:
        if other is base or base.name in other.changed_with:
            other.changed_with += ("search",)
    return table


def text_columns(table):
    return [c for c in table.columns if c.kind in ("text", "json") and not c.generated]


class Searches(Sources):
    """Adds SELECTs with MATCH."""

    def searched(self):
        return [t for t in self.readable if t.virtual]

    def pattern(self, table):
        word, other = self.pick(*WORDS), self.pick(*WORDS)
        column = f'"{self.rng.choice(table.columns).name}"'
        return "'" + self.pick(
            word, word, word, f"{word}*", f"{word} OR {other}", f"{word} AND {other}", f"{word} NOT {other}",
            f'"{word} {other}"', f"^{word}", f"{column} : {word}", f"- {column} : {word}", f"NEAR({word} {other}, 3)",
            f"{word} {other}", f"({word} OR {other}) NOT zz"
        ) + "'"

    def search(self):
        """(node, whether its rows have a total order)."""
        table = self.rng.choice(self.searched())
        whole = table.select == "FULL"
        alias = self.pick(None, None, "s")
        name = alias or "search"
        columns = [f"{name}.{quote(c.name)}" for c in table.columns]
        place = self.rng.randrange(len(columns))
        handle = self.pick("search", f"{name}.search")
        items = [f"{name}.rowid"] + columns + [
            f"highlight({handle}, {place}, '<', '>')", f"snippet({handle}, {place}, '<', '>', '…', 3)",
        ]
        ranks = ["rank", f"{name}.rank", f"bm25({handle})", f"bm25({handle}, 2.0, 1.0)"] if whole else []
        chosen = [self.pick(*items, *ranks) for _ in range(self.rng.randint(1, 3))]
        pattern = self.pattern(table)
        term = self.pick(f"{handle} MATCH {pattern}", f"{handle} = {pattern}", f"{columns[place]} MATCH {pattern}")
        source = f"search AS {alias}" if alias else "search"
        if whole and not alias and self.chance(0.2):
            source, term = f"search({pattern})", "1"
        form = self.rng.randrange(6)
        if form in (0, 4) and self.chance(0.1):  # in joins it depends on the plan whether that is looked at
            source, term = f"search AS {alias}" if alias else "search", f"{handle} MATCH '\"'"
        where = Optional(" AND ", self.pick(*columns, f"{name}.rowid"), self.pick(" IS NOT NULL", " <> '7'", " > 2"))
        others = [t for t in self.readable if not t.virtual and t.shows_rowid()]
        if form == 0:
            return Node("SELECT count(*), max(", self.pick(*columns), f") FROM {source} WHERE {term}", where), False
        if form == 1 and others:
            other = self.rng.choice(others)
            inner = f"SELECT {name}.rowid FROM {source} WHERE {term}"
            condition = self.pick(f"t.rowid IN ({inner})", f"EXISTS ({inner} AND {name}.rowid = t.rowid)")
            return Node("SELECT * FROM ", quote(other.name), f" AS t WHERE {condition}"), False
        if form in (2, 3) and others:
            other = f"{quote(self.rng.choice(others).name)} AS t"
            chosen.append("t.rowid")
            sides = self.pick((source, other), (other, source))
            joined = f"{sides[0]} JOIN {sides[1]} ON t.rowid = {name}.rowid"
            return Node("SELECT ", Items(", ", chosen), f" FROM {joined} WHERE {term}", where), False
        if form == 4:
            order = self.pick(*ranks, *columns) + self.pick("", " DESC")
            return Node(
                "SELECT ", Items(", ", chosen), f" FROM {source} WHERE {term}", where,
                f" ORDER BY {order}, {name}.rowid", Optional(" LIMIT ", self.pick("1", "3"), self.pick("", " OFFSET 1"))
            ), True
        return Node("SELECT ", Items(", ", chosen), f" FROM {source} WHERE {term}", where), False
