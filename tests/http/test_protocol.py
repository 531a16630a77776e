"""HTTP as a stranger may speak it: raw bytes to the server's socket.

Where two readers could take a request in two ways, it must be refused with 400 and the connection closed, so that no
proxy in front and the server behind it disagree about where a request ends or whom it is for.
"""

import gzip
import json
import re
import socket
import threading

import client
import pytest

HOST = "Host: test\r\n"
CLOSE = "Connection: close\r\n"
GET = "GET /version HTTP/1.1\r\n" + HOST
# Nobody has this login, so a sign-in that was read to its end is answered 401 (or 429), and one that was not, 400.
CREDENTIALS = '{"user":"nobody","pass":"nothing"}'
LENGTH = f"Content-Length: {len(CREDENTIALS)}\r\n"
SIGNIN = "POST /signin HTTP/1.1\r\n" + HOST
READ_WHOLE = (401, 429)
PATIENCE = client.PATIENCE  # seconds; beyond every timeout of the server


class Reply:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            self.headers[name.lower()] = value.strip()
        self.body = body

    def json(self):
        return json.loads(self.body)


def connect(server, patience=PATIENCE):
    connection = socket.create_connection((server.host, int(server.port)), timeout=patience)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def read_to_end(connection):
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def split(received, bodiless=()):
    """The replies in these bytes, which must be whole; `bodiless` are the places of those that answer HEAD."""
    replies = []
    while received:
        head, received = received.split(b"\r\n\r\n", 1)
        reply = Reply(head, b"")
        if reply.status >= 200 and len(replies) not in bodiless:
            length = int(reply.headers["content-length"])
            assert len(received) >= length
            reply.body, received = received[:length], received[length:]
        replies.append(reply)
    return replies


