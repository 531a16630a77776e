"""`bailiwick sql` over HTTPS: whom it believes, and that nothing is said to anybody else."""

import json
import socket
import ssl
import threading

import pytest

import client
import pki
from client import ROOT_PASSWORD, ROOT_USER, run

AS_ROOT = ("--user", ROOT_USER, "--pass", ROOT_PASSWORD)
NOBODYS = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nonexistent"}  # a system that trusts nobody


@pytest.fixture(scope="module")
def secure():
    with client.running("--tls") as server:
        server.make_database("n", "d", "CREATE TABLE t (a)")
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return pki.Authority(tmp_path_factory.mktemp("pki"))


def ask(port, *arguments, host="localhost", sql="SELECT 41 + 1 AS answer", **keywords):
    return run("sql", "--endpoint", f"https://{host}:{port}", *AS_ROOT, "--ns", "n", "--db", "d", *arguments, "-e", sql, **keywords)


def answers(done):
    return done.returncode == 0 and not done.stderr and "42" in done.stdout


def refused(done, about):
    assert done.returncode == 1 and not done.stdout, done
    assert done.stderr.startswith("bailiwick: ") and done.stderr.count("\n") == 1 and about in done.stderr, done.stderr
    assert ROOT_PASSWORD not in done.stderr
    return True


# --- whom it believes ---


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_authority_that_is_named(secure, host):
    assert answers(ask(secure.port, "--tls-ca", str(secure.authority), host=host))
    assert answers(ask(secure.port, host=host, environment={"BAILIWICK_TLS_CA": str(secure.authority)}))
    assert answers(ask(f"{secure.port}/", "--tls-ca", str(secure.authority), host=host))


def test_whom_the_system_trusts(secure):
    assert answers(ask(secure.port, environment={"SSL_CERT_FILE": str(secure.authority)}))
    for environment in (NOBODYS, {}):
        done = ask(secure.port, environment=environment)
        assert refused(done, "the certificate of localhost is not believed: ") and "--tls-ca" in done.stderr


def test_the_named_one_alone(secure, authority):
    """Also where the system would trust the server."""
    done = ask(secure.port, "--tls-ca", str(authority.certificate), environment={"SSL_CERT_FILE": str(secure.authority)})
    assert refused(done, "is not believed")


