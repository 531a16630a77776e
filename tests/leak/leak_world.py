"""Tables with every kind of permission, and rows of which one user may see a part.

What the user (id 7, team 70) may see is the same in each world; what is hidden comes from a `Hidden`. All tables have
the same columns, so that each attack of leak_attacks.py can be tried on each of them.
"""

import base64

USER, TEAM, STRANGER = 7, 70, 8
TEXT = "Kanary9qZx"
NUMBER = 0x1B3BEA910
COLUMNS = ("id", "own", "open", "pub", "secret", "num")
VISIBLE = (1, 3, 5, 20, 1000)  # the largest id is a visible one: SQLite's next number does not depend on hidden rows
MIN64 = -9223372036854775808

OWN = "own = $auth.id"
FRIENDS = "SELECT friend.person FROM friend WHERE friend.of = $auth.id"


class Hidden:
    """What nobody may learn: fields of rows that are seen, whole rows (id, pub, secret, num), and hidden keys."""

    def __init__(self, field, rows, key):
        self.field = field
        self.rows = rows
        self.key = key


def canary_json(number):
    return '{"k":"%s%d","n":[%d]}' % (TEXT, number, NUMBER + number)


def canary_field(number):
    secret = canary_json(number) if number % 2 == 0 else f"{TEXT}{number}"
    return secret, NUMBER + number


WORLDS = {
    "canaries": Hidden(
        canary_field,
        [(i, f"{TEXT}pub{i}", *canary_field(i)) for i in (2, 4, 9, 50, 51)],
        lambda number: NUMBER - 2000 + number,
    ),
    "backwards": Hidden(  # the opposite order, and values on which functions fail
        lambda number: (f"a{10000 - number}{{", MIN64 + (number if number != 3 else 0)),
        [(i, f"{1000 - i}%_", "{broken", MIN64) for i in (4, 6, 8, 10, 12, 60, 61, 62, 63, 64, 999)],
        lambda number: 1900 - number,
    ),
    "nothing": Hidden(lambda number: (None, None), [], lambda number: number * 7919 % 1009),
    "large": Hidden(
        lambda number: ("[" * 1500 + str(number * 37 % 11), 1e300 if number % 2 else bytes([number % 256, 255, 0])),
        [(i, "%" * 1200, '"' * 1500, b"\x00\xff") for i in range(100, 140)],
        lambda number: number + 300,
    ),
}


