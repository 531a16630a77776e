"""The audit log: who, from where, what, with which outcome; and never a secret."""

import json
import os
import re
import signal
import stat

import pytest

import client
from client import ROOT_PASSWORD, ROOT_USER, Server, basic, run, wait_until
from expect import code

SECRET = "hunter2-hunter2"


class Audited(Server):
    """A server with an audit log in a file of its own."""

    @property
    def file(self):
        return self.data.parent / "audit.log"

    def lines(self):
        return [json.loads(line) for line in self.file.read_text().split("\n")[:-1]]

    def of(self, response):
        """The lines about one request."""
        return [line for line in self.lines() if line["request"] == response.headers["X-Request-Id"]]

    def one(self, response):
        (line,) = self.of(response)
        return line


@pytest.fixture
def audited(tmp_path):
    server = Audited(tmp_path / "data", "--audit-log", str(tmp_path / "audit.log"))
    server.start()
    server.make_database("t", "t", f"""
        CREATE TABLE account (id INTEGER PRIMARY KEY, email TEXT UNIQUE, hash TEXT);
        DEFINE SCOPE user
            SIGNUP (INSERT INTO account (email, hash) VALUES ($email, password_hash($password)) RETURNING id)
            SIGNIN (SELECT id FROM account WHERE email = $email AND password_verify($password, hash));
        DEFINE LOGIN dora ON DATABASE PASSWORD '{SECRET}'""")
    yield server
    if server.process:
        assert server.stop() == 0


def test_shape(audited):
    line = audited.one(audited.post("/signin", json={"user": ROOT_USER, "pass": ROOT_PASSWORD}))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert re.fullmatch(r"[0-9a-f]{16}", line.pop("request"))
    assert line == {"action": "signin", "outcome": "ok", "who": {"level": "root", "login": "root"}, "ip": "127.0.0.1"}


@pytest.mark.parametrize("keys, who", [
    ({"user": ROOT_USER}, {"level": "root", "login": "root"}),
    ({"NS": "t", "user": "x"}, {"level": "namespace", "ns": "t", "login": "x"}),
    ({"NS": "t", "DB": "t", "user": "dora"}, {"level": "database", "ns": "t", "db": "t", "login": "dora"}),
    ({"NS": "t", "DB": "t", "SC": "user", "email": "somebody@example.com"}, {"level": "scope", "ns": "t", "db": "t", "scope": "user"}),
    ({"NS": "nope", "DB": "t", "SC": "user", "email": "x"}, {"level": "scope", "ns": "nope", "db": "t", "scope": "user"}),
])
def test_refused_sign_ins(keys, who, audited):
    line = audited.one(audited.post("/signin", json={**keys, "pass": SECRET, "password": SECRET}) if who.get("login") != "dora" else
                       audited.post("/signin", json={**keys, "pass": "wrong"}))
    assert (line["action"], line["outcome"], line["code"]) == ("signin", "refused", "unauthenticated")
    assert line["claimed"] == who and "who" not in line
    assert "somebody@example.com" not in audited.file.read_text(), "a variable of a scope's SIGNIN"


def test_sign_ups_and_sign_ins_of_a_scope(audited):
    keys = {"NS": "t", "DB": "t", "SC": "user", "email": "ada@example.com", "password": SECRET}
    who = {"level": "scope", "ns": "t", "db": "t", "scope": "user", "id": 1}
    line = audited.one(audited.post("/signup", json=keys))
    assert (line["action"], line["outcome"], line["who"]) == ("signup", "ok", who)
    line = audited.one(audited.post("/signup", json=keys))
    assert (line["action"], line["outcome"], line["claimed"]["scope"]) == ("signup", "refused", "user")
    line = audited.one(audited.post("/signin", json=keys))
    assert (line["action"], line["outcome"], line["who"]) == ("signin", "ok", who)
    assert "ada@example.com" not in audited.file.read_text()


