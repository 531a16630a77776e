"""The command line: what one types, what it prints, and with which status it ends."""

import json
import os
import re
import signal
import stat
import subprocess
import threading

import client
import pytest
import requests
from client import ROOT_PASSWORD, ROOT_USER, Server, run, wait_until
from expect import code, one_value, values

ROOT = (ROOT_USER, ROOT_PASSWORD)
# Runs until somebody stops it; long enough to be met under way.
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT count(*) AS c FROM n"


def assert_one_line(text):
    assert text.endswith("\n") and text.count("\n") == 1, text


# --- version, help, wrong usage ---


def test_version(server):
    done = run("version")
    assert done.returncode == 0 and done.stderr == ""
    assert re.search(r"\d+\.\d+\.\d+", done.stdout)
    wire = server.get("/version").text.strip()
    assert re.fullmatch(r"bailiwick-\d+\.\d+\.\d+", wire)
    assert wire.split("-")[1] in done.stdout


@pytest.mark.parametrize("arguments", [(), ("start",), ("sql",), ("check",), ("version",), ("help",)], ids=str)
def test_help(arguments):
    done = run("help", *arguments)
    assert done.returncode == 0 and done.stderr == ""
    assert "usage: bailiwick" in done.stdout


def test_help_names_every_option_with_its_variable():
    text = run("help", "start").stdout
    for option in ("data", "bind", "user", "pass"):
        assert f"--{option}" in text and f"BAILIWICK_{option.upper()}" in text


@pytest.mark.parametrize("arguments", [
    (), ("nonsense",), ("help", "nonsense"), ("start", "--nonsense"), ("start", "--data"), ("start", "extra"),
    ("start", "--user", "somebody"), ("start", "--pass", "something"), ("check",), ("check", "a.sql", "b.sql"),
    ("check", "--nonsense", "-"), ("sql", "--nonsense"), ("sql", "-e"), ("start", "--statement-timeout", "soon"),
    ("start", "--body-limit", "-1"), ("start", "--requests", "0"),
], ids=" ".join)
def test_wrong_usage(arguments, tmp_path):
    done = run(*arguments, environment={"BAILIWICK_DATA": str(tmp_path / "data")})
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr.startswith(("bailiwick:", "usage:"))