class Subject:
    """A table with permissions. `hides` says what of it is hidden: "rows", "fields", "both" or "all"."""

    def __init__(self, name, hides="rows", select="open = 1", write=OWN, own=USER, closed=0, indexes=(), key="PRIMARY KEY",
                 constraint="", options="", fields=(), stored=None, hidden_fields=None, permissions=None, unseen=(),
                 writable=None):
        self.name = name
        self.hides = hides
        self.own = own
        self.closed = closed
        self.indexes = indexes
        self.stored = stored or name  # the table itself, of a view
        self.writable = self.stored == name if writable is None else writable  # a view has INSTEAD OF triggers
        self.key = key
        self.constraint = constraint
        self.options = options
        self.fields = fields
        self.unseen = unseen  # columns that are not there for the user
        self.permissions = permissions or (
            f"FOR select WHERE {select}, FOR create, update, delete WHERE {write}" if self.writable
            else f"FOR select WHERE {select}"
        )
        self.hidden_fields = hidden_fields or (lambda own: own != USER)

    def make(self):
        sql = [
            f"CREATE TABLE {self.stored} (id INTEGER {self.key}, own INTEGER, open INTEGER, pub TEXT, secret TEXT,"
            f" num{self.constraint}){self.options}"
        ]
        if self.stored != self.name:
            sql.append(f"CREATE VIEW {self.name} AS SELECT {', '.join(COLUMNS)} FROM {self.stored}")
        if self.stored != self.name and self.writable:
            news, sets = ", ".join(f"new.{name}" for name in COLUMNS), ", ".join(f"{name} = new.{name}" for name in COLUMNS)
            sql += [
                f"CREATE TRIGGER {self.name}_i INSTEAD OF INSERT ON {self.name} BEGIN INSERT INTO {self.stored} ({', '.join(COLUMNS)}) VALUES ({news}); END",
                f"CREATE TRIGGER {self.name}_u INSTEAD OF UPDATE ON {self.name} BEGIN UPDATE {self.stored} SET {sets} WHERE id = old.id; END",
                f"CREATE TRIGGER {self.name}_d INSTEAD OF DELETE ON {self.name} BEGIN DELETE FROM {self.stored} WHERE id = old.id; END",
            ]
        sql += [f"CREATE INDEX {self.name}_{i} ON {self.stored}{what}" for i, what in enumerate(self.indexes)]
        if self.permissions != "none":
            sql.append(f"DEFINE TABLE {self.name} PERMISSIONS {self.permissions}")
        for field, rule in self.fields:
            rest = ", FOR create, update FULL" if self.writable else ""
            sql.append(f"DEFINE FIELD {field} ON {self.name} PERMISSIONS FOR select {rule}{rest}")
        return sql

    def role(self):
        """The same rights as TABLE … FIELDS (…) of a role; None where there are none."""
        if self.permissions == "none":
            return None
        rules = dict(self.fields)
        rest = ", FOR create, update FULL" if self.writable else ""
        fields = [f"{name} FOR select {rules[name]}{rest}" if name in rules else name for name in COLUMNS]
        return f"TABLE {self.name} {self.permissions}, FIELDS ({', '.join(fields)})"

    def role_again(self):
        """A part of the same, for another role; None where the table is not open by a simple predicate."""
        if self.permissions != "FULL" and "FOR select FULL" not in self.permissions and "select WHERE open = 1" not in self.permissions:
            return None
        return f"TABLE {self.name} FOR select WHERE open = 1 AND own = $auth.id AND id > 0, FIELDS ({self.shown()})"

    def rows(self, hidden):
        """Rows as tuples of COLUMNS, the hidden ones among the others."""
        rows = []
        for place, number in enumerate(VISIBLE):
            own = self.own if place % 2 == 0 or self.hides == "rows" else STRANGER
            secret, num = f"s{(place * 3) % 5}", (place * 2) % 5
            if self.hides in ("fields", "both") and self.hidden_fields(own):
                secret, num = hidden.field(number)
            rows.append((number, own, 1, f"p{(place * 4) % 5}", secret, num))
        if self.hides == "all":
            rows = []
        if self.hides != "fields":
            rows += [(i, STRANGER, self.closed, pub, secret, num) for i, pub, secret, num in hidden.rows]
        return rows

    def shown(self):
        """Columns of which nothing is hidden; the key, which would follow otherwise, is told outright."""
        rules = dict(self.fields)
        keys = [f"{name} NONE" for name in ("id",) if rules.get(name) == "NONE"]
        return ", ".join(keys + [name for name in ("id", "pub") if name not in rules])

    def insert(self, hidden):
        rowid = "" if self.key or self.options else "rowid, "
        rows = [(row[:1] if rowid else ()) + row for row in self.rows(hidden)]
        return [
            f"INSERT INTO {self.stored} ({rowid}{', '.join(COLUMNS)}) VALUES ({', '.join(map(literal, row))})" for row in rows
        ]


def everything_hidden(own):
    return True


NONE = (("secret", "NONE"), ("num", "NONE"))
SOME = (("secret", f"WHERE {OWN}"), ("num", f"WHERE {OWN}"))
SEEN = {"hides": "fields", "select": "open = 1"}

