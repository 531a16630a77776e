"""Clients' certificates: which are let in, whose login they are, and what beats them."""

import contextlib
import json
import signal
import subprocess

import pytest
import requests

import client
import pki
from expect import assert_error, code, one_value, values

FOREVER = {"start": "20200101000000Z", "end": "20400101000000Z"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return pki.Authority(tmp_path_factory.mktemp("clients"), "Clients")


@pytest.fixture(scope="module")
def people(authority, tmp_path_factory):
    """Certificates by name; each is a path and a key's path."""
    foreign = pki.Authority(tmp_path_factory.mktemp("foreign"), "Clients")  # of the same name, with another key
    made = {
        "ann": authority.sign("ann", "/CN=ann"),
        "bob": authority.sign("bob", "/CN=bob"),
        "root": authority.sign("root", "/O=Acme, Inc./CN=operator"),
        "revoked": authority.sign("gone", "/CN=ann"),
        "expired": authority.sign("expired", "/CN=ann", start="20200101000000Z", end="20200201000000Z"),
        "early": authority.sign("early", "/CN=ann", start="20700101000000Z", end="20710101000000Z"),
        "server's": authority.sign("servers", "/CN=ann", usage="serverAuth"),
        "for clients": authority.sign("for_clients", "/CN=ann", usage="clientAuth"),
        "foreign": foreign.sign("foreign", "/CN=ann"),
        "one more": authority.sign("more", "/CN=ann/O=Acme"),
        "two names": authority.sign("two", "/CN=ann/CN=bob"),
        "twice": authority.sign("twice", "/CN=ann/CN=ann"),
        "longer": authority.sign("longer", "/CN=anna"),
        "case": authority.sign("case", "/CN=Ann"),
        "space": authority.sign("space", "/CN=ann "),
        "comma": authority.sign("comma", "/CN=eve,CN=ann"),
        "in another": authority.sign("another", "/O=CN=ann"),
        "slash": authority.sign("slash", "/O=eve\\/CN=ann"),
        "line": authority.sign("line", "/CN=ann\nCN=bob"),
        "wide": authority.sign("wide", "/CN=änn"),
        "none": authority.sign("none", "/O=eve"),
    }
    authority.revoke(made["revoked"][0])
    own = authority.folder / "own"
    pki.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", own, "-out",
                f"{own}.pem", "-days", "5", "-subj", "/CN=ann")
    made["signed by itself"] = (own.with_suffix(".pem"), own)
    return made


def fingerprint(pair, colons=False):
    text = pki.openssl("x509", "-in", pair[0], "-noout", "-fingerprint", "-sha256").stdout.strip().split("=")[1]
    return text if colons else text.replace(":", "")


def prepare(server, people):
    server.make_database("acme", "shop", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
    server.make_database("acme", "other")
    server.make_database("rival", "shop")
    server.root_ok(r"DEFINE LOGIN operator ON ROOT CERTIFICATE 'O=Acme\, Inc.,CN=operator'")
    server.root_ok("DEFINE LOGIN ann ON DATABASE CERTIFICATE 'CN=ann'", ns="acme", db="shop")
    server.root_ok(f"DEFINE LOGIN bob ON NAMESPACE CERTIFICATE 'SHA256:{fingerprint(people['bob'])}'", ns="acme")
    return server


@pytest.fixture(scope="module")
def optional(authority, people):
    with client.running("--tls", "--client-ca", str(authority.certificate), "--client-crl", str(authority.write_list())) as server:
        yield prepare(server, people)


@pytest.fixture(scope="module")
def guests(authority, people):
    with client.running("--tls", "--client-ca", str(authority.certificate), "--allow-guests") as server:
        yield prepare(server, people)


@pytest.fixture(scope="module")
def everywhere(authority, people):
    """Both kinds of asking, and origins: `*`."""
    with client.running("--tls", "--client-ca", str(authority.certificate), "--client-certificates", "optional",
                        "--cors-origins", "*") as server:
        yield prepare(server, people)


def ask(server, pair, sql="SELECT 1 AS one", ns=None, db=None, path="/sql", method="POST", **headers):
    """One request on a connection of its own."""
    headers = {"Content-Type": "application/sql"} | headers
    headers |= {name: value for name, value in (("NS", ns), ("DB", db)) if value}
    with requests.Session() as session:
        session.trust_env = False
        cert = tuple(map(str, pair)) if pair else None
        return session.request(method, server.url + path, data=sql.encode(), headers=headers, cert=cert,
                               verify=str(server.authority), timeout=client.PATIENCE)


def refused_in_handshake(server, pair):
    try:
        ask(server, pair, path="/version", method="GET")
    except requests.exceptions.ConnectionError:  # an alert, or a reset that overtakes it
        return True
    return False


# --- who is let in ---


@pytest.mark.parametrize("name", ["expired", "early", "revoked", "foreign", "server's", "signed by itself"])
def test_bad_certificates_end_the_connection(optional, people, name):
    seen = len(optional.log)
    assert refused_in_handshake(optional, people[name])
    client.wait_until(lambda: any("certificate was refused" in line for line in optional.log[seen:]))
    for version in ("-tls1_2", "-tls1_3"):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"{optional.host}:{optional.port}", version, "-quiet", "-cert", str(people[name][0]),
             "-key", str(people[name][1]), "-CAfile", str(optional.authority)],
            input="GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", capture_output=True, text=True, timeout=client.PATIENCE)
        assert "bailiwick-" not in done.stdout
        assert "alert" in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["ann", "for clients", "bob", "none"])
