"""Where a request comes from: trusted proxies, and the networks that root is let in from."""

import socket

import pytest

import client
from client import ROOT_PASSWORD, ROOT_USER, basic, run
from expect import assert_error, one_value

PROXIED = ("--trusted-proxies", "127.0.0.0/8")


@pytest.fixture(scope="module")
def proxied():
    with client.running(*PROXIED, "--root-nets", "10.0.0.0/8, 127.0.0.1") as server:
        server.make_database("n", "n", "DEFINE LOGIN nora ON NAMESPACE PASSWORD 'password-of-nora'; "
                                       "CREATE TABLE t(id INTEGER PRIMARY KEY, ip TEXT); DEFINE TABLE t PERMISSIONS FULL; "
                                       "DEFINE SCOPE s SIGNUP (INSERT INTO t (ip) VALUES ($session.ip) RETURNING id)")
        yield server


def ip_seen(server, headers, **who):
    who = who or {"login": ("nora", "password-of-nora")}
    response = server.post_sql("SELECT $session.ip AS ip", headers=headers, ns="n", db="n", **who)
    assert response.status_code == 200, response.text
    return one_value(response.json())


@pytest.mark.parametrize("headers, ip", [
    ({}, "127.0.0.1"),
    ({"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7"),
    ({"X-Forwarded-For": "1.1.1.1, 192.0.2.7"}, "192.0.2.7"),
    ({"X-Forwarded-For": "192.0.2.7, 127.0.0.2"}, "192.0.2.7"),
    ({"X-Forwarded-For": "2001:DB8::0:7"}, "2001:db8::7"),
    ({"X-Forwarded-For": "192.0.2.7:1234"}, "192.0.2.7"),
    ({"X-Forwarded-For": "garbage"}, "127.0.0.1"),
    ({"X-Forwarded-For": "192.0.2.7, '; DROP TABLE t"}, "127.0.0.1"),
    ({"Forwarded": 'for="[2001:db8::7]:4711";proto=https'}, "2001:db8::7"),
    ({"Forwarded": "for=192.0.2.7", "X-Forwarded-For": "192.0.2.7"}, "192.0.2.7"),
    ({"Forwarded": "for=192.0.2.8", "X-Forwarded-For": "192.0.2.7"}, "127.0.0.1"),
    ({"X-Real-IP": "192.0.2.7"}, "127.0.0.1"),
])
def test_session_ip(proxied, headers, ip):
    assert ip_seen(proxied, headers) == ip


def test_session_ip_of_a_sign_up(proxied):
    response = proxied.post("/signup", json={"NS": "n", "DB": "n", "SC": "s"}, headers={"X-Forwarded-For": "192.0.2.9"})
    assert response.status_code == 200
    assert one_value(proxied.root("SELECT ip FROM t ORDER BY id DESC LIMIT 1", ns="n", db="n")) == "192.0.2.9"


def test_lines_of_a_header_are_one_list(proxied):
    """A proxy that adds a line of its own below the client's."""
    with socket.create_connection((proxied.host, proxied.port), client.PATIENCE) as peer:
        peer.sendall(("POST /sql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 10.6.6.6\r\nX-Forwarded-For: 192.0.2.7\r\n"
                      f"Authorization: {basic('nora', 'password-of-nora')}\r\nNS: n\r\nDB: n\r\nContent-Length: 18\r\n\r\nSELECT $session.ip").encode())
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
    assert b'"192.0.2.7"' in answer


def test_a_stranger_s_headers_are_nothing(start_server):
    server = start_server("--trusted-proxies", "10.0.0.0/8")
    server.make_database("n", "n")
    assert ip_seen(server, {"X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1"}, login=(ROOT_USER, ROOT_PASSWORD)) == "127.0.0.1"


# --- root ---

def root_ways(server, headers, token):
    return [
        server.post("/signin", json={"user": ROOT_USER, "pass": ROOT_PASSWORD}, headers=headers).status_code,
        server.post_sql("SELECT 1", login=(ROOT_USER, ROOT_PASSWORD), headers=headers).status_code,
        server.post_sql("SELECT 1", token=token, headers=headers).status_code,
    ]


@pytest.mark.parametrize("headers, status", [
    ({}, 200),
    ({"X-Forwarded-For": "10.1.2.3"}, 200),
    ({"X-Forwarded-For": "192.0.2.7"}, 401),
    ({"X-Forwarded-For": "10.1.2.3, 192.0.2.7"}, 401),
    ({"X-Forwarded-For": "2001:db8::7"}, 401),
    # what cannot be read is the proxy's address for all else, but root does not get in by it
    ({"X-Forwarded-For": "garbage"}, 401),
    ({"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=10.1.2.3"}, 401),
])
def test_root_from_its_networks_alone(proxied, headers, status):
    token = proxied.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD})
    assert root_ways(proxied, headers, token) == [status] * 3


def test_the_answer_is_that_of_a_wrong_password(proxied):
    away = {"X-Forwarded-For": "192.0.2.7"}
    right = proxied.post("/signin", json={"user": ROOT_USER, "pass": ROOT_PASSWORD}, headers=away)
    wrong = proxied.post("/signin", json={"user": ROOT_USER, "pass": "wrong"}, headers=away)
    assert assert_error(right, 401) == assert_error(wrong, 401)


def test_other_levels_come_from_anywhere(proxied):
    away = {"X-Forwarded-For": "192.0.2.7"}
    keys = {"NS": "n", "user": "nora", "pass": "password-of-nora"}
    assert proxied.post("/signin", json=keys, headers=away).status_code == 200
    assert proxied.post_sql("SELECT 1", login=("nora", "password-of-nora"), ns="n", headers=away).status_code == 200


def test_an_empty_list_lets_root_in_from_nowhere(start_server):
    server = start_server("--root-nets", "")
    assert server.signin(user=ROOT_USER, **{"pass": ROOT_PASSWORD}).status_code == 401


@pytest.mark.parametrize("option", ["--root-nets", "--trusted-proxies"])
@pytest.mark.parametrize("value", ["10.0.0.1/8", "localhost", "10.0.0.0/8,", "10.0.0.0/33", "::/129"])
def test_wrong_networks_are_an_error_at_start(option, value, tmp_path):
    result = run("start", "--data", str(tmp_path / "data"), option, value)
    assert result.returncode == 2
    assert result.stderr.startswith(f"bailiwick: {option}: ") and result.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()