def read_reply(connection):
    """The bytes of one reply, of which nothing follows yet."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, body = received.split(b"\r\n\r\n", 1)
    while len(body) < int(Reply(head, b"").headers["content-length"]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def talk_once(server, before, pieces, half_close, bodiless):
    """Sends the pieces on a connection on which `before` was answered, and reads until the server closes."""
    with connect(server) as connection:
        if before:
            connection.sendall(to_bytes(before))
            read_reply(connection)
        for piece in pieces:
            connection.sendall(piece)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return split(read_to_end(connection), bodiless)


def statuses(replies):
    return [READ_WHOLE[0] if reply.status in READ_WHOLE else reply.status for reply in replies]


def talk(server, request, half_close=False, bodiless=()):
    """Sends the request and reads until the server closes. What the connection was used for before, and what comes of
    the request at once, makes no difference: the first request of a connection, a later one that is whole, and one that
    is not go three ways through the server."""
    request = to_bytes(request)
    replies = talk_once(server, "", [request], half_close, bodiless)
    first = to_bytes(get(""))
    behind = [place + 1 for place in bodiless]
    half = len(request) // 2
    others = {
        "behind an answer": talk_once(server, first, [request], half_close, bodiless),
        "in halves": talk_once(server, first, [request[:half], request[half:]], half_close, bodiless),
        "behind a body": talk_once(server, with_length(), [request], half_close, bodiless),
        "behind a request": talk_once(server, "", [first + request], half_close, behind)[1:],
        "behind two": talk_once(server, first, [first + request], half_close, behind)[1:],
    }
    for way, other in others.items():
        assert statuses(other) == statuses(replies), way
    return replies


def assert_error(reply, status):
    assert reply.status == status
    assert reply.headers["content-type"].startswith("application/json")
    error = reply.json()
    assert set(error) == {"code", "details", "information"}
    assert error["code"] == status
    assert isinstance(error["details"], str) and error["details"]
    assert isinstance(error["information"], str)
    if status == 400:
        assert error["details"] == "There is a problem with your request"
    assert_common_headers(reply)


def assert_common_headers(reply):
    assert re.fullmatch(r"[0-9a-f]{16}", reply.headers["x-request-id"])
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-store"


def assert_refused(server, request, status=400):
    """One error, then the end: what follows the request on the connection is not taken for another one."""
    replies = talk(server, to_bytes(request) + to_bytes(GET + CLOSE + "\r\n"))
    assert [reply.status for reply in replies] == [status]
    assert_error(replies[0], status)
    assert replies[0].headers["connection"] == "close"


def signin(headers, body=CREDENTIALS):
    return SIGNIN + headers + "\r\n" + body


def get(headers):
    return GET + headers + "\r\n"


AMBIGUOUS_LENGTHS = {
    "two lengths": LENGTH + LENGTH,
    "two different lengths": LENGTH + "Content-Length: 5\r\n",
    "two lengths in one line": "Content-Length: 5, 5\r\n",
    "letters behind": "Content-Length: 34abc\r\n",
    "letters": "Content-Length: abc\r\n",
    "plus": "Content-Length: +34\r\n",
    "minus": "Content-Length: -34\r\n",
    "hexadecimal": "Content-Length: 0x22\r\n",
    "empty": "Content-Length:\r\n",
    "2^63": "Content-Length: 9223372036854775808\r\n",
    "2^64 + 34": "Content-Length: 18446744073709551650\r\n",
    "length and chunks": LENGTH + "Transfer-Encoding: chunked\r\n",
    "chunks and length": "Transfer-Encoding: chunked\r\n" + LENGTH,
    "two codings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "identity": "Transfer-Encoding: identity\r\n",
    "identity and length": "Transfer-Encoding: identity\r\n" + LENGTH,
    "gzip": "Transfer-Encoding: gzip\r\n",
    "gzip, chunked": "Transfer-Encoding: gzip, chunked\r\n",
    "chunked, chunked": "Transfer-Encoding: chunked, chunked\r\n",
    "xchunked": "Transfer-Encoding: xchunked\r\n",
    "hidden by a space": LENGTH + "Transfer-Encoding : chunked\r\n",
    "hidden by a fold": LENGTH + "X: y\r\n Transfer-Encoding: chunked\r\n",
}


@pytest.mark.parametrize("headers", AMBIGUOUS_LENGTHS.values(), ids=AMBIGUOUS_LENGTHS.keys())
def test_ambiguous_length_is_refused(server, headers):
    assert_refused(server, signin(headers))


def test_chunks_in_http_1_0_are_refused(server):
    assert_refused(server, "POST /signin HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


MALFORMED_HEADERS = {
    "folded": "X: a\r\n b\r\n",
    "folded by a tab": "X: a\r\n\tb\r\n",
    "folded and more": "X: a\r\n b\r\nY: c\r\n",
    "space before the colon": "X : a\r\n",
    "no colon": "X a\r\n",
    "no name": ": a\r\n",
    "quote in the name": 'X"y: a\r\n',
    "bare LF": "X: a\nY: b\r\n",
    "bare CR": "X: a\rY: b\r\n",
    "NUL": "X: a\0b\r\n",
    "control character": "X: a\x01b\r\n",
    "DEL": "X: a\x7fb\r\n",
    "tab before the value": "X:\ta\r\n",
    "tab in the value": "X: a\tb\r\n",
    "65 headers": "".join(f"X{i}: 1\r\n" for i in range(64)),
    "200 headers": "".join(f"X{i}: 1\r\n" for i in range(200)),
    "second Host": HOST,
    "second Authorization": "Authorization: a\r\nauthorization: b\r\n",
    "second Content-Type": "Content-Type: text/plain\r\nContent-Type: application/json\r\n",
    "second NS": "NS: a\r\nns: b\r\n",
    "second DB": "DB: a\r\nDB: b\r\n",
    "unknown expectation": "Expect: 200-ok\r\n",
}


@pytest.mark.parametrize("headers", MALFORMED_HEADERS.values(), ids=MALFORMED_HEADERS.keys())
def test_malformed_header_is_refused(server, headers):
    assert_refused(server, get(headers))


MALFORMED_REQUESTS = {
    "no Host": "GET /version HTTP/1.1\r\n\r\n",
    "malformed Host": "GET /version HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "folded first header": "GET /version HTTP/1.1\r\n Host: a\r\n\r\n",
    "bare LF everywhere": "GET /version HTTP/1.1\nHost: a\n\n",
    "bare LF at the end": "GET /version HTTP/1.1\r\nHost: a\n\n",
    "two spaces": "GET  /version HTTP/1.1\r\n" + HOST + "\r\n",
    "space before": " GET /version HTTP/1.1\r\n" + HOST + "\r\n",
    "two empty lines before": "\r\n\r\nGET /version HTTP/1.1\r\n" + HOST + "\r\n",
    "bare LF before": "\nGET /version HTTP/1.1\r\n" + HOST + "\r\n",
    "space behind": "GET /version HTTP/1.1 \r\n" + HOST + "\r\n",
    "NUL in the path": "GET /ver\0sion HTTP/1.1\r\n" + HOST + "\r\n",
    "encoded NUL": "GET /version%00 HTTP/1.1\r\n" + HOST + "\r\n",
    "encoded control character": "GET /version%0a HTTP/1.1\r\n" + HOST + "\r\n",
    "malformed encoding": "GET /version%zz HTTP/1.1\r\n" + HOST + "\r\n",
    "byte above ASCII": "GET /versi\xf6n HTTP/1.1\r\n" + HOST + "\r\n",
    "relative path": "GET version HTTP/1.1\r\n" + HOST + "\r\n",
    "no version": "GET /version\r\n\r\n",
    "unknown method": "FOO /version HTTP/1.1\r\n" + HOST + "\r\n",
    "CONNECT": "CONNECT a:443 HTTP/1.1\r\n" + HOST + "\r\n",
    "asterisk": "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n",
    "another server": "GET http://elsewhere.test:1/version HTTP/1.1\r\n" + HOST + "\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "large header": GET + "X: " + "a" * 20000 + "\r\n\r\n",
}


@pytest.mark.parametrize("request_text", MALFORMED_REQUESTS.values(), ids=MALFORMED_REQUESTS.keys())
def test_malformed_request_is_refused(server, request_text):
    assert_refused(server, request_text)


@pytest.mark.parametrize("version", ["2.0", "1.2", "3"])
def test_other_version_is_refused(server, version):
    assert_refused(server, f"GET /version HTTP/{version}\r\n{HOST}\r\n", status=505)


@pytest.mark.parametrize(
    "request_text",
    [
        get(CLOSE),
        get(CLOSE + "X:\r\n"),
        get(CLOSE + "X:    y   \r\n"),
        get(CLOSE + "".join(f"X{i}: 1\r\n" for i in range(62))),
        "\r\n" + get(CLOSE),
        "GET /version HTTP/1.0\r\n\r\n",
        "GET /version?a=%00%0a HTTP/1.1\r\n" + HOST + CLOSE + "\r\n",
    ],
    ids=["plain", "empty value", "spaces", "64 headers", "empty line before", "HTTP/1.0", "encoded query"],
)
def test_well_formed_request_is_answered(server, request_text):
    replies = talk(server, request_text)
    assert [reply.status for reply in replies] == [200]
    assert replies[0].body.decode().strip().startswith("bailiwick-")
    assert_common_headers(replies[0])


def test_absolute_target(server):
    target = f"http://{server.host}:{server.port}/version"
    assert talk(server, f"GET {target} HTTP/1.1\r\n{HOST}{CLOSE}\r\n")[0].status == 200


@pytest.mark.parametrize("path, status, allow", [("/version", 405, "GET"), ("/sql?a=b", 405, "POST"), ("/nowhere", 404, None)])
def test_trace_is_no_method_of_anything(server, path, status, allow):
    """And nothing of the request is in the answer, which is what TRACE would be for."""
    for before in ("", get("")):
        request = f"TRACE {path} HTTP/1.1\r\n{HOST}Authorization: Bearer hidden-words\r\n\r\n{get('')}"
        reply = talk(server, before + request)[-1]
        assert_error(reply, status)
        assert reply.headers["connection"] == "close"
        assert allow is None or allow in reply.headers["allow"]
        assert b"hidden-words" not in reply.body and "hidden-words" not in str(reply.headers)


@pytest.mark.parametrize("line", ["TRACE * HTTP/1.1", "TRACE /version HTTP/2.0", "TRACE /version", "trace /version HTTP/1.1", "TRACE  /version HTTP/1.1"])
def test_trace_that_is_malformed(server, line):
    replies = talk(server, f"{line}\r\n{HOST}\r\n")
    assert len(replies) == 1 and replies[0].status in (400, 405, 505) and replies[0].headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/signin", "/signup", "/sql", "/signout"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "gzip, identity", "x"])
def test_encoded_bodies_are_not_taken(server, path, encoding):
    response = server.post(path, gzip.compress(b'{"user":"nobody","pass":"nothing"}'), login=(client.ROOT_USER, client.ROOT_PASSWORD),
                           headers={"Content-Encoding": encoding, "Content-Type": "application/json"})
    assert response.status_code == 415 and "Content-Encoding" in response.json()["information"]


def test_identity_is_no_encoding(server):
    for encoding in ("identity", "Identity", ""):
        response = server.post("/signin", CREDENTIALS, headers={"Content-Encoding": encoding, "Content-Type": "application/json"})
        assert response.status_code in READ_WHOLE


def chunked(*chunks, end="0\r\n\r\n"):
    body = "".join(f"{len(chunk):x}\r\n{chunk}\r\n" for chunk in chunks) + end
    return signin("Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", body)


def with_length(headers=""):
    return signin(LENGTH + "Content-Type: application/json\r\n" + headers)


def test_body_with_length(server):
    assert talk(server, with_length(CLOSE))[0].status in READ_WHOLE


def test_body_in_chunks(server):
    replies = talk(server, chunked(CREDENTIALS[:5], CREDENTIALS[5:]) + get(CLOSE))
    assert replies[0].status in READ_WHOLE
    assert replies[1].status == 200


@pytest.mark.parametrize(
    "body",
    [
        "xyz\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5;a=b\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\r\nhelloXX0\r\n\r\n",
        "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        "1FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\nFFFFFFFFFFFFFFF0\r\nhello\r\n0\r\n\r\n",
    ],
    ids=["letters", "0x", "minus", "plus", "no size", "extension", "bare LF", "too long", "2^64", "beyond", "wraps"],
)
def test_malformed_chunks_are_refused(server, body):
    assert_refused(server, signin("Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", body))


def test_trailer_is_not_taken_for_a_request(server):
    replies = talk(server, chunked(CREDENTIALS, end="0\r\nGET /version HTTP/1.1\r\nHost: a\r\n\r\n"))
    assert len(replies) == 1


def test_body_that_ends_early(server):
    assert_error(talk(server, with_length()[:-4], half_close=True)[0], 400)
    assert_error(talk(server, chunked(CREDENTIALS)[:-12], half_close=True)[0], 400)


def test_continue_is_sent(server):
    with connect(server) as connection:
        head, body = with_length("Expect: 100-continue\r\n" + CLOSE).split("\r\n\r\n")
        connection.sendall(to_bytes(head + "\r\n\r\n"))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(to_bytes(body))
        assert split(read_to_end(connection))[0].status in READ_WHOLE


def test_continue_is_not_sent_for_what_is_refused(server):
    headers = "Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n"
    replies = talk(server, signin(headers, ""))
    assert [reply.status for reply in replies] == [413]


@pytest.fixture(scope="module")
def patient():
    """A server that would wait for ever: what it answers, it answers without waiting."""
    with client.running(*(word for name in ("header-timeout", "body-timeout", "keep-alive") for word in (f"--{name}", "10m"))) as running:
        yield running


def test_large_body_is_refused_at_once(patient):
    headers = "Content-Type: application/json\r\nContent-Length: 1000000000\r\n"
    assert_error(talk(patient, signin(headers, "x" * 3000000))[0], 413)


def test_large_chunked_body_is_refused(patient):
    assert_error(talk(patient, chunked("x" * 3000000))[0], 413)


def test_unread_body_does_not_become_a_request(server):
    inner = "GET /version HTTP/1.1\r\nHost: inner\r\n\r\n"
    request = f"POST /nowhere HTTP/1.1\r\n{HOST}Content-Length: {len(inner)}\r\n\r\n{inner}"
    replies = talk(server, request, half_close=True)
    assert [reply.status for reply in replies] == [404]


def test_empty_lines_before_a_request_do_not_move_its_body(server):
    """A body that began as early as at the second empty line would leave its own end as a request."""
    head = SIGNIN + "Content-Type: application/json\r\nContent-Length: 400\r\n\r\n"
    inner = f"GET /version HTTP/1.1\r\n{HOST}{CLOSE}X: "
    inner += "x" * (len(head) - len(inner) - 4) + "\r\n\r\n"
    body = " " * (400 - len(inner)) + inner
    for blank in ("", "\r\n", "\r\n\r\n", "\r\n\r\n\r\n", "\n\n", "\r\n \r\n"):
        replies = talk(server, blank + head + body, half_close=True)
        assert [reply.status for reply in replies] == [400], repr(blank)


def test_empty_line_after_a_body(server):
    """Some clients send one."""
    replies = talk(server, with_length() + "\r\n" + get("") + "\r\n" + get(CLOSE))
    assert replies[0].status in READ_WHOLE
    assert [reply.status for reply in replies[1:]] == [200, 200]


def test_pipelining(server):
    requests = get("") + with_length() + "GET /nowhere HTTP/1.1\r\n" + HOST + "\r\n" + get(CLOSE)
    replies = talk(server, requests)
    assert [reply.status for reply in replies if reply.status not in READ_WHOLE] == [200, 404, 200]
    assert replies[1].status in READ_WHOLE
    assert [reply.headers["connection"] for reply in replies] == ["keep-alive"] * 3 + ["close"]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 4


def test_head_has_no_body(server):
    replies = talk(server, get("") + "HEAD /version HTTP/1.1\r\n" + HOST + "\r\n" + get(CLOSE), bodiless=(1,))
    assert len(replies) == 3
    assert replies[1].status in (200, 405)


def test_unknown_path(server):
    replies = talk(server, "GET /nowhere HTTP/1.1\r\n" + HOST + CLOSE + "\r\n")
    assert_error(replies[0], 404)


def test_options_is_not_answered_for_everybody(server):
    headers = "Origin: http://elsewhere.test\r\nAccess-Control-Request-Method: POST\r\n" + CLOSE
    replies = talk(server, "OPTIONS /sql HTTP/1.1\r\n" + HOST + headers + "\r\n")
    assert replies[0].headers.get("access-control-allow-origin") != "*"


def test_connection_close_wins(server):
    replies = talk(server, get("Connection: keep-alive\r\n" + CLOSE) + get(CLOSE))
    assert len(replies) == 1


def test_early_close_leaves_the_server_well(server):
    for request in ("", "GET /ver", GET, with_length()[:-3], chunked(CREDENTIALS)[:-9], get("") * 50):
        with connect(server) as connection:
            connection.sendall(to_bytes(request))
    assert talk(server, get(CLOSE))[0].status == 200


def dribble(server, beginning):
    """Sends the beginning and then a byte now and then, fewer than the header and the body that it has begun need; gives
    what came back, and whether it was over before the last of them."""
    with connect(server) as connection:
        connection.sendall(to_bytes(beginning))
        connection.settimeout(0.2)
        received = b""
        for _ in range(PATIENCE * 5):
            try:
                part = connection.recv(65536)
                if not part:
                    return received, True
                received += part
                continue
            except TimeoutError:
                pass
            except OSError:
                return received, True
            try:
                if beginning:
                    connection.sendall(b"x")
            except OSError:
                return received, True
    return received, False


def test_slow_peers_are_cut_off(start_server):
    """All at once, since each lasts as long as the server's timeout."""
    server = start_server("--header-timeout", "3s", "--body-timeout", "3s", "--keep-alive", "3s")
    peers = {
        "says nothing": "",
        "slow header": "GET /version HT",
        "slow body": signin("Content-Type: application/json\r\nContent-Length: 60000\r\n", "{"),
        "slow chunks": signin("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "ffff\r\n{"),
    }
    results = {}

    def run(name, beginning):
        results[name] = dribble(server, beginning)

    threads = [threading.Thread(target=run, args=peer) for peer in peers.items()]
    for thread in threads:
        thread.start()
    assert talk(server, get(CLOSE))[0].status == 200
    for thread in threads:
        thread.join()
    for name, (received, was_cut_off) in results.items():
        assert was_cut_off, name
        if name in ("slow body", "slow chunks"):
            assert_error(split(received)[0], 503)
        else:
            assert received == b"", name


def test_slow_reader_gets_all_and_stops_nobody(server):
    count = 20000
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.settimeout(5 * PATIENCE)  # for all of it
    connection.connect((server.host, int(server.port)))
    with connection:
        sender = threading.Thread(target=connection.sendall, args=(to_bytes(get("") * (count - 1) + get(CLOSE)),))
        sender.start()
        for _ in range(20):
            assert talk(server, get(CLOSE))[0].status == 200
        received = bytearray()
        while part := connection.recv(1 << 20):
            received += part
        sender.join()
    assert received.count(b"HTTP/1.1 200 OK\r\n") == count
