"""The config file: every option is a key; which beats which; what is wrong is told with file, line and key."""

import re

import pytest

import pki
from client import Server, binary, run
from expect import assert_error

EVERYTHING = """\
# all that there is, none of it as it is anyway
data: {data}
bind: 127.0.0.1:0
user: ada
pass: password-of-ada
allow-guests: true
share-files: yes
deny-functions: [printf, randomblob]
deny-statements: delete, begin
root-nets: [127.0.0.0/8, "::1"]
trusted-proxies:
  - 10.0.0.0/8
name-failures: 11
name-interval: 6s
address-failures: 101
address-interval: 1500ms
password-queue: 65
statement-timeout: 31s
memory-limit: 65M
server-memory: 2G
transaction-limit: 17M
body-limit: 2K
requests: 257
connections: 64
open-files: 513
file-connections: 17
keep-alive: 11s
header-timeout: 11s
body-timeout: 31s
response-timeout: 31s
"""


@pytest.fixture
def write(tmp_path):
    """Writes a config file; its path."""
    def write(text):
        path = tmp_path / "bailiwick.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)
    return write


def shown(*options, environment=None):
    """What `bailiwick config` tells: key → (value, where from), and the lines of all that is a comment."""
    done = run("config", *options, environment=environment)
    assert done.returncode == 0 and not done.stderr, done
    return {key: (value, origin) for comment, key, value, origin in
            re.findall(r"^(# )?([a-z-]+): (.*?) *# (.*)$", done.stdout, re.MULTILINE)}


def keys_of_help():
    return set(re.findall(r"^  --([a-z-]+)", run("help", "start").stdout, re.MULTILINE))


def test_a_server_that_is_told_all_by_a_file(write, tmp_path):
    server = Server(tmp_path / "unused", root=False)
    server.command = lambda: [binary(), "start", "--config", write(EVERYTHING.format(data=tmp_path / "data"))]
    server.start()
    try:
        assert (tmp_path / "data" / "root.db").exists() and not (tmp_path / "unused").exists()
        assert server.post_sql("SELECT 1", login=("ada", "password-of-ada")).status_code == 200
        assert server.post_sql("SELECT 1 --" + "x" * 3000, login=("ada", "password-of-ada")).status_code == 413
        assert server.post_sql("SELECT 1").status_code == 200, "a guest"
    finally:
        assert server.stop() == 0


def test_option_beats_environment_beats_file(write):
    path = write("body-limit: 2K\nrequests: 7\nkeep-alive: 3s\nallow-guests: true\nroot-nets: [10.0.0.0/8]\n")
    seen = shown("--config", path, "--body-limit", "4K", "--root-nets=::1",
                 environment={"BAILIWICK_BODY_LIMIT": "8K", "BAILIWICK_REQUESTS": "8", "BAILIWICK_ALLOW_GUESTS": "no"})
    assert seen["body-limit"] == ("4K", "option --body-limit")
    assert seen["root-nets"] == ('["::1"]', "option --root-nets")
    assert seen["requests"] == ("8", "environment BAILIWICK_REQUESTS")
    assert seen["allow-guests"] == ("false", "environment BAILIWICK_ALLOW_GUESTS")
    assert seen["keep-alive"] == ("3s", f'"{path}" line 3')
    assert seen["open-files"] == ("512", "default")
    assert seen["user"] == ("", "not set")


def test_the_environment_names_the_file(write):
    path = write("requests: 7")
    assert shown(environment={"BAILIWICK_CONFIG": path})["requests"] == ("7", f'"{path}" line 1')
    other = path + ".other"
    with open(other, "w") as file:
        file.write("requests: 9")
    assert shown("--config", other, environment={"BAILIWICK_CONFIG": path})["requests"][0] == "9"


def test_every_option_is_a_key_and_is_shown(write):
    assert set(shown()) == keys_of_help()
    for key in keys_of_help() - {"config"}:
        done = run("config", "--config", write(f"{key}: {{a: b}}"))
        assert done.returncode == 2 and f":1: {key} must be" in done.stderr, done.stderr


def test_what_is_shown_is_a_config_file(write, tmp_path):
    first = run("config", "--config", write(EVERYTHING.format(data=tmp_path / "a # b: \"c\"'[")))
    assert first.returncode == 0
    again = tmp_path / "again.yaml"
    again.write_text(first.stdout)
    lonely = run("config", "--config", str(again))
    assert lonely.returncode == 2 and " user needs --pass" in lonely.stderr, "the password is not in it"
    second = run("config", "--config", str(again), environment={"BAILIWICK_PASS": "password-of-ada"})
    assert second.returncode == 0, second.stderr

    def values(text):
        return re.findall(r"^([a-z-]+: .*?) *# ", text, re.MULTILINE)
    assert values(first.stdout) == values(second.stdout)