def test_credentials_on_a_request(audited):
    def ask(authorization, **headers):
        return audited.post_sql("SELECT 1", headers={"Authorization": authorization, **headers} if authorization else headers)

    line = audited.one(ask(None))
    assert (line["action"], line["outcome"], line["claimed"]) == ("request", "refused", {})
    line = audited.one(ask(basic("eve", SECRET), NS="t"))
    assert (line["action"], line["outcome"], line["claimed"]) == ("request", "refused", {"ns": "t", "login": "eve"})
    token = audited.token(NS="t", DB="t", user="dora", **{"pass": SECRET})
    line = audited.one(ask("Bearer " + token[:-4] + "AAAA"))
    assert (line["outcome"], line["claimed"]) == ("refused", {"level": "database", "ns": "t", "db": "t", "login": "dora"})
    assert token[-40:-4] not in audited.file.read_text()
    line = audited.one(ask("Bearer nonsense"))
    assert (line["outcome"], line["claimed"]) == ("refused", {})
    line = audited.one(ask("Bearer " + token, NS="other"))
    assert (line["outcome"], line["code"]) == ("refused", "forbidden")
    assert audited.of(ask("Bearer " + token)) == []


def test_basic_is_a_sign_in_where_it_is_checked(audited):
    audited.root_ok(f"DEFINE LOGIN bob ON ROOT PASSWORD '{SECRET}'")
    line = audited.one(audited.post_sql("SELECT 1", login=("bob", SECRET)))
    assert (line["action"], line["outcome"], line["who"]) == ("signin", "ok", {"level": "root", "login": "bob"})
    assert audited.of(audited.post_sql("SELECT 1", login=("bob", SECRET))) == []


def test_throttled(tmp_path):
    server = Audited(tmp_path / "data", "--audit-log", str(tmp_path / "audit.log"), "--name-failures", "1", "--name-interval", "1h").start()
    try:
        server.signin(user="x", **{"pass": "wrong"})
        line = server.one(server.signin(user="x", **{"pass": "wrong"}))
        assert (line["outcome"], line["code"], line["claimed"]) == ("refused", "throttled", {"level": "root", "login": "x"})
    finally:
        assert server.stop() == 0


STATEMENTS = [
    ("DEFINE NAMESPACE other", 'DEFINE NAMESPACE "other"'),
    ("DEFINE DATABASE IF NOT EXISTS other", 'DEFINE DATABASE "other"'),
    (f"DEFINE LOGIN x ON DATABASE PASSWORD '{SECRET}'", 'DEFINE LOGIN "x" ON DATABASE'),
    (f"DEFINE TOKEN k ON DATABASE TYPE HS512 VALUE '{SECRET * 6}'", 'DEFINE TOKEN "k" ON DATABASE TYPE "HS512"'),
    ("DEFINE TABLE account PERMISSIONS FULL", 'DEFINE TABLE "account" PERMISSIONS FULL'),
    ("REMOVE SCOPE user", 'REMOVE SCOPE "user"'),
    ("REMOVE LOGIN dora ON DATABASE", 'REMOVE LOGIN "dora" ON DATABASE'),
    (f"CREATE TABLE t /* {SECRET} */ (a TEXT DEFAULT '{SECRET}') -- {SECRET}", "CREATE TABLE t (a TEXT DEFAULT '…')"),
    (f"CREATE TABLE t AS SELECT '{SECRET}' AS a, x'{SECRET.encode().hex()}' AS b", "CREATE TABLE t AS SELECT '…' AS a, '…' AS b"),
    ("CREATE INDEX i ON account (email)", "CREATE INDEX i ON account (email)"),
    ("CREATE VIEW v AS SELECT id FROM account", "CREATE VIEW v AS SELECT id FROM account"),
    ("ALTER TABLE account ADD COLUMN x", "ALTER TABLE account ADD COLUMN x"),
    ("DROP TABLE IF EXISTS account", "DROP TABLE IF EXISTS account"),
    ("CREATE TRIGGER r AFTER INSERT ON account BEGIN SELECT 1; END", "CREATE TRIGGER r AFTER INSERT ON account BEGIN SELECT 1; END"),
]