def test_good_certificates_and_none_are_let_in(optional, people, name):
    assert ask(optional, people[name], path="/version", method="GET").status_code == 200
    assert ask(optional, None, path="/version", method="GET").status_code == 200


def test_required(start_server, authority, people):
    server = start_server("--tls", "--client-ca", str(authority.certificate), "--client-certificates", "required", root=False)
    for path, method in (("/version", "GET"), ("/health", "GET"), ("/sql", "POST"), ("/signin", "POST"), ("/signup", "POST"), ("/nowhere", "GET")):
        with pytest.raises((requests.exceptions.SSLError, requests.exceptions.ConnectionError)):
            ask(server, None, path=path, method=method)
        assert ask(server, people["ann"], path=path, method=method).status_code < 500


def test_a_key_that_is_not_the_certificates(optional, people):
    with pytest.raises(OSError):
        ask(optional, (people["ann"][0], people["bob"][1]))


# --- whose login it is ---


def test_levels(optional, people):
    define = "DEFINE NAMESPACE {0}; REMOVE NAMESPACE {0}"
    assert one_value(ask(optional, people["ann"], ns="acme", db="shop").json()) == 1
    assert_error(ask(optional, people["ann"]), 401)  # nothing says where to look
    assert_error(ask(optional, people["ann"], ns="acme"), 401)
    assert_error(ask(optional, people["ann"], ns="acme", db="other"), 401)
    assert_error(ask(optional, people["ann"], ns="rival", db="shop"), 401)
    assert one_value(ask(optional, people["bob"], ns="acme", db="other").json()) == 1
    assert_error(ask(optional, people["bob"], ns="rival", db="shop"), 401)
    assert code(ask(optional, people["root"], define.format("by_certificate")).json()) == "OK"
    assert code(ask(optional, people["bob"], define.format("mine"), ns="acme").json()) == "permission_denied"
    assert code(ask(optional, people["bob"], "DEFINE DATABASE bobs; REMOVE DATABASE bobs", ns="acme").json()) == "OK"
    assert code(ask(optional, people["ann"], "DEFINE DATABASE anns", ns="acme", db="shop").json()) == "permission_denied"
    assert code(ask(optional, people["ann"], "USE DB other", ns="acme", db="shop").json()) == "permission_denied"


@pytest.mark.parametrize("name", ["one more", "two names", "twice", "longer", "case", "space", "comma", "in another", "slash", "line", "wide", "none"])
def test_only_the_very_subject(optional, people, name):
    assert_error(ask(optional, people[name], ns="acme", db="shop"), 401)