@pytest.mark.parametrize("options, environment, text", [
    (["--pass", "the-secret-word"], {}, ""), ([], {"BAILIWICK_PASS": "the-secret-word"}, ""), ([], {}, "pass: the-secret-word"),
])
def test_no_secret_is_shown(options, environment, text, write):
    done = run("config", "--user", "ada", "--config", write(text), *options, environment=environment)
    assert done.returncode == 0 and "# pass: (not shown)" in done.stdout
    assert "the-secret-word" not in done.stdout + done.stderr


@pytest.mark.parametrize("text, complaint", [
    ("body-limits: 2K", "1: unknown key: body-limits"),
    ("--body-limit: 2K", "1: unknown key: --body-limit"),
    ("Body-Limit: 2K", "1: unknown key: Body-Limit"),
    ("body_limit: 2K", "1: unknown key: body_limit"),
    ("token: x", "1: unknown key: token"),
    ("execute: x", "1: unknown key: execute"),
    ("config: other.yaml", "1: config cannot stand in the file itself"),
    ("requests: 7\n\nbody-limit: big", "3: body-limit must be a size such as 64M"),
    ("body-limit: 1", "1: body-limit must be between"),
    ("body-limit: [1K, 2K]", "1: body-limit must be a single value"),
    ("requests: {a: 1}", "1: requests must be a single value"),
    ("requests: '7'", "1: requests must be a number"),
    ("requests: 7.5", "1: requests must be a number"),
    ("requests: 1e3", "1: requests must be a number"),
    ("requests: 0x10", "1: requests must be a number"),
    ("keep-alive: soon", "1: keep-alive must be a time"),
    ("allow-guests: maybe", "1: allow-guests must be yes or no"),
    ("allow-guests: 'true'", "1: allow-guests must be true or false"),
    ("allow-guests:", "1: allow-guests has no value"),
    ("user: ~", "1: user has no value"),
    ("user: [a]", "1: user must be a single value"),
    ("root-nets: {a: b}", "1: root-nets must be a list of texts"),
    ("root-nets: [[10.0.0.0/8]]", "1: root-nets must be a list of texts without commas"),
    ("root-nets: ['10.0.0.0/8,::1']", "1: root-nets must be a list of texts without commas"),
    ("root-nets: [10.0.0.0/8, ~]", "1: root-nets must be a list of texts without commas"),
    ("- body-limit", "1: this is no mapping"),
    ("just a text", "1: this is no mapping"),
])
def test_what_is_wrong_is_told(text, complaint, write, tmp_path):
    path = write(text)
    for command in ("start", "config"):
        done = run(command, "--data", str(tmp_path / "data"), "--config", path)
        assert done.returncode == 2
        assert done.stderr.startswith(f"bailiwick: {path}:{complaint}"), done.stderr
        assert done.stderr.count("\n") == 1 and not done.stdout
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text, line", [
    ("requests: 7\nrequests: 8", 2), ("requests: 7\n  bad: [", 2), ("a: &x 1\nb: *x", 1), ("requests: !!int 7", 1), (b"user: \xff", 1), ('user: "a\\0b"', 1),
])
def test_what_is_no_strict_yaml(text, line, write):
    path = write(text)
    done = run("config", "--config", path)
    assert done.returncode == 2 and done.stderr.startswith(f"bailiwick: {path}:{line}:"), done.stderr
    assert done.stderr.count("\n") == 1


REFUSED = [  # a key, a value that its kind allows, and what is wrong with it
    ("bind", "nonsense", " must be HOST:PORT"), ("bind", "127.0.0.1:70000", " must be HOST:PORT"),
    ("user", "ada", " needs --pass"), ("pass", "password-of-ada", " needs --user"),
    ("cors-origins", "https://app.example/", ": https://app.example/: an origin has no path"),
    ("root-nets", "10.0.0.1/8", ": "), ("root-nets", "localhost", ": "), ("trusted-proxies", "10.0.0.0/33", ": "),
    ("deny-functions", "prinft", ": "), ("deny-statements", "drop", ": "),
    ("tls-certificate", "a.pem", " needs --tls-key"), ("tls-key", "a.pem", " needs --tls-certificate"),
    ("hsts", "true", " needs --tls"), ("redirect-http", "127.0.0.1:0", " needs --tls"), ("redirect-http", "nowhere", " must be HOST:PORT"),
    ("client-ca", "a.pem", " needs --tls"), ("client-certificates", "optional", " needs --client-ca"), ("client-crl", "a.pem", " needs --client-ca"),
]