@pytest.mark.parametrize("bind", ["nonsense", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x", ":", "256.0.0.0:0", "127.1:0", "1.2.3.4.5:0", "127.0.0.1:-1"])
def test_bind_that_is_none(bind, tmp_path):
    done = run("start", "--data", str(tmp_path / "data"), "--bind", bind)
    assert done.returncode in (1, 2)
    assert "bailiwick: " in done.stderr and "listening" not in done.stderr


def test_port_that_is_taken(server, tmp_path):
    done = run("start", "--data", str(tmp_path / "data"), "--bind", f"127.0.0.1:{server.port}", "--user", "a",
               "--pass", "password-b")
    assert done.returncode == 1
    assert_one_line(done.stderr)


def test_data_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("no folder")
    done = run("start", "--data", str(tmp_path / "file"), "--bind", "127.0.0.1:0", "--user", "a", "--pass", "password-b")
    assert done.returncode == 1
    assert_one_line(done.stderr)
    assert (tmp_path / "file").read_text() == "no folder"


@pytest.mark.skipif(client.IS_SANITIZED, reason="a sanitizer needs the addresses itself")
def test_too_few_addresses_for_its_threads(tmp_path):
    """It says so at once, and does not wait for those that never come."""
    done = subprocess.run(["prlimit", f"--as={2 << 30}", "--", client.binary(), "start", "--data", str(tmp_path / "data"), "--bind", "127.0.0.1:0",
                           "--user", "ada", "--pass", "password-of-ada"], capture_output=True, text=True, timeout=client.PATIENCE, env=client.clean_environment())
    assert done.returncode == 1 and "does not let 1024 threads be started" in done.stderr and "--connections" in done.stderr, done.stderr
    assert "threads could be started" not in done.stderr, "it has waited"


# --- start ---


def test_says_where_it_listens(server):
    lines = [line for line in server.log if "listening" in line]
    assert lines == [f"bailiwick: listening on http://127.0.0.1:{server.port}\n"]
    assert server.port != 0


def first_password(log):
    (line,) = [line for line in log if "password" in line]
    return line.split()[-1]


def test_first_start_makes_root_and_prints_its_password_once(tmp_path):
    passwords = []
    for number in range(2):
        server = Server(tmp_path / str(number), root=False).start()
        try:
            passwords.append(first_password(server.log))
            assert server.post_sql("SELECT 1", login=("root", passwords[-1])).status_code == 200
            for guess in ("", "root", "admin", "password"):
                assert server.post_sql("SELECT 1", login=("root", guess)).status_code == 401
            server.restart()
            assert not [line for line in server.log if "password" in line]
            assert server.post_sql("SELECT 1", login=("root", passwords[-1])).status_code == 200
        finally:
            assert server.stop() == 0
    assert passwords[0] != passwords[1]
    assert all(len(password) >= 16 for password in passwords)


def test_user_and_pass_replace_the_login(tmp_path):
    def statuses(*logins):
        return [server.post_sql("SELECT 1", login=login).status_code for login in logins]

    server = Server(tmp_path / "data", root=False)
    server.options = ["--user", "ada", "--pass", "the-first-one"]
    server.start()
    try:
        assert not [line for line in server.log if "password" in line]
        assert statuses(("ada", "the-first-one"), ("root", ""), ("root", "root")) == [200, 401, 401]
        token = server.token(user="ada", **{"pass": "the-first-one"})
        server.restart()
        assert server.post_sql("SELECT 1", token=token).status_code == 200
        server.options = ["--user", "ada", "--pass", "the-second-one"]
        server.restart()
        assert statuses(("ada", "the-first-one"), ("ada", "the-second-one")) == [401, 200]
        assert server.post_sql("SELECT 1", token=token).status_code == 401
        server.options = ["--user", "bob", "--pass", "the-third-one"]
        server.restart()
        assert statuses(("ada", "the-second-one"), ("bob", "the-third-one")) == [200, 200]
    finally:
        assert server.stop() == 0


def test_environment_and_which_beats_which(tmp_path):
    environment = {
        "BAILIWICK_DATA": str(tmp_path / "beaten"), "BAILIWICK_BIND": "127.0.0.1:1", "BAILIWICK_USER": "eve",
        "BAILIWICK_PASS": "the-secret", "BAILIWICK_BODY_LIMIT": "2K",
    }
    server = Server(tmp_path / "wins", root=False, environment=environment).start()
    try:
        assert (tmp_path / "wins" / "root.db").exists() and not (tmp_path / "beaten").exists()
        assert server.post_sql("SELECT 1", login=("eve", "the-secret")).status_code == 200
        assert server.post_sql("SELECT 1 --" + "x" * 3000, login=("eve", "the-secret")).status_code == 413
        server.options = ["--body-limit", "8K"]
        server.restart()
        assert server.post_sql("SELECT 1 --" + "x" * 3000, login=("eve", "the-secret")).status_code == 200
    finally:
        assert server.stop() == 0


def test_folder_and_address_from_the_environment(tmp_path):
    """What the environment names is what start would use: here, what it fails on."""
    (tmp_path / "file").write_text("")
    done = run("start", environment={"BAILIWICK_DATA": str(tmp_path / "file"), "BAILIWICK_BIND": "127.0.0.1:0"})
    assert done.returncode == 1 and str(tmp_path / "file") in done.stderr
    done = run("start", "--data", str(tmp_path / "here"), environment={"BAILIWICK_BIND": "nonsense:nonsense"})
    assert done.returncode in (1, 2) and "HOST:PORT" in done.stderr


def test_config_file(tmp_path):
    config = tmp_path / "bailiwick.yaml"
    config.write_text("user: ada\npass: from-the-file\nbody-limit: 2K\n")
    server = Server(tmp_path / "data", "--config", str(config), root=False,
                    environment={"BAILIWICK_BODY_LIMIT": "8K"}).start()
    try:
        assert server.post_sql("SELECT 1 --" + "x" * 3000, login=("ada", "from-the-file")).status_code == 200
    finally:
        assert server.stop() == 0


# --- its end ---


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_drains(tmp_path, how):
    """What was asked before the signal is answered after it, and a write in it is kept."""
    with client.running(data=tmp_path / "data") as server:
        server.make_database(sql="CREATE TABLE t (a)")
        answers = []
        sql = f"INSERT INTO t VALUES (7); {SLOW.format(700000)}; INSERT INTO t SELECT count(*) FROM t"

        def ask():
            answers.append(requests.post(server.url + "/sql", sql, headers={
                "Authorization": client.basic(*ROOT), "NS": "test", "DB": "test", "Content-Type": "application/sql"}))

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: server.root_ok("SELECT count(*) AS c FROM t", ns="test", db="test")[0][0]["c"] == 1)
        assert server.stop(how) == 0
        asking.join()
        assert [one["status"] for one in answers[0].json()] == ["OK", "OK", "OK"]
        server.start()
        assert values(server.root("SELECT a FROM t ORDER BY rowid", ns="test", db="test")) == [(7,), (1,)]


def test_stops_although_clients_are_connected(fresh_server):
    assert fresh_server.get("/health").status_code == 200  # its connection stays open
    assert fresh_server.stop() == 0


# --- the disk ---


def test_restart_keeps_everything(fresh_server):
    fresh_server.make_database("Tenant", "Shop", "CREATE TABLE t (a); INSERT INTO t VALUES (1), ('x'), (x'00ff')")
    fresh_server.root_ok("DEFINE LOGIN n ON NAMESPACE PASSWORD 'password-nn'; DEFINE LOGIN d ON DATABASE PASSWORD 'password-dd'", "tenant",
                         "shop")
    token = fresh_server.token(ns="tenant", db="shop", user="d", **{"pass": "password-dd"})
    fresh_server.restart()
    assert values(fresh_server.root("SELECT a FROM t", ns="tenant", db="shop")) == [
        (1,), ("x",), ({"$base64": "AP8="},)]
    assert fresh_server.token(ns="tenant", user="n", **{"pass": "password-nn"})
    assert one_value(fresh_server.sql("SELECT count(*) FROM t", token=token)) == 3


def test_layout_and_modes(fresh_server):
    fresh_server.make_database("Tenant", "Shop", "CREATE TABLE t (a)")
    fresh_server.stop()
    base = fresh_server.data
    files = sorted(str(path.relative_to(base)).lower() for path in base.rglob("*.db"))
    assert files == ["ns/tenant/db/shop.db", "ns/tenant/namespace.db", "root.db"]
    for path in [base, *base.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for path in base.rglob("*.db"):
        head = path.read_bytes()[:20]
        assert head.startswith(b"SQLite format 3\0")
        assert head[18:20] == b"\2\2", "not in WAL mode"


def test_a_kill_loses_no_acknowledged_write(fresh_server):
    """Several clients write; the server is killed under them; what was answered is there, and nothing is torn."""
    fresh_server.make_database(sql="CREATE TABLE t (who INTEGER, number INTEGER, PRIMARY KEY (who, number)) WITHOUT ROWID;"
                                   "CREATE TABLE pair (who INTEGER, number INTEGER)")
    answered = {}
    headers = {"Authorization": client.basic(*ROOT), "NS": "test", "DB": "test", "Content-Type": "application/sql"}
    url = fresh_server.url + "/sql"

    def write(who):
        answered[who] = -1
        with requests.Session() as session:
            for number in range(100000):
                sql = f"BEGIN; INSERT INTO t VALUES ({who}, {number}); INSERT INTO pair VALUES ({who}, {number}); COMMIT"
                try:
                    response = session.post(url, sql, headers=headers)
                    if [one["status"] for one in response.json()] != ["OK"] * 4:
                        return
                except (requests.RequestException, ValueError):
                    return
                answered[who] = number

    writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for writer in writers:
        writer.start()
    wait_until(lambda: len(answered) == 4 and min(answered.values()) >= 20)
    fresh_server.kill9()
    for writer in writers:
        writer.join()
    fresh_server.start()
    kept = dict(values(fresh_server.root("SELECT who, max(number) FROM t GROUP BY who", ns="test", db="test")))
    for who, number in answered.items():
        assert kept[who] in (number, number + 1)
    assert values(fresh_server.root(
        "SELECT count(*), (SELECT count(*) FROM pair), max(number) FROM t; SELECT * FROM t EXCEPT SELECT * FROM pair",
        ns="test", db="test")) == []
    assert one_value(fresh_server.root("PRAGMA integrity_check", ns="test", db="test")) == "ok"


# --- check ---


def check(text, *options):
    return run("check", *options, "-", stdin=text)


def test_check_of_what_is_fine(tmp_path):
    path = tmp_path / "fine.sql"
    path.write_text("SELECT 1;\n-- a remark\nDEFINE SCOPE s SESSION 1h SIGNIN (SELECT 1);\n")
    done = run("check", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert check("").returncode == 0


def test_check_tells_the_first_error_of_each_statement(tmp_path):
    path = tmp_path / "wrong.sql"
    path.write_text("SELECT 1;\nSELEC 2;\nSELECT 3;\n  DEFINE LOGIN ON ROOT WHERE;\nSELECT 'é', , 4")
    done = run("check", str(path))
    assert done.returncode == 1
    lines = (done.stdout + done.stderr).splitlines()
    assert len(lines) == 3
    for line, place in zip(lines, ("2:1", "4:", "5:"), strict=True):
        assert line.startswith(f"{path}:{place}") and re.match(r".*:\d+:\d+: \S", line)


def test_check_of_lines():
    scripts = ["SELECT 1", "SELECT", "SELECT 1;\n\n  FROM", "SELECT '\0'; SELECT '\u00e9\U0001f600'", ""]
    done = check("".join(json.dumps(script) + "\n" for script in scripts), "--jsonl")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and len(lines) == len(scripts)
    assert lines[0] == "ok" and lines[4] == "ok"
    assert re.fullmatch(r"error 1:\d+ \S.*", lines[1])
    assert re.fullmatch(r"error 3:3 \S.*", lines[2])
    assert check('"SELECT 1"\n"SELECT 2"\n', "--jsonl").returncode == 0


def test_check_of_a_file_that_is_not_there():
    done = run("check", "nowhere.sql")
    assert done.returncode == 1 and done.stdout == ""
    assert_one_line(done.stderr)


# --- sql ---


@pytest.fixture
def sql(server, place):
    def call(*arguments, stdin="", **keywords):
        return run("sql", "--endpoint", server.url, "--ns", place.ns, "--db", place.db, *arguments, stdin=stdin, **keywords)

    return call


AS_ROOT = ("--user", ROOT_USER, "--pass", ROOT_PASSWORD)


def test_sql_from_option_file_and_input(sql, tmp_path):
    path = tmp_path / "script.sql"
    path.write_text("SELECT 'from the file' AS source;\n")
    for arguments, stdin, expected in (
        (("-e", "SELECT 'from the option' AS source"), "", "from the option"),
        ((str(path),), "", "from the file"),
        ((), "SELECT 'from the input' AS source;\n", "from the input"),
    ):
        done = sql(*AS_ROOT, *arguments, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, "")
        assert "source" in done.stdout and expected in done.stdout


def test_sql_json(sql):
    done = sql(*AS_ROOT, "--json", "-e", "SELECT 1 AS a; SELECT 2 AS b")
    assert done.returncode == 0
    assert [one["result"] for one in json.loads(done.stdout)] == [[{"a": 1}], [{"b": 2}]]


def test_sql_with_token_and_environment(server, sql):
    token = server.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD})
    assert sql("--token", token, "-e", "SELECT 1").returncode == 0
    assert sql("-e", "SELECT 1", environment={"BAILIWICK_TOKEN": token}).returncode == 0
    assert sql("-e", "SELECT 1", environment={"BAILIWICK_USER": ROOT_USER, "BAILIWICK_PASS": ROOT_PASSWORD}).returncode == 0
    both = {"BAILIWICK_USER": ROOT_USER, "BAILIWICK_PASS": "wrong"}
    assert sql("--pass", ROOT_PASSWORD, "-e", "SELECT 1", environment=both).returncode == 0


@pytest.mark.parametrize("statement", ["SELECT * FROM nowhere", "SELEC", "USE NS nowhere"])
def test_sql_fails_if_a_statement_does(sql, statement):
    done = sql(*AS_ROOT, "-e", statement)
    assert done.returncode == 1
    assert done.stderr + done.stdout


def test_sql_refused_or_nobody_there(sql, server):
    done = sql("--user", "nobody", "--pass", "nothing", "-e", "SELECT 1")
    assert done.returncode == 1
    assert_one_line(done.stderr)
    done = run("sql", "--endpoint", "http://127.0.0.1:1", *AS_ROOT, "-e", "SELECT 1")
    assert done.returncode == 1
    assert_one_line(done.stderr)


def test_sql_writes(sql, place):
    assert sql(*AS_ROOT, "-e", "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)").returncode == 0
    assert values(place.root("SELECT a FROM t")) == [(1,), (2,)]
    assert code(place.root("CREATE TABLE t (a)")) in ("already_exists", "sqlite_error")
    assert os.environ.get("BAILIWICK_BINARY")


# --- passwords ---


@pytest.mark.parametrize("password", ["", "1234567", "éééé123"])
def test_a_root_password_that_is_too_short(password, tmp_path):
    data = tmp_path / "data"
    for options, environment, where in ((("--pass", password), {}, "--pass"), ((), {"BAILIWICK_PASS": password}, "BAILIWICK_PASS")):
        done = run("start", "--data", str(data), "--bind", "127.0.0.1:0", "--user", "ada", *options, environment=environment)
        assert done.returncode == 2 and done.stderr.startswith(f"bailiwick: {where}: the password "), done
        assert not data.exists()