@pytest.mark.parametrize("name, rule", [
    ("one more", "CN=ann,O=Acme"), ("one more", "o = Acme , cn = ann"), ("two names", "CN=bob,CN=ann"), ("twice", "CN=ann,CN=ann"),
    ("comma", r"CN=eve\,CN\=ann"), ("comma", r"CN=eve\2cCN=ann"), ("in another", "O=CN=ann"), ("space", r"CN=ann\ "), ("wide", "CN=änn"),
    ("wide", r"CN=\c3\a4nn"), ("line", r"CN=ann\0aCN\=bob"), ("none", "O=eve"),
])
def test_rules(optional, people, name, rule):
    optional.root_ok("DEFINE DATABASE IF NOT EXISTS rules", ns="acme")
    optional.root_ok(f"DEFINE LOGIN OVERWRITE one ON DATABASE CERTIFICATE '{rule}'", ns="acme", db="rules")
    assert ask(optional, people[name], ns="acme", db="rules").status_code == 200
    assert_error(ask(optional, people["ann"], ns="acme", db="rules"), 401)


def test_fingerprints(optional, people):
    optional.root_ok("DEFINE DATABASE IF NOT EXISTS prints", ns="acme")
    good = fingerprint(people["longer"])
    for rule in (good, good.lower(), fingerprint(people["longer"], colons=True)):
        optional.root_ok(f"DEFINE LOGIN OVERWRITE one ON DATABASE CERTIFICATE 'SHA256:{rule}'", ns="acme", db="prints")
        assert ask(optional, people["longer"], ns="acme", db="prints").status_code == 200
        assert_error(ask(optional, people["ann"], ns="acme", db="prints"), 401)
    optional.root_ok(f"DEFINE LOGIN OVERWRITE one ON DATABASE CERTIFICATE 'SHA256:{good[:-1]}{'0' if good[-1] != '0' else '1'}'", ns="acme", db="prints")
    assert_error(ask(optional, people["longer"], ns="acme", db="prints"), 401)


def test_claimed_by_two_is_nobodys(optional, people):
    optional.root_ok("DEFINE DATABASE IF NOT EXISTS two", ns="acme")
    optional.root_ok("DEFINE LOGIN one ON DATABASE CERTIFICATE 'CN=ann'; DEFINE LOGIN two ON DATABASE CERTIFICATE 'CN=ann'", ns="acme", db="two")
    assert_error(ask(optional, people["ann"], ns="acme", db="two"), 401)
    optional.root_ok("REMOVE LOGIN two ON DATABASE", ns="acme", db="two")
    assert ask(optional, people["ann"], ns="acme", db="two").status_code == 200
    optional.root_ok("REMOVE LOGIN one ON DATABASE", ns="acme", db="two")
    assert_error(ask(optional, people["ann"], ns="acme", db="two"), 401)


def test_the_refusal_tells_nothing(optional, people):
    bodies = {ask(optional, pair, ns="acme", db=db).text for pair in (people["none"], people["two names"], None) for db in ("shop", "nowhere")}
    assert len(bodies) == 1


# --- what beats it ---


def test_the_header_beats_it(optional, people):
    optional.root_ok("DEFINE LOGIN IF NOT EXISTS cy ON DATABASE PASSWORD 'a long one'", ns="acme", db="shop")
    token = optional.token(NS="acme", DB="shop", user="cy", **{"pass": "a long one"})
    sql = "DEFINE DATABASE x; REMOVE DATABASE x"
    for authorization in (client.basic("cy", "a long one"), f"Bearer {token}"):
        answered = ask(optional, people["root"], sql, ns="acme", db="shop", Authorization=authorization)
        assert code(answered.json()) == "permission_denied"
    for authorization in (client.basic("cy", "wrong"), "Bearer nonsense", "Other x", ""):
        assert_error(ask(optional, people["root"], sql, ns="acme", db="shop", Authorization=authorization), 401)


def test_no_header_makes_a_certificate(optional, people):
    der = people["root"][0].read_text().replace("\n", "")
    for name in ("X-Client-Cert", "X-SSL-Cert", "SSL_CLIENT_CERT", "X-SSL-Client-S-DN", "Client-Cert", "X-Forwarded-Client-Cert"):
        for value in (der, "CN=operator", "/O=Acme, Inc./CN=operator"):
            assert_error(ask(optional, None, **{name: value}), 401)


def test_one_connection_after_another(optional, people):
    """What one connection has shown is not another's, also on the same thread of the server."""
    for _ in range(5):
        assert ask(optional, people["root"]).status_code == 200
        assert_error(ask(optional, None), 401)