@pytest.mark.parametrize("key, value, about", REFUSED)
def test_what_start_refuses_is_not_printed(key, value, about, write, tmp_path):
    """The value is named where it stands, by both in the same words."""
    path = write(f"requests: 7\n{key}: '{value}'" if key != "hsts" else f"requests: 7\n{key}: {value}")
    variable = "BAILIWICK_" + key.upper().replace("-", "_")
    for arguments, environment, where in (
        ((f"--{key}",) if key == "hsts" else (f"--{key}", value), {}, f"--{key}"),
        ((), {variable: value}, variable),
        (("--config", path), {}, f"{path}:2: {key}"),
    ):
        told = []
        for command in ("config", "start"):
            done = run(command, "--data", str(tmp_path / "data"), *arguments, environment=environment)
            assert done.returncode == 2 and not done.stdout, done
            assert done.stderr.startswith(f"bailiwick: {where}{about}") and done.stderr.count("\n") == 1, done.stderr
            told.append(done.stderr)
        assert told[0] == told[1]
    assert not (tmp_path / "data").exists()


def test_a_password_that_is_too_short_is_not_shown(write):
    done = run("config", "--config", write("user: ada\npass: shorty"))
    assert done.returncode == 2 and ":2: pass: the password " in done.stderr and "shorty" not in done.stderr


def test_files_that_are_named(write, tmp_path):
    """They are read, and nothing is made; what they hold is told as start tells it."""
    (tmp_path / "roles.yaml").write_text("namespace: acme\na:\n  super_user: maybe\n")
    (tmp_path / "text.pem").write_text("no certificate")
    for arguments, about in (
        (("--roles", str(tmp_path / "roles.yaml")), "roles.yaml:3: a.super_user: this is either true or false"),
        (("--roles", str(tmp_path / "none.yaml")), "none.yaml cannot be read"),
        (("--tls-certificate", str(tmp_path / "none.pem"), "--tls-key", str(tmp_path / "none.key")), "none.pem cannot be read"),
        (("--tls", "--client-ca", str(tmp_path / "text.pem")), "text.pem holds no usable certificate"),
        (("--tls", "--client-ca", str(tmp_path / "none.pem")), "none.pem cannot be read"),
    ):
        for command in ("config", "start"):
            done = run(command, "--data", str(tmp_path / command), "--bind", "127.0.0.1:0", "--user", "ada", "--pass", "password-of-ada", *arguments)
            assert done.returncode == 1 and not done.stdout and about in done.stderr, done
    assert not (tmp_path / "config").exists()


def test_certificates_that_are_good(tmp_path):
    authority = pki.Authority(tmp_path / "pki")
    certificate, key = authority.sign("own", "/CN=localhost", san="DNS:localhost")
    arguments = ("--tls-certificate", str(certificate), "--tls-key", str(key), "--client-ca", str(authority.certificate))
    assert shown(*arguments)["tls-key"] == (f'"{key}"', "option --tls-key")
    assert shown("--tls", "--client-ca", str(authority.certificate), "--data", str(tmp_path / "data"))["tls"][0] == "true"
    assert not (tmp_path / "data").exists()
    done = run("config", "--tls-certificate", str(certificate), "--tls-key", str(authority.key))
    assert done.returncode == 1 and "does not fit the certificate" in done.stderr


def test_a_wrong_value_is_an_error_also_where_it_is_beaten(write):
    done = run("config", "--body-limit", "2K", "--config", write("body-limit: big"))
    assert done.returncode == 2 and "body-limit must be a size" in done.stderr


@pytest.mark.parametrize("option", ["--config", "BAILIWICK_CONFIG"])
def test_a_file_that_cannot_be_read(option, tmp_path):
    for path in (tmp_path / "missing.yaml", tmp_path):
        done = run("config", option, str(path)) if option[0] == "-" else run("config", environment={option: str(path)})
        assert done.returncode == 2
        assert done.stderr.startswith(f"bailiwick: {path} cannot be read: ") and done.stderr.count("\n") == 1


def test_empty_files_and_lists(write):
    assert shown("--config", write(""))["requests"] == ("256", "default")
    assert shown("--config", write("# nothing\n"))["requests"] == ("256", "default")
    path = write("root-nets: []")
    assert shown("--config", path)["root-nets"] == ("[]", f'"{path}" line 1')


def test_a_list_that_is_empty_is_a_list(write, tmp_path):
    """No network at all is not the same as no restriction."""
    server = Server(tmp_path / "data", "--config", write("root-nets: []")).start()
    try:
        assert_error(server.signin(user="root", **{"pass": "secret-password"}), 401)
    finally:
        assert server.stop() == 0


def test_sql_and_check_have_no_config_file(write):
    path = write("requests: 7")
    assert run("sql", "--config", path, "-e", "SELECT 1").returncode == 2
    assert run("check", "--config", path, "-").returncode == 2