@pytest.mark.parametrize("sql, shown", STATEMENTS)
def test_statements(sql, shown, audited):
    line = audited.one(audited.post_sql(sql, login=(ROOT_USER, ROOT_PASSWORD), ns="t", db="t"))
    assert (line["action"], line["outcome"], line["statement"]) == ("statement", "ok", shown), line
    assert (line["who"], line["ns"], line["db"], line["ip"]) == ({"level": "root", "login": "root"}, "t", "t", "127.0.0.1")
    text = audited.file.read_text()
    assert SECRET not in text and SECRET.encode().hex() not in text and "$argon2" not in text


def test_statements_that_are_none_of_it(audited):
    sql = "SELECT 1; INSERT INTO account (email) VALUES ('x'); UPDATE account SET email = 'y'; DELETE FROM account; INFO FOR DB; PRAGMA table_info(account)"
    assert audited.of(audited.post_sql(sql, login=(ROOT_USER, ROOT_PASSWORD), ns="t", db="t")) == []


def test_refused_and_failed_statements(audited):
    token = audited.new_token(NS="t", DB="t", SC="user", email="x", password=SECRET)
    response = audited.post_sql("DROP TABLE account; DEFINE LOGIN y ON DATABASE PASSWORD 'abcdefgh'", token=token)
    lines = audited.of(response)
    assert [(line["outcome"], line["code"]) for line in lines] == [("refused", "permission_denied")] * 2
    assert lines[0]["who"] == {"level": "scope", "ns": "t", "db": "t", "scope": "user", "id": 1}
    line = audited.one(audited.post_sql("DROP TABLE missing", login=(ROOT_USER, ROOT_PASSWORD), ns="t", db="t"))
    assert (line["outcome"], line["code"]) == ("failed", "not_found")


@pytest.mark.parametrize("end, outcome", [("COMMIT", "ok"), ("ROLLBACK", "failed"), ("", "failed"), ("SELECT missing FROM t; COMMIT", "failed")])
def test_transactions(end, outcome, audited):
    response = audited.post_sql("BEGIN; CREATE TABLE t (a); DEFINE TABLE t PERMISSIONS FULL; " + end,
                                login=(ROOT_USER, ROOT_PASSWORD), ns="t", db="t")
    assert [(line["action"], line["outcome"]) for line in audited.of(response)] == \
        [("statement", "pending"), ("statement", "pending"), ("transaction", outcome)]


def test_a_transaction_without_any_of_it(audited):
    assert audited.of(audited.post_sql("BEGIN; SELECT 1; COMMIT", login=(ROOT_USER, ROOT_PASSWORD), ns="t", db="t")) == []


INJECTIONS = ['x"}\n{"action":"forged"}', "a\u2028b", "\x1b[31mred", "\r\nbailiwick: forged", "\\", "\ud83d\ude00" * 2]


@pytest.mark.parametrize("name", INJECTIONS)
def test_no_name_makes_a_line(name, audited):
    name = name.encode("utf-16", "surrogatepass").decode("utf-16")
    before = len(audited.lines())
    audited.signin(user=name, **{"pass": "wrong"})
    audited.signin(NS=name, DB=name, SC=name, x=1)
    audited.post_sql("SELECT 1", headers={"Authorization": basic(name, "wrong")})
    quoted = name.replace('"', '""')
    audited.root(f'DEFINE LOGIN "{quoted}" ON ROOT PASSWORD \'{SECRET}\'')
    lines = audited.lines()
    assert len(lines) == before + 4
    assert {line["action"] for line in lines} <= {"signin", "request", "statement"}
    assert lines[-4]["claimed"]["login"] == name and lines[-3]["claimed"]["scope"] == name
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", audited.file.read_text())


def test_a_long_statement_is_cut(audited):
    response = audited.post_sql("CREATE VIEW v AS SELECT " + ", ".join(f"1 AS ä{number}" for number in range(1500)),
                                login=(ROOT_USER, ROOT_PASSWORD), ns="t", db="t")
    assert code(response.json()) == "OK"
    assert 4000 < len(audited.one(response)["statement"].encode()) <= 4096