class Impostor:
    """Speaks TLS with a certificate, and keeps what it is told."""

    def __init__(self, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.told = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        with self.listener:
            self.listener.settimeout(client.PATIENCE)
            plain, _ = self.listener.accept()
        with plain:
            plain.settimeout(client.PATIENCE)
            try:
                with self.context.wrap_socket(plain, server_side=True) as connection:
                    self.told = connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n[]")  # of unknown length, and no leave is taken
            except OSError:
                pass

    def __exit__(self, *_):
        self.thread.join()


IMPOSTORS = {
    "another name": (("/CN=db.example", {"san": "DNS:db.example"}), "hostname mismatch"),
    "the name in its subject alone": (("/CN=localhost", {"san": "DNS:db.example"}), "hostname mismatch"),
    "an address": (("/CN=x", {"san": "IP:127.0.0.1"}), "hostname mismatch"),
    "part of a label": (("/CN=x", {"san": "DNS:local*"}), "hostname mismatch"),
    "expired": (("/CN=x", {"san": "DNS:localhost", "start": "20200101000000Z", "end": "20200201000000Z"}), "expired"),
    "early": (("/CN=x", {"san": "DNS:localhost", "start": "20700101000000Z", "end": "20710101000000Z"}), "not yet valid"),
    "a client's": (("/CN=x", {"san": "DNS:localhost", "usage": "clientAuth"}), "unsuitable certificate purpose"),
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_impostors_hear_nothing(authority, name):
    (subject, more), about = IMPOSTORS[name]
    with Impostor(*authority.sign(name.replace(" ", "-").replace("'", ""), subject, **more)) as impostor:
        done = ask(impostor.port, "--tls-ca", str(authority.certificate))
    assert refused(done, "the certificate of localhost is not believed: ") and about in done.stderr, done.stderr
    assert impostor.told == b""


def test_an_address_is_no_name(authority):
    with Impostor(*authority.sign("named", "/CN=127.0.0.1", san="DNS:127.0.0.1,DNS:localhost")) as impostor:
        done = ask(impostor.port, "--tls-ca", str(authority.certificate), host="127.0.0.1")
    assert refused(done, "IP address mismatch") and impostor.told == b""


def test_signed_by_nobody_it_knows(authority, tmp_path):
    other = pki.Authority(tmp_path / "other", "Test authority")  # of the same name, with another key
    with Impostor(*other.sign("other", "/CN=localhost", san="DNS:localhost")) as impostor:
        done = ask(impostor.port, "--tls-ca", str(authority.certificate))
    assert refused(done, "is not believed") and impostor.told == b""


def test_an_end_without_leave_is_no_end(authority):
    """Somebody between could have cut the answer short."""
    with Impostor(*authority.sign("cuts", "/CN=localhost", san="DNS:localhost")) as impostor:
        done = ask(impostor.port, "--tls-ca", str(authority.certificate))
    assert impostor.told.startswith(b"POST /sql HTTP/1.1\r\nHost: localhost:")
    assert refused(done, "the connection broke")


def test_old_versions_are_not_spoken(authority):
    impostor = Impostor(*authority.sign("old", "/CN=localhost", san="DNS:localhost"))
    impostor.context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
    impostor.context.set_ciphers("ALL:@SECLEVEL=0")
    with impostor:
        done = ask(impostor.port, "--tls-ca", str(authority.certificate))
    assert refused(done, "no secure connection to localhost: ") and impostor.told == b""


# --- what else can be wrong ---


def test_http_and_https_are_told_apart(secure, start_server):
    plain = start_server()
    assert refused(ask(plain.port), "localhost does not speak HTTPS there")
    done = run("sql", "--endpoint", f"http://127.0.0.1:{secure.port}", *AS_ROOT, "-e", "SELECT 1")
    assert refused(done, "HTTPS")


def test_nobody_there():
    assert refused(ask(1, host="127.0.0.1"), "cannot connect to 127.0.0.1:1")


@pytest.mark.parametrize("make, about", [
    (lambda path: None, "cannot be read: No such file"), (lambda path: path.mkdir(), "is no file"),
    (lambda path: path.write_text("no certificate"), "holds no usable certificate"), (lambda path: path.write_text(""), "holds no usable certificate"),
])
def test_authorities_that_are_none(secure, tmp_path, make, about):
    make(tmp_path / "ca.pem")
    done = ask(secure.port, "--tls-ca", str(tmp_path / "ca.pem"))
    assert done.returncode == 2 and done.stderr.startswith(f"bailiwick: {tmp_path / 'ca.pem'} {about}"), done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("options, about", [
    (["--tls-ca", "x"], "--tls-ca needs an --endpoint that begins with https://"),
    (["--tls-certificate", "x", "--tls-key", "y"], "--tls-certificate needs an --endpoint that begins with https://"),
    (["--tls-certificate", "x"], "--tls-certificate and --tls-key belong together"),
    (["--endpoint", "https://"], "--endpoint must be"), (["--endpoint", "https://x:0"], "--endpoint must be"),
    (["--endpoint", "https://x:y"], "--endpoint must be"), (["--endpoint", "ftp://x"], "--endpoint must be a URL"),
    (["--endpoint", "https://x/y"], "--endpoint must be"), (["--endpoint", "https://" + "x" * 300], "--endpoint must be"),
])
def test_wrong_usage(options, about):
    done = run("sql", *options, "-e", "SELECT 1")
    assert done.returncode == 2 and about in done.stderr and done.stderr.count("\n") == 1, done.stderr


# --- what it is for ---


def test_large_both_ways(secure):
    trusting = ("--tls-ca", str(secure.authority))
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n"
    done = ask(secure.port, *trusting, "--json", sql=f"SELECT length('{'x' * 100_000}') AS l; {many}")
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout)
    assert first["result"] == [{"l": 100_000}] and len(second["result"]) == 50_000


def test_a_body_that_is_refused_before_it_is_read(secure, tmp_path):
    (tmp_path / "large.sql").write_text("SELECT 1 -- " + "x" * 8_000_000)
    done = run("sql", "--endpoint", f"https://localhost:{secure.port}", "--tls-ca", str(secure.authority), *AS_ROOT, str(tmp_path / "large.sql"))
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and done.stderr.startswith("bailiwick: "), done.stderr


def test_a_certificate_of_ones_own(start_server, authority):
    ann, mallory = authority.sign("ann", "/CN=ann"), authority.sign("mallory", "/CN=mallory")
    server = start_server("--tls", "--client-ca", str(authority.certificate))
    server.make_database("n", "d", "DEFINE LOGIN ann ON DATABASE CERTIFICATE 'CN=ann'")

    def show(pair):
        return run("sql", "--endpoint", f"https://localhost:{server.port}", "--tls-ca", str(server.authority),
                   "--tls-certificate", str(pair[0]), "--tls-key", str(pair[1]), "--ns", "n", "--db", "d", "-e", "SELECT 42")

    assert answers(show(ann))
    assert refused(show(mallory), "the credentials are not right")
    done = show((ann[0], mallory[1]))
    assert done.returncode == 2 and "does not fit the certificate" in done.stderr
    required = start_server("--tls", "--client-ca", str(authority.certificate), "--client-certificates", "required", root=False)
    assert refused(ask(required.port, "--tls-ca", str(required.authority)), "certificate required")