def test_guests(guests, people):
    assert code(ask(guests, people["none"], "CREATE TABLE x (y)", ns="acme", db="shop").json()) == "permission_denied"
    assert code(ask(guests, people["ann"], "CREATE TABLE x (y); DROP TABLE x", ns="acme", db="shop").json()) == "OK"


def test_pages_of_any_origin_have_no_certificate(everywhere, people):
    """A browser shows it whatever page asks: with `*` it must not count."""
    insert = "INSERT INTO note (text) VALUES ('by a page')"
    for content_type in ("text/plain", "application/sql"):
        answered = ask(everywhere, people["ann"], insert, ns="acme", db="shop", Origin="https://elsewhere.example", **{"Content-Type": content_type})
        assert_error(answered, 401)
    assert values(everywhere.root("SELECT count(*) FROM note", ns="acme", db="shop")) == [(0,)]
    assert ask(everywhere, people["ann"], insert, ns="acme", db="shop", Origin=everywhere.url).status_code == 200


def test_a_login_by_certificate_has_no_password(optional):
    for password in ("", "x", "CN=ann"):
        assert_error(optional.signin(NS="acme", DB="shop", user="ann", **{"pass": password}), 401)
        assert_error(optional.post_sql("SELECT 1", login=("ann", password), ns="acme", db="shop"), 401)


def test_both(optional, people):
    optional.root_ok("DEFINE DATABASE IF NOT EXISTS both; USE DB both; "
                     "DEFINE LOGIN OVERWRITE ann ON DATABASE PASSWORD 'a long one' CERTIFICATE 'CN=ann'", ns="acme")
    assert ask(optional, people["ann"], ns="acme", db="both").status_code == 200
    assert optional.post_sql("SELECT 1", login=("ann", "a long one"), ns="acme", db="both").status_code == 200


def test_roles(optional, people):
    optional.root_ok("DEFINE DATABASE IF NOT EXISTS roles; USE DB roles; CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY); "
                     "DEFINE LOGIN OVERWRITE ann ON DATABASE CERTIFICATE 'CN=ann' ROLES viewer", ns="acme")
    assert values(ask(optional, people["ann"], "SELECT count(*) FROM note", ns="acme", db="roles").json()) == [(0,)]
    for sql in ("INSERT INTO note DEFAULT VALUES", "CREATE TABLE x (y)", "DEFINE LOGIN z ON DATABASE CERTIFICATE 'CN=z'"):
        assert code(ask(optional, people["ann"], sql, ns="acme", db="roles").json()) == "permission_denied"


def test_root_from_its_networks_alone(start_server, authority, people):
    server = start_server("--tls", "--client-ca", str(authority.certificate), "--root-nets", "10.0.0.0/8")
    # nobody can define as root from here: the folder is prepared without that bound
    server.stop()
    server.options = server.options[:3]
    server.start()
    server.root_ok(r"DEFINE LOGIN operator ON ROOT CERTIFICATE 'O=Acme\, Inc.,CN=operator'")
    assert ask(server, people["root"]).status_code == 200
    server.stop()
    server.options += ["--root-nets", "10.0.0.0/8"]
    server.start()
    assert_error(ask(server, people["root"]), 401)


# --- definitions ---


@pytest.mark.parametrize("rule", [
    "", "ann", "CN", "CN=", "=ann", "XX=ann", "2.5.4.3=ann", "CN=ann,", ",CN=ann", "CN=ann,,O=x", "CN=ann+O=x", "CN=a;O=x", 'CN="ann"', "CN=<ann>",
    "CN=ann\\", "CN=a\\nn", "CN=#0403616e6e", "CN=\\ff", "CN=a\\00", "SHA256:", "SHA256:00", "SHA256:" + "0" * 63, "SHA256:" + "0" * 65,
    "SHA256:" + "g" * 64, "SHA256::" + "0" * 64, "SHA256:" + "0:" * 64, "CN=" + "a" * 2000, ",".join(["CN=a"] * 17), "/CN=ann",
])
def test_bad_rules(server, rule):
    sql = "DEFINE LOGIN x ON ROOT CERTIFICATE '" + rule.replace("'", "''") + "'"
    assert code(server.root(sql)) == "invalid_value"