def test_without_a_file_on_stderr(tmp_path):
    server = Server(tmp_path / "data").start()
    try:
        server.signin(user="x", **{"pass": SECRET})
        wait_until(lambda: any('"claimed":{"level":"root","login":"x"}' in line for line in server.log))
    finally:
        assert server.stop() == 0
    for line in server.log:
        assert line.startswith("bailiwick: ") or json.loads(line)["action"]


def test_the_file(audited):
    assert stat.S_IMODE(os.stat(audited.file).st_mode) == 0o600
    before = audited.file.read_text()
    audited.restart()
    audited.signin(user="x", **{"pass": "wrong"})
    assert audited.file.read_text().startswith(before) and len(audited.file.read_text()) > len(before), "it is appended to"
    assert not [line for line in audited.log if line.startswith("{")]


def test_hang_up_opens_it_anew(audited):
    moved = audited.file.rename(audited.file.with_suffix(".1"))
    audited.signin(user="before", **{"pass": "wrong"})
    assert '"before"' in moved.read_text()
    audited.process.send_signal(signal.SIGHUP)
    wait_until(lambda: audited.file.exists())
    wait_until(lambda: audited.signin(user="after", **{"pass": "wrong"}) is not None and '"after"' in audited.file.read_text())
    assert audited.get("/health").status_code == 200


def test_hang_up_without_a_place_keeps_the_old_one(audited):
    moved = audited.file.rename(audited.file.with_suffix(".1"))
    audited.file.mkdir()
    audited.process.send_signal(signal.SIGHUP)
    wait_until(lambda: any("cannot be opened anew" in line for line in audited.log))
    audited.signin(user="after", **{"pass": "wrong"})
    assert '"after"' in moved.read_text()


def test_a_file_that_cannot_be_opened(tmp_path):
    done = run("start", "--data", str(tmp_path / "data"), "--bind", "127.0.0.1:0", "--audit-log", str(tmp_path))
    assert done.returncode == 1 and "the audit log" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_what_cannot_be_written_stops_nobody(tmp_path):
    with client.running("--audit-log", "/dev/full", data=tmp_path / "data") as server:
        for _ in range(3):
            assert server.signin(user=ROOT_USER, **{"pass": ROOT_PASSWORD}).status_code == 200
        wait_until(lambda: [line for line in server.log if "cannot be written" in line])
    assert len([line for line in server.log if "cannot be written" in line]) == 1
    assert [line for line in server.log if "3 audit lines were lost" in line]


@pytest.mark.parametrize("of", ("login", "scope"))
def test_a_family_that_ends_by_theft_is_told(audited, of):
    """Somebody has a token of somebody's: the line says whose, and is not that of any junk."""
    audited.root_ok(f"""DEFINE LOGIN rita ON DATABASE PASSWORD '{SECRET}' WITH REFRESH;
        INSERT INTO account (email) VALUES ('ada');
        DEFINE SCOPE renewed WITH REFRESH SIGNIN (SELECT id FROM account WHERE email = $email)""", ns="t", db="t")
    keys = {"login": {"user": "rita", "pass": SECRET}, "scope": {"SC": "renewed", "email": "ada"}}[of]
    who = {"login": {"level": "database", "ns": "t", "db": "t", "login": "rita"},
           "scope": {"level": "scope", "ns": "t", "db": "t", "scope": "renewed", "id": 1}}[of]
    spent = audited.signin(NS="t", DB="t", **keys).json()["refresh"]
    good, stolen, again = [audited.post("/refresh", token=spent) for _ in range(3)]
    assert [good.status_code, stolen.status_code, again.status_code] == [200, 401, 401]
    line = audited.one(good)
    assert (line["action"], line["outcome"], line["who"]) == ("refresh", "ok", who)
    line = audited.one(stolen)
    assert (line["action"], line["outcome"], line["claimed"]) == ("refresh_spent", "refused", who)
    line = audited.one(again)
    assert (line["action"], line["outcome"], line["claimed"]) == ("refresh", "refused", {"ns": "t", "db": "t"})
    assert spent.split(".")[-1] not in audited.file.read_text()