# One for each kind of predicate.
KINDS = [
    Subject("simple", indexes=("(open)", "(secret)", "(pub, num)")),
    Subject("either", select=f"open = 1 OR {OWN}", indexes=("(open)", "(own)", "(num, secret)")),
    Subject("nullable", select="open > 0", closed=None, indexes=("(open)", "(pub)")),
    Subject("negated", select="NOT (open = 0)", closed=None),
    Subject("inside", select=f"own IN ({FRIENDS})", write=f"own IN ({FRIENDS})", indexes=("(own)", "(secret)")),
    Subject("existing", select="EXISTS (SELECT 1 FROM friend WHERE friend.of = $auth.id) AND open = 1"),
    Subject("related", select="EXISTS (SELECT 1 FROM friend WHERE friend.person = related.own AND friend.of = $auth.id)",
            indexes=("(num)",)),
    Subject("counted", select="(SELECT count(*) FROM friend f WHERE f.person = counted.own AND f.of = $auth.id) > 0"),
    Subject("team", select="own = $auth.team", write="own = $auth.team", own=TEAM, indexes=("(own, secret)",)),
    Subject("scoped", select="open = 1 AND $scope = 'account' OR $scope = 'admin'"),
    Subject("itself", select="id IN (SELECT i.id FROM itself i WHERE i.open = 1)", indexes=("(secret)",)),
    Subject("closed", hides="all", permissions="none"),
    Subject("unread", hides="all", permissions="FOR create FULL"),
    Subject("fieldnone", hides="fields", permissions="FULL", fields=NONE, hidden_fields=everything_hidden,
            unseen=("secret", "num")),
    Subject("fieldwhere", hides="fields", permissions=f"FOR select FULL, FOR create, update, delete WHERE {OWN}",
            fields=SOME),
    Subject("fieldrelated", hides="fields", permissions=f"FOR select FULL, FOR create, update, delete WHERE {OWN}", fields=(
        ("secret", "WHERE EXISTS (SELECT 1 FROM friend WHERE friend.person = fieldrelated.own AND friend.of = $auth.id)"),
        ("num", f"WHERE own IN ({FRIENDS})"))),
    Subject("both", hides="both", fields=SOME),
    Subject("viewed", stored="viewed_base", indexes=("(secret)",)),
    Subject("viewedfields", hides="both", stored="viewedfields_base", fields=SOME, indexes=("(secret)", "(num, pub)")),
    Subject("viewedwritten", stored="viewedwritten_base", writable=True, indexes=("(secret)",)),
    Subject("viewedchanged", hides="both", stored="viewedchanged_base", writable=True, fields=SOME, indexes=("(secret)", "(num, pub)")),
    Subject("nokey", key="", indexes=("(secret)",)),
    Subject("keyed", key="", constraint=", PRIMARY KEY (pub, id)", options=" WITHOUT ROWID"),
]