def test_info_and_restart(fresh_server):
    server = fresh_server
    server.root_ok(r"DEFINE LOGIN one ON ROOT CERTIFICATE 'O=A\, B,CN=one'; DEFINE LOGIN two ON ROOT PASSWORD 'password-x' CERTIFICATE 'CN=two'")
    server.restart()
    (info,) = server.root_ok("INFO FOR ROOT")[0]
    assert info["logins"]["one"] == """DEFINE LOGIN "one" ON ROOT CERTIFICATE 'O=A\\, B,CN=one'"""
    assert "CERTIFICATE 'CN=two'" in info["logins"]["two"] and "PASS" not in info["logins"]["two"]


@pytest.mark.parametrize("sql", ["DEFINE LOGIN x ON ROOT", "DEFINE LOGIN x ON ROOT CERTIFICATE 'CN=a' CERTIFICATE 'CN=b'",
                                 "DEFINE LOGIN x ON ROOT CERTIFICATE CN", "DEFINE LOGIN x ON ROOT PASSWORD 'x' PASSHASH 'y' CERTIFICATE 'CN=a'"])
def test_what_does_not_parse(server, sql):
    assert_error(server.post_sql(sql, login=(client.ROOT_USER, client.ROOT_PASSWORD)), 400)


def test_certificate_is_still_a_name(server):
    server.make_database("words", "words", "CREATE TABLE certificate (certificate TEXT)")
    assert values(server.root("SELECT count(certificate) FROM certificate", ns="words", db="words")) == [(0,)]


# --- lists of revoked certificates ---


def test_a_newer_list_is_read(start_server, tmp_path_factory):
    authority = pki.Authority(tmp_path_factory.mktemp("reload"))
    dora = authority.sign("dora", "/CN=dora")
    revoked = authority.write_list()
    server = start_server("--tls", "--client-ca", str(authority.certificate), "--client-crl", str(revoked))
    assert ask(server, dora, path="/version", method="GET").status_code == 200
    authority.revoke(dora[0])
    authority.write_list()
    reload(server, "read again")
    assert refused_in_handshake(server, dora)
    authority.write_list(None, "-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z")
    reload(server, "stay in force")
    revoked.write_text("no list")
    reload(server, "stay in force")
    assert refused_in_handshake(server, dora)


def reload(server, line):
    seen = len(server.log)
    server.process.send_signal(signal.SIGHUP)
    client.wait_until(lambda: any(line in said for said in server.log[seen:]))


def test_bad_lists_and_authorities_at_start(tmp_path, tmp_path_factory):
    authority = pki.Authority(tmp_path_factory.mktemp("bad"))
    old = authority.write_list(tmp_path / "old.pem", "-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z")
    broken = tmp_path / "broken.pem"
    broken.write_text(authority.write_list().read_text() + "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n")
    for ca, crl, about in ((authority.certificate, old, "expired"), (authority.certificate, authority.certificate, "revoked"),
                           (authority.certificate, tmp_path / "none", "none"), (authority.certificate, broken, "revoked"),
                           (tmp_path / "none", None, "none"), (authority.key, None, "certificate")):
        ended = client.run("start", "--data", str(tmp_path / "data"), "--bind", "127.0.0.1:0", "--tls", "--user", "root", "--pass", "password-x",
                           "--client-ca", str(ca), *(["--client-crl", str(crl)] if crl else []))
        assert ended.returncode == 1 and about in ended.stderr, ended.stderr


def test_no_list_of_its_signer_lets_nobody_in(start_server, authority, people, tmp_path_factory):
    other = pki.Authority(tmp_path_factory.mktemp("unlisted"))
    server = start_server("--tls", "--client-ca", str(authority.certificate), "--client-crl", str(other.write_list()))
    assert refused_in_handshake(server, people["ann"])


def test_a_disabled_login_is_kept_out(optional, people):
    optional.root_ok("DEFINE LOGIN OVERWRITE zoe ON DATABASE CERTIFICATE 'CN=änn'", ns="acme", db="other")
    assert ask(optional, people["wide"], ns="acme", db="other").status_code == 200
    optional.root_ok("ALTER LOGIN zoe ON DATABASE DISABLE", ns="acme", db="other")
    assert_error(ask(optional, people["wide"], ns="acme", db="other"), 401)
    optional.root_ok("ALTER LOGIN zoe ON DATABASE ENABLE", ns="acme", db="other")
    assert ask(optional, people["wide"], ns="acme", db="other").status_code == 200
    optional.root_ok("REMOVE LOGIN zoe ON DATABASE", ns="acme", db="other")


