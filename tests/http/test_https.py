"""HTTPS: versions, certificates that are the server's own or somebody's, reloading them, and who may not hold a thread."""

import concurrent.futures
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess

import pytest
import requests

import client
import pki
from expect import assert_error

SQL = {"Content-Type": "application/sql"}


@pytest.fixture(scope="module")
def secure():
    with client.running("--tls") as server:
        server.make_database("web", "web", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return pki.Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def own(authority):
    return authority.sign("own", "/CN=localhost", san="DNS:localhost,IP:127.0.0.1")


def context_of(server, authority=None):
    return ssl.create_default_context(cafile=str(authority or server.authority))


@contextlib.contextmanager
def connect(server, context=None, patience=client.PATIENCE):
    with socket.create_connection((server.host, server.port), timeout=patience) as plain:
        with (context or context_of(server)).wrap_socket(plain, server_hostname="localhost") as secret:
            yield secret


def serial_of(server, context=None):
    with connect(server, context) as connection:
        return connection.getpeercert()["serialNumber"]


def read_to_end(connection):
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def s_client(server, *arguments):
    """openssl's client asks for /version: what it says, and whether it got an answer."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{server.host}:{server.port}", "-CAfile", str(server.authority),
         "-verify_return_error", "-quiet", *arguments],
        input="GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", capture_output=True, text=True, timeout=client.PATIENCE)
    return done, "bailiwick-" in done.stdout


def curl(server, *arguments, path="/version"):
    return subprocess.run(["curl", "-sS", "--cacert", str(server.authority), *arguments, f"https://localhost:{server.port}{path}"],
                          capture_output=True, text=True, timeout=client.PATIENCE)


# --- the server's own certificate ---


def test_files(secure):
    folder = secure.data / "keys"
    names = {"ca.pem", "caKey.pem", "certificate.pem", "privateKey.pem"}
    assert {entry.name for entry in folder.iterdir()} == names
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in names:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert (folder / "caKey.pem").read_text() != (folder / "privateKey.pem").read_text()
    pki.openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", folder / "ca.pem", folder / "certificate.pem")
    text = pki.openssl("x509", "-in", folder / "certificate.pem", "-noout", "-text").stdout
    assert "prime256v1" in text and "ecdsa-with-SHA256" in text and "CA:FALSE" in text
    (names,) = re.findall(r"Subject Alternative Name: *\n *(.*)", text)
    assert {"DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", f"DNS:{socket.gethostname()}"} <= set(names.split(", "))
    text = pki.openssl("x509", "-in", folder / "ca.pem", "-noout", "-text").stdout
    assert "CA:TRUE, pathlen:0" in text and "Certificate Sign" in text and "prime256v1" in text


def test_trusted_by_its_authority_alone(secure):
    for name in ("localhost", "127.0.0.1"):
        assert requests.get(f"https://{name}:{secure.port}/version", verify=str(secure.authority)).status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://localhost:{secure.port}/version")
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection((secure.host, secure.port)) as plain:
        context_of(secure).wrap_socket(plain, server_hostname="db.example")


def test_versions(secure):
    for version in ("-tls1", "-tls1_1"):
        done, answered = s_client(secure, version, "-cipher", "DEFAULT@SECLEVEL=0")
        assert not answered and re.search("alert protocol version|unsupported protocol", done.stderr), done.stderr
    for version in ("-tls1_2", "-tls1_3"):
        assert s_client(secure, version)[1]
    assert curl(secure, "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0").returncode != 0
    for version in ("1.2", "1.3"):
        assert curl(secure, f"--tlsv{version}", "--tls-max", version).stdout.startswith("bailiwick-")


def test_weak_ciphers(secure):
    for cipher in ("NULL", "aNULL", "RC4", "3DES", "EXPORT"):
        done, answered = s_client(secure, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
        assert not answered, cipher


def test_protocol_names(secure):
    context = context_of(secure)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connect(secure, context) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError), connect(secure, context):
        pass


def test_no_renegotiation(secure):
    done = subprocess.run(["openssl", "s_client", "-connect", f"{secure.host}:{secure.port}", "-tls1_2", "-CAfile", str(secure.authority)],
                          input="R\n", capture_output=True, text=True, timeout=client.PATIENCE)
    assert "no renegotiation" in done.stderr or "handshake failure" in done.stderr, done.stderr


def test_plain_http_is_told(secure):
    answered = requests.get(f"http://{secure.host}:{secure.port}/version")
    assert "HTTPS" in assert_error(answered, 400)["information"]
    answered = requests.post(f"http://{secure.host}:{secure.port}/sql", "INSERT INTO note (text) VALUES ('plain')",
                             headers=SQL | {"NS": "web", "DB": "web", "Connection": "close"}, auth=(client.ROOT_USER, client.ROOT_PASSWORD))
    assert_error(answered, 400)
    assert secure.root_ok("SELECT count(*) AS n FROM note", ns="web", db="web")[0][0]["n"] == 0


@pytest.mark.parametrize("garbage", [b"", b"\x16", b"\x16\x03\x01\xff\xff", b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01\x00\x02",
                                     b"\x15\x03\x03\x00\x02\x02\x28", b"\x17\x03\x03\x00\x10" + b"x" * 16, b"\x00" * 5000])
def test_garbage(secure, garbage):
    with socket.create_connection((secure.host, secure.port), timeout=client.PATIENCE) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP/1.1 200" not in read_to_end(connection)
    assert secure.get("/version").status_code == 200


# --- HTTP within it ---


def test_origin_of_its_own(secure):
    body = {"user": client.ROOT_USER, "pass": client.ROOT_PASSWORD}
    assert secure.post("/signin", json=body, headers={"Origin": secure.url}).status_code == 200
    assert_error(secure.post("/signin", json=body, headers={"Origin": secure.url.replace("https", "http")}), 403)


def test_requests_in_one_record_and_in_many(secure):
    one = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with connect(secure) as connection:
        connection.sendall(one * 99 + last)
        assert read_to_end(connection).count(b"HTTP/1.1 200 OK") == 100
    with connect(secure) as connection:
        for byte in one + last:
            connection.sendall(bytes([byte]))
        assert read_to_end(connection).count(b"HTTP/1.1 200 OK") == 2


def test_large_bodies_both_ways(secure):
    text = "x" * 3_000_000
    answered = secure.post_sql("SELECT length($text) AS n", vars={"text": text}, login=(client.ROOT_USER, client.ROOT_PASSWORD), ns="web", db="web")
    assert answered.json()[0]["result"] == [{"n": 3_000_000}]
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i, printf('%0100d', i) AS text FROM n"
    rows = secure.root_ok(sql, ns="web", db="web")[0]
    assert len(rows) == 100_000 and rows[-1]["text"].endswith("00100000")


def test_slow_reader_gets_all(secure):
    sql = b"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT i, printf('%0100d', i) AS t FROM n"
    head = (f"POST /sql HTTP/1.1\r\nHost: localhost\r\nNS: web\r\nDB: web\r\nContent-Type: application/sql\r\nContent-Length: {len(sql)}\r\n"
            f"Authorization: {client.basic(client.ROOT_USER, client.ROOT_PASSWORD)}\r\nConnection: close\r\n\r\n").encode()
    with connect(secure) as connection:
        connection.sendall(head + sql)
        assert connection.recv(1)
        assert secure.get("/version").status_code == 200  # nobody waits for it
        received = read_to_end(connection)
    assert received.endswith(b"0\r\n\r\n") and b'"status":"OK"' in received[-200:]


def test_body_that_ends_early_is_no_request(secure):
    head = (f"POST /sql HTTP/1.1\r\nHost: localhost\r\nNS: web\r\nDB: web\r\nContent-Type: application/sql\r\nContent-Length: 1000\r\n"
            f"Authorization: {client.basic(client.ROOT_USER, client.ROOT_PASSWORD)}\r\n\r\nINSERT INTO note (text) VALUES ('half');").encode()
    with socket.create_connection((secure.host, secure.port), timeout=client.PATIENCE) as plain:
        connection = context_of(secure).wrap_socket(plain, server_hostname="localhost")
        connection.sendall(head)
        os.close(connection.detach())  # the socket is closed without taking leave
    assert secure.root_ok("SELECT count(*) AS n FROM note WHERE text = 'half'", ns="web", db="web")[0][0]["n"] == 0


# --- slow peers ---


@pytest.fixture(scope="module")
def hasty():
    with client.running("--tls", "--header-timeout", "2s", "--keep-alive", "2s", "--body-timeout", "2s", "--response-timeout", "2s",
                        "--connections", "8") as server:
        yield server


def wait_until_closed(connection):
    """A TimeoutError of the socket, which is patient, is raised."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while connection.recv(65536):
            pass


def test_slow_handshakes_are_cut_off(hasty):
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    for begin in (b"", hello[:1], hello):
        with socket.create_connection((hasty.host, hasty.port), timeout=client.PATIENCE) as connection:
            connection.sendall(begin)
            wait_until_closed(connection)


def test_dribbled_handshake_is_cut_off(hasty):
    """It ends long before its last byte, which would come after minutes."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    with socket.create_connection((hasty.host, hasty.port), timeout=client.PATIENCE) as connection:
        connection.settimeout(0.25)
        sent = 0
        with contextlib.suppress(ConnectionError):
            for byte in hello + b"x" * 500:
                connection.sendall(bytes([byte]))
                sent += 1
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1):
                        break
        assert sent < len(hello) + 500


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_dribbled_record_is_cut_off(hasty, version):
    """The second request of a connection, which the server waits for in another way, comes byte by byte."""
    context = context_of(hasty)
    context.maximum_version = version
    request = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    channel = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection((hasty.host, hasty.port), timeout=client.PATIENCE) as connection:
        def go_on(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(65536))
                finally:
                    if outgoing.pending:
                        connection.sendall(outgoing.read())

        go_on(channel.do_handshake)
        go_on(lambda: channel.write(request))
        assert go_on(lambda: channel.read(65536)).startswith(b"HTTP/1.1 200")
        channel.write(request + b"X" * 600)
        record = outgoing.read()
        connection.settimeout(0.25)
        sent = 0
        with contextlib.suppress(ConnectionError):
            for byte in record:
                connection.sendall(bytes([byte]))
                sent += 1
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(4096):
                        break
        assert sent < len(record)


@pytest.mark.parametrize("sent", [b"", b"GET /ver", b"POST /signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"])
def test_slow_requests_are_cut_off(hasty, sent):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = context_of(hasty)
        context.maximum_version = version
        with connect(hasty, context) as connection:
            connection.sendall(sent)
            wait_until_closed(connection)


def test_slow_reader_is_cut_off(hasty):
    hasty.make_database("web", "web")
    sql = b"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, printf('%0100d', i) AS t FROM n"
    head = (f"POST /sql HTTP/1.1\r\nHost: x\r\nNS: web\r\nDB: web\r\nContent-Type: application/sql\r\nContent-Length: {len(sql)}\r\n"
            f"Authorization: {client.basic(client.ROOT_USER, client.ROOT_PASSWORD)}\r\n\r\n").encode()
    with connect(hasty) as connection:
        connection.sendall(head + sql)
        client.wait_until(lambda: hasty.get("/health").status_code == 200)
        with contextlib.ExitStack() as stack:  # all threads are free again
            def all_free():
                stack.close()
                others = [stack.enter_context(connect(hasty)) for _ in range(7)]
                for other in others:
                    other.sendall(b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return all(b"200 OK" in read_to_end(other) for other in others)
            client.wait_until(lambda: not_failing(all_free))


def not_failing(action):
    with contextlib.suppress(OSError):
        return action()


def test_too_many_connections(start_server):
    server = start_server("--tls", "--connections", "8", "--header-timeout", "10m", "--keep-alive", "10m")
    refused = 0
    with contextlib.ExitStack() as stack:
        for _ in range(9):
            try:
                stack.enter_context(connect(server))
            except OSError:
                refused += 1
    assert refused == 1
    assert client.wait_until(lambda: not_failing(lambda: server.get("/version").status_code == 200))


def test_idle_connections_do_not_delay_the_end(start_server):
    server = start_server("--tls", "--header-timeout", "10m", "--keep-alive", "10m")
    with contextlib.ExitStack() as stack:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = context_of(server)
            context.maximum_version = version
            stack.enter_context(connect(server, context))
            used = stack.enter_context(connect(server, context))
            used.sendall(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in used.recv(65536)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(50) == 0  # a minute is what requests under way would get


# --- somebody's own certificate ---


def test_own_certificate(start_server, authority, own):
    server = start_server("--tls-certificate", str(own[0]), "--tls-key", str(own[1]))
    assert server.scheme == "https" and not (server.data / "keys").exists()
    server.session.verify = str(authority.certificate)
    assert server.get("/version").status_code == 200


def make_bad(tmp_path, authority, own):
    other = authority.sign("other", "/CN=other")
    expired = authority.sign("expired", "/CN=old", start="20200101000000Z", end="20200201000000Z")
    early = authority.sign("early", "/CN=early", start="20700101000000Z", end="20710101000000Z")
    locked, text, unreadable = tmp_path / "locked.key", tmp_path / "text.pem", tmp_path / "unreadable.pem"
    pki.openssl("ec", "-in", own[1], "-out", locked, "-aes128", "-passout", "pass:secret")
    text.write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    unreadable.write_text("")
    return [
        (own[0], other[1], other[1].name, "fit"), (expired[0], expired[1], expired[0].name, "expired"),
        (early[0], early[1], early[0].name, "valid yet"), (tmp_path / "none.pem", own[1], "none.pem", "read"),
        (own[0], tmp_path / "none.key", "none.key", "read"), (text, own[1], "text.pem", "certificate"),
        (unreadable, own[1], "unreadable.pem", "certificate"), (own[0], locked, "locked.key", "passphrase"),
        (own[0], text, "text.pem", "key"), (tmp_path, own[1], tmp_path.name, "no file"), (own[1], own[1], own[1].name, "certificate"),
    ]


def test_bad_certificates_at_start(tmp_path, authority, own):
    for certificate, key, name, about in make_bad(tmp_path, authority, own):
        ended = client.run("start", "--data", str(tmp_path / "data"), "--bind", "127.0.0.1:0", "--user", "root", "--pass", "password-x",
                           "--tls-certificate", str(certificate), "--tls-key", str(key))
        assert ended.returncode == 1, ended.stderr
        assert name in ended.stderr and about in ended.stderr, ended.stderr
        assert "secret" not in ended.stderr and "listening" not in ended.stderr


@pytest.mark.parametrize("options", [
    ["--tls-certificate", "x"], ["--tls-key", "x"], ["--hsts"], ["--redirect-http", "127.0.0.1:0"], ["--client-ca", "x"],
    ["--tls", "--redirect-http", "nowhere"], ["--tls", "--client-certificates", "required"], ["--tls", "--client-crl", "x"],
    ["--tls", "--client-ca", "x", "--client-certificates", "maybe"],
])
def test_wrong_usage(tmp_path, options):
    ended = client.run("start", "--data", str(tmp_path / "data"), "--bind", "127.0.0.1:0", *options)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1, ended.stderr
    assert not (tmp_path / "data").exists()


# --- reloading ---


@contextlib.contextmanager
def serving(authority, tmp_path, *pairs):
    """A server on copies of the first pair, and how to put another pair in their place and have it read."""
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"

    def place(pair):
        for source, target in zip(pair, (certificate, key)):
            fresh = target.with_suffix(".new")
            if source.is_file():
                shutil.copy(source, fresh)
                fresh.replace(target)
            else:
                target.unlink(missing_ok=True)

    place(pairs[0])
    with client.running("--tls-certificate", str(certificate), "--tls-key", str(key)) as server:
        server.session.verify = str(authority.certificate)

        def reload(pair, line):
            place(pair)
            seen = len(server.log)
            server.process.send_signal(signal.SIGHUP)
            client.wait_until(lambda: any(line in said for said in server.log[seen:]))

        yield server, reload


def test_reload_under_load(tmp_path, authority, own):
    second = authority.sign("second", "/CN=localhost", san="DNS:localhost,IP:127.0.0.1")
    context = context_of(None, authority.certificate)
    with serving(authority, tmp_path, own) as (server, reload):
        ends = False
        first = serial_of(server, context)

        def ask(keep):
            done = 0
            connection = None
            while not ends or done < 5:
                connection = connection or http.client.HTTPSConnection("localhost", server.port, context=context, timeout=client.PATIENCE)
                connection.request("GET", "/version")
                answered = connection.getresponse()
                assert answered.status == 200 and answered.read().startswith(b"bailiwick-")
                done += 1
                if not keep:
                    connection.close()
                    connection = None
            return done

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ask, keep) for keep in (True, True, False, False)]
            try:
                for pair in (second, own, second, own, second):
                    reload(pair, "read again")
            finally:
                ends = True
            assert all(one.result() >= 5 for one in asking)
        assert serial_of(server, context) != first


def test_open_connections_stay(tmp_path, authority, own):
    second = authority.sign("third", "/CN=localhost", san="DNS:localhost")
    context = context_of(None, authority.certificate)
    with serving(authority, tmp_path, own) as (server, reload), connect(server, context) as connection:
        request = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"
        connection.sendall(request)
        assert b"200 OK" in connection.recv(65536)
        reload(second, "read again")
        connection.sendall(request)
        assert b"200 OK" in connection.recv(65536)


def test_bad_certificates_at_reload(tmp_path, authority, own):
    context = context_of(None, authority.certificate)
    with serving(authority, tmp_path, own) as (server, reload):
        first = serial_of(server, context)
        for certificate, key, _, about in make_bad(tmp_path, authority, own):
            reload((certificate, key), "stay in force")
            assert serial_of(server, context) == first
            assert server.get("/version").status_code == 200
        assert any("fit" in line for line in server.log) and any("expired" in line for line in server.log)


def test_hangup_without_https_does_nothing(start_server):
    server = start_server()
    server.process.send_signal(signal.SIGHUP)
    assert server.get("/version").status_code == 200


# --- renewing the server's own ---


def sign_with_own(server, tmp_path, name, days):
    """A certificate by the server's own authority, for the names it is for, with so many days left."""
    keys = server.data / "keys"
    text = pki.openssl("x509", "-in", keys / "certificate.pem", "-noout", "-ext", "subjectAltName").stdout.splitlines()[-1].strip()
    extensions = tmp_path / "extensions"
    extensions.write_text("subjectAltName=" + text.replace("IP Address:", "IP:") + "\n")
    pki.openssl("req", "-new", "-key", keys / "privateKey.pem", "-subj", f"/CN={name}", "-out", tmp_path / "csr")
    pki.openssl("x509", "-req", "-in", tmp_path / "csr", "-CA", keys / "ca.pem", "-CAkey", keys / "caKey.pem", "-days", days,
                "-extfile", extensions, "-out", keys / "certificate.pem")
    return (keys / "certificate.pem").read_text()


def test_kept_while_it_is_good(start_server, tmp_path):
    server = start_server("--tls")
    before = {path.name: path.read_bytes() for path in (server.data / "keys").iterdir()}
    server.restart()
    assert {path.name: path.read_bytes() for path in (server.data / "keys").iterdir()} == before
    good = sign_with_own(server, tmp_path, "good", 40)
    server.restart()
    assert (server.data / "keys" / "certificate.pem").read_text() == good


@pytest.mark.parametrize("days", [20, 0, -1])
def test_renewed_before_it_ends(start_server, tmp_path, days):
    server = start_server("--tls")
    keys = server.data / "keys"
    before = {name: (keys / name).read_text() for name in ("ca.pem", "caKey.pem", "privateKey.pem")}
    short = sign_with_own(server, tmp_path, "short", days)
    server.restart()
    assert (keys / "certificate.pem").read_text() != short
    assert {name: (keys / name).read_text() for name in before} == before
    assert server.get("/version").status_code == 200


def test_renewed_while_it_runs(start_server, tmp_path):
    server = start_server("--tls")
    first = serial_of(server)
    sign_with_own(server, tmp_path, "short", 5)
    server.process.send_signal(signal.SIGHUP)
    client.wait_until(lambda: any("read again" in line for line in server.log))
    text = pki.openssl("x509", "-in", server.data / "keys" / "certificate.pem", "-noout", "-subject").stdout
    assert "short" not in text
    assert serial_of(server) != first


def test_somebodys_own_in_that_folder_is_left_alone(start_server, tmp_path, authority, own):
    server = start_server("--tls")
    keys = server.data / "keys"
    server.stop()
    shutil.copy(own[0], keys / "certificate.pem")
    with pytest.raises(RuntimeError, match="does not fit"):
        server.start()
    shutil.copy(own[1], keys / "privateKey.pem")
    server.start()
    assert (keys / "certificate.pem").read_text() == own[0].read_text()
    server.session.verify = str(authority.certificate)
    assert server.get("/version").status_code == 200


def test_without_the_authoritys_key(start_server, tmp_path):
    server = start_server("--tls")
    keys = server.data / "keys"
    short = sign_with_own(server, tmp_path, "short", 5)
    (keys / "caKey.pem").unlink()
    server.restart()
    assert (keys / "certificate.pem").read_text() == short and any("caKey.pem is missing" in line for line in server.log)
    server.stop()
    (keys / "certificate.pem").unlink()
    with pytest.raises(RuntimeError, match="caKey.pem is missing"):
        server.start()


def test_no_link_is_followed(start_server, tmp_path):
    server = start_server("--tls")
    server.stop()
    shutil.move(server.data / "keys", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", server.data / "keys")
    with pytest.raises(RuntimeError, match="keys cannot be used"):
        server.start()


# --- from HTTP, and to nothing but HTTPS ---


@pytest.fixture(scope="module")
def redirecting():
    with client.running("--tls", "--redirect-http", "127.0.0.1:0", "--hsts") as server:
        server.http_port = int(re.search(r"redirecting http://127.0.0.1:(\d+)", "".join(server.log))[1])
        yield server


def talk(port, text):
    with socket.create_connection(("127.0.0.1", port), timeout=client.PATIENCE) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        return read_to_end(connection).decode()


def test_redirect(redirecting):
    for method, path in (("GET", "/version"), ("POST", "/sql?title=x&y=%20"), ("PUT", "/nowhere"), ("HEAD", "/"), ("GET", "//evil.example/x")):
        connection = http.client.HTTPConnection("127.0.0.1", redirecting.http_port, timeout=client.PATIENCE)
        connection.request(method, path, body=b"x" if method == "POST" else None, headers={"Host": "db.example:8080"})
        answered = connection.getresponse()
        assert answered.status == 308
        assert answered.headers["Location"] == f"https://db.example:{redirecting.port}{path}"
        assert "Strict-Transport-Security" not in answered.headers
        connection.close()


def test_redirect_is_followed(redirecting):
    url = f"http://127.0.0.1:{redirecting.http_port}/signin"
    answered = requests.post(url, json={"user": client.ROOT_USER, "pass": client.ROOT_PASSWORD}, verify=str(redirecting.authority))
    assert answered.status_code == 200 and answered.url.startswith("https://") and answered.json()["token"]


@pytest.mark.parametrize("host", ["[::1]:80", "[2001:db8::7]", "localhost", "a-b.example", "a_b"])
def test_redirect_keeps_the_name(redirecting, host):
    received = talk(redirecting.http_port, f"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    name = host.removesuffix(":80")
    assert f"\r\nLocation: https://{name}:{redirecting.port}/x\r\n" in received


@pytest.mark.parametrize("host", ["", "a b", "user@evil", "evil/x", "evil?x", "evil#x", "<script>", "[::1", "[evil]", "[]x", "evil%0d%0a", "ä"])
def test_redirect_to_no_strange_name(redirecting, host):
    received = talk(redirecting.http_port, f"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert received.startswith("HTTP/1.1 400") and "Location" not in received


def test_hsts_when_asked_for(redirecting, secure):
    for path in ("/version", "/nowhere", "/sql"):
        assert redirecting.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in secure.get(path).headers