# Where an index, a key or a predicate would put rows into the order of what is hidden.
ORDERS = [
    Subject("alone", **SEEN, fields=SOME, indexes=("(secret)", "(num)")),
    Subject("descending", **SEEN, fields=SOME, indexes=("(secret DESC)",)),
    Subject("unseen", **SEEN, fields=NONE, hidden_fields=everything_hidden, indexes=("(secret)", "(num)"),
            unseen=("secret", "num")),
    Subject("covering", **SEEN, fields=SOME, indexes=("(secret, open, id)", "(open, num)")),
    Subject("visible", **SEEN, fields=SOME, indexes=("(pub)", "(pub, own, secret)", "(open)")),
    Subject("computed", **SEEN, fields=SOME, indexes=("(length(secret), id)", "(lower(secret))")),
    Subject("partial", **SEEN, fields=SOME, indexes=("(id) WHERE secret > 'b'", "(pub) WHERE num IS NOT NULL")),
    Subject("single", **SEEN, fields=SOME, constraint=" UNIQUE"),
    Subject("uncollated", **SEEN, fields=SOME, indexes=("(secret COLLATE NOCASE)",)),
    Subject("judged", hides="fields", select="typeof(num) <> 'x' AND secret IS NOT 'never'", fields=NONE,
            hidden_fields=everything_hidden, indexes=("(secret)", "(num)"), unseen=("secret", "num")),
    Subject("ranged", hides="fields", select="num >= -9223372036854775807 - 1 OR num IS NULL", fields=NONE,
            hidden_fields=everything_hidden, indexes=("(num)",), unseen=("secret", "num")),
    Subject("together", **SEEN, fields=SOME, constraint=", UNIQUE (secret, id)", indexes=("(own)",)),
    Subject("ordered", **SEEN, fields=SOME, key="", constraint=", PRIMARY KEY (pub, id)", options=" WITHOUT ROWID",
            indexes=("(secret)",)),
    Subject("barekey", **SEEN, fields=SOME, key="", indexes=("(secret)", "(num, secret)")),
    Subject("implied", **SEEN, fields=SOME, indexes=("(secret) WHERE open = 1",)),
    Subject("impliedbyuser", hides="fields", permissions=f"FOR select FULL, FOR create, update, delete WHERE {OWN}",
            fields=SOME, indexes=("(secret) WHERE open = 1",)),
    Subject("prefixed", **SEEN, fields=SOME, indexes=("(open, secret)", "(own, open, num)")),
    Subject("wide", **SEEN, fields=SOME, indexes=("(secret, open, pub, own, id, num)",)),
    Subject("viewedwide", **SEEN, stored="viewedwide_base", fields=SOME, indexes=("(secret, open, pub)", "(num, pub, open, own)")),
    Subject("viewedkey", **SEEN, stored="viewedkey_base", fields=NONE, hidden_fields=everything_hidden, key="",
            constraint=", PRIMARY KEY (secret, id)", indexes=("(num)",), unseen=("secret", "num")),
    Subject("viewedorder", **SEEN, stored="viewedorder_base", fields=SOME, indexes=("(secret)", "(secret, pub)")),
    Subject("viewedturned", **SEEN, stored="viewedturned_base", writable=True, fields=NONE, hidden_fields=everything_hidden, key="",
            constraint=", PRIMARY KEY (secret, id)", indexes=("(num)",), unseen=("secret", "num")),
]


class HiddenKey(Subject):
    """Its key is hidden: rows whose keys differ from world to world, in another order."""

    def rows(self, hidden):
        rows = [(hidden.key(row[0]),) + row[1:] for row in super().rows(hidden)]
        assert len({row[0] for row in rows}) == len(rows)
        return rows


KEY = {"hides": "fields", "fields": (("id", "NONE"), *NONE), "hidden_fields": everything_hidden,
       "unseen": ("id", "secret", "num", "rowid", "oid", "_rowid_")}
ORDERS += [
    HiddenKey("hiddenid", select="open = 1", **KEY),
    HiddenKey("hiddenkey", select="open = 1", key="NOT NULL", constraint=", PRIMARY KEY (id, pub)", options=" WITHOUT ROWID",
              **KEY),
    HiddenKey("hiddenofview", select="open = 1", stored="hiddenofview_base", writable=True, **KEY),
]