# --- the audit log ---


@pytest.fixture
def audited(authority, people, tmp_path):
    """A server, and what its audit log says of a response."""
    log = tmp_path / "audit.log"
    with client.running("--tls", "--client-ca", str(authority.certificate), "--audit-log", str(log), "--keep-alive", "10m") as server:
        prepare(server, people)

        def of(response):
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            return [line for line in lines if line["request"] == response.headers["X-Request-Id"]]

        yield server, of


@contextlib.contextmanager
def kept(server, pair):
    """One connection; asks on it."""
    with requests.Session() as session:
        session.trust_env, session.verify, session.cert = False, str(server.authority), tuple(map(str, pair))

        def ask_again(sql="SELECT 1", ns="acme", db="shop", **headers):
            named = {name: value for name, value in (("NS", ns), ("DB", db)) if value}
            return session.post(server.url + "/sql", sql, headers={"Content-Type": "application/sql"} | named | headers, timeout=client.PATIENCE)

        yield ask_again


def signins(lines):
    return [line["who"] for line in lines if (line["action"], line["outcome"]) == ("signin", "ok")]


ANN = {"level": "database", "ns": "acme", "db": "shop", "login": "ann"}


def test_a_sign_in_is_audited_once_a_connection(audited, people):
    server, of = audited
    for _ in range(2):
        with kept(server, people["ann"]) as ask_again:
            (line,) = of(ask_again())
            assert (line["action"], line["outcome"], line["who"]) == ("signin", "ok", ANN) and "claimed" not in line
            assert line["certificate"] == "SHA256:" + fingerprint(people["ann"]).lower()
            for _ in range(3):
                assert of(ask_again()) == []
    assert of(ask(server, None, path="/version", method="GET")) == []
    assert of(ask(server, people["ann"], path="/version", method="GET")) == []


def test_each_login_that_a_connection_works_as_is_audited(audited, people):
    """One certificate, two logins of it, by what the headers name."""
    server, of = audited
    server.root_ok("DEFINE LOGIN other ON DATABASE CERTIFICATE 'CN=ann'", ns="acme", db="other")
    other = {"level": "database", "ns": "acme", "db": "other", "login": "other"}
    with kept(server, people["ann"]) as ask_again:
        seen = [signins(of(ask_again(db=db))) for db in ("shop", "shop", "other", "other", "shop")]
    assert seen == [[ANN], [], [other], [], [ANN]]


def test_what_follows_a_sign_in_is_audited_as_ever(audited, people):
    server, of = audited
    with kept(server, people["ann"]) as ask_again:
        assert [line["action"] for line in of(ask_again("CREATE TABLE x (y)"))] == ["signin", "statement"]
        (line,) = of(ask_again("DROP TABLE x"))
        assert (line["action"], line["who"]) == ("statement", ANN)


def test_refused_certificates_are_told_by_their_fingerprint(audited, people):
    server, of = audited
    with kept(server, people["longer"]) as ask_again:
        for _ in range(2):  # each time
            (line,) = of(ask_again())
            assert (line["action"], line["outcome"], line["code"]) == ("request", "refused", "unauthenticated")
            assert line["claimed"] == {"ns": "acme", "db": "shop"} and "who" not in line
            assert line["certificate"] == "SHA256:" + fingerprint(people["longer"]).lower()


def test_a_header_is_what_is_audited_where_it_beats_the_certificate(audited, people):
    server, of = audited
    with kept(server, people["ann"]) as ask_again:
        (line,) = of(ask_again(Authorization=client.basic(client.ROOT_USER, client.ROOT_PASSWORD + "x")))
        assert line["outcome"] == "refused" and line["claimed"]["login"] == client.ROOT_USER and "certificate" not in line
        token = server.token(user=client.ROOT_USER, **{"pass": client.ROOT_PASSWORD})
        assert of(ask_again(Authorization=f"Bearer {token}")) == []
        assert signins(of(ask_again())) == [ANN]