class Searched(Subject):
    """A full-text table: MATCH looks into hidden rows too, so what it finds, counts and reports must not tell of them.

    What `columns` does not name is in a table behind it alone. create and update of such a table cannot have predicates."""

    def __init__(self, name, columns=COLUMNS, select="open = 1", **more):
        permissions = f"FOR select {select if select == 'FULL' else 'WHERE ' + select}, FOR create, update FULL, FOR delete WHERE {OWN}"
        super().__init__(name, key="", permissions=permissions, **more)
        self.columns = columns

    def make(self):
        said = [name if name in ("pub", "secret") else f"{name} UNINDEXED" for name in self.columns]
        sql = [f"CREATE VIRTUAL TABLE {self.name} USING fts5({', '.join(said)})"]
        if self.columns != COLUMNS:
            told = [f"new.{name}" for name in ("rowid", *self.columns)]
            sql = [
                f"CREATE TABLE {self.stored} ({', '.join(COLUMNS)})",
                f"CREATE VIRTUAL TABLE {self.name} USING fts5({', '.join(said)}, content = '{self.stored}')",
                f"CREATE TRIGGER {self.name}_made AFTER INSERT ON {self.stored} BEGIN"
                f" INSERT INTO {self.name} (rowid, {', '.join(self.columns)}) VALUES ({', '.join(told)}); END",
            ]
        sql.append(f"DEFINE TABLE {self.name} PERMISSIONS {self.permissions}")
        return sql + [f"DEFINE FIELD {field} ON {self.name} PERMISSIONS FOR select {rule}" for field, rule in self.fields]

    def role(self):
        fields = [name for name in self.columns if dict(self.fields).get(name) != "NONE"]
        return f"TABLE {self.name} {self.permissions}" + (f", FIELDS ({', '.join(fields)})" if self.fields else "")

    def role_again(self):
        """Of all fields: one that is shown in some rows alone makes a table that cannot be searched."""
        return None if self.fields else f"TABLE {self.name} FOR select WHERE open = 1 AND own = $auth.id AND id > 0"


SEARCHED = [
    Searched("found"),
    Searched("foundrelated", select="EXISTS (SELECT 1 FROM friend WHERE friend.person = foundrelated.own AND friend.of = $auth.id)"),
    Searched("foundinside", select=f"own IN ({FRIENDS})"),
    Searched("foundlisted", select="rowid IN (SELECT simple.id FROM simple WHERE simple.open = 1)"),
    Searched("foundfull", hides="fields", select="FULL", columns=("id", "own", "open", "pub"), stored="foundfull_base",
             hidden_fields=everything_hidden, unseen=("secret", "num")),
    Searched("foundfields", hides="fields", select="FULL", fields=NONE, hidden_fields=everything_hidden,
             unseen=("secret", "num")),  # refused wherever it is named
]

SUBJECTS = KINDS + ORDERS + SEARCHED


FREE = "INSERT INTO free VALUES (1, 's0'), (2, 's1'), (3, 'p4'), (7, 'x'), (1000, 'p2')"


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "(-9223372036854775807 - 1)" if value == MIN64 else repr(value)


def schema():
    """Everything but the rows."""
    sql = [
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, team INTEGER, secret TEXT)",
        "DEFINE TABLE person PERMISSIONS FOR select, update WHERE id = $auth.id",
        "DEFINE FIELD secret ON person PERMISSIONS FOR select NONE, FOR update FULL",
        "CREATE TABLE friend (person INTEGER, of INTEGER, secret TEXT)",
        "CREATE INDEX friend_person ON friend (person)",
        "CREATE TABLE free (n INTEGER PRIMARY KEY, s TEXT)",
        "DEFINE TABLE free PERMISSIONS FULL",
        "CREATE TABLE sink (a, b, c)",
        "DEFINE TABLE sink PERMISSIONS FULL",
    ]
    for subject in SUBJECTS:
        sql += subject.make()
    sql.append(
        "DEFINE SCOPE account"
        " SIGNUP (SELECT id FROM person WHERE name = $name)"
        " SIGNIN (SELECT id FROM person WHERE name = $name)"
    )
    return sql


def roles():
    """Two roles that come to what the user may see: one like the tables' permissions, and one that gives a part of it again,
    so that there is something to add up. A login has no auth record: its values stand in the predicates."""
    parts = ["TABLE person FOR select, update WHERE id = $auth.id, FIELDS (id, name, team, secret FOR update FULL)",
             "TABLE free FULL", "TABLE sink FULL"]
    parts += [part for part in (subject.role() for subject in SUBJECTS) if part]
    again = [part for part in (subject.role_again() for subject in SUBJECTS) if part]
    text = [f"DEFINE ROLE mirror ON DATABASE PERMISSIONS {', '.join(parts)}",
            f"DEFINE ROLE again ON DATABASE PERMISSIONS {', '.join(again)}"]
    for name, value in (("$auth.id", USER), ("$auth.team", TEAM), ("$scope", "'account'")):
        text = [one.replace(name, str(value)) for one in text]
    return [*text, "DEFINE LOGIN me ON DATABASE PASSWORD 'a long one' ROLES mirror, again"]


def contents(hidden):
    """The statements that write all rows."""
    secret, _ = hidden.field(USER)
    sql = [
        f"INSERT INTO person VALUES ({USER}, 'me', {TEAM}, {literal(secret)})",
        *(f"INSERT INTO person VALUES ({100 + i}, {literal(pub)}, {TEAM}, {literal(secret)})"
          for i, pub, secret, _ in hidden.rows),
        f"INSERT INTO friend VALUES ({USER}, {USER}, {literal(secret)})",
        *(f"INSERT INTO friend VALUES ({i}, {STRANGER}, {literal(secret)})" for i, _, secret, _ in hidden.rows),
        f"INSERT INTO friend VALUES ({TEAM}, {USER}, {literal(secret)})",
        FREE,
    ]
    for subject in SUBJECTS:
        sql += subject.insert(hidden)
    return sql


class World:
    """A database of a server, with the user signed in."""

    def __init__(self, server, name, hidden):
        self.server = server
        self.name = name
        self.hidden = hidden
        server.make_database("leak", name)
        self.root("BEGIN", *schema(), "COMMIT")
        self.root("BEGIN", *contents(hidden), "COMMIT")
        self.token = server.token(NS="leak", DB=name, SC="account", name="me")

    def with_roles(self):
        """The same database, asked by a login with roles instead of a scope's user."""
        self.root(*roles())
        self.token = self.server.token(NS="leak", DB=self.name, user="me", **{"pass": "a long one"})
        return self

    def root(self, *statements):
        for start in range(0, len(statements), 900):
            part = list(statements[start:start + 900])
            if start > 0:
                part.insert(0, "BEGIN")
            if start + 900 < len(statements):
                part.append("COMMIT")
            self.server.root_ok(";\n".join(part), ns="leak", db=self.name)

    def clear(self):
        """Takes back what tests have put into the open tables."""
        self.root("BEGIN", "DELETE FROM sink", "DELETE FROM free", FREE, "COMMIT")

    def ask(self, sql, **options):
        """The user's request; the response as it is."""
        return self.server.post_sql(sql, token=self.token, **options)

    def ask_as_owner(self, sql):
        return self.server.post_sql(sql, login=("root", "secret-password"), ns="leak", db=self.name)


def forms():
    """The bytes that must not be in any answer, each with its name: the canaries as they are, and encoded."""
    found = {}
    for name, plain in (("text", TEXT), ("number", str(NUMBER)[:-3])):
        found[name] = plain.encode()
        found[name + ", reversed"] = plain[::-1].encode()
        found[name + ", hex"] = plain.encode().hex().encode()
        found[name + ", UTF-16"] = plain.encode("utf-16-le").hex().encode()
        for shift in range(3):
            # the part of base64 that does not depend on what stands before and behind
            encoded = base64.b64encode(b"\0" * shift + plain.encode())
            found[f"{name}, base64 {shift}"] = encoded[-(-shift * 4 // 3):(shift + len(plain)) * 4 // 3]
    found["number, in hexadecimal"] = b"%x" % (NUMBER >> 8)
    return found


FORMS = forms()


def canaries_in(response):
    """The names of the canaries in a response: its status line, headers and body. The request's number, which is made at
    random, could hold one by chance."""
    head = "\n".join([response.reason or "", *(f"{name}: {value}" for name, value in response.headers.items())]).encode()
    whole = head + b"\n\n" + response.content
    return canaries_in_bytes(whole.replace(response.headers["X-Request-Id"].encode(), b""))


def canaries_in_bytes(text):
    lower = text.lower()
    return [
        name for name, form in FORMS.items() if (form in text if "base64" in name else form.lower() in lower)
    ]
