"""Pages of other origins: who may use the server, who is refused before anything is done, and what a preflight says.

The table runs over every route that there is, so a new one is asked too."""

import http.client
import pathlib
import re

import pytest

import client
from expect import assert_error, one_value

ROUTES = re.findall(
    r'^ROUTE\("([^"]+)", "([A-Z]+)", "([^"]+)"',
    (pathlib.Path(__file__).resolve().parents[2] / "server" / "routes.def").read_text(),
    re.MULTILINE,
)
PATHS = [route[0] for route in ROUTES] + ["/nowhere"]
LISTED = ["https://app.example", "http://localhost:5173", "https://[2001:db8::1]:8443", "capacitor://localhost"]
REFUSED = {
    "another": "https://elsewhere.example",
    "null": "null",
    "empty": "",
    "asterisk": "*",
    "subdomain": "https://evil.app.example",
    "prefix": "https://app.example.evil.example",
    "suffix": "https://evilapp.example",
    "user": "https://app.example@evil.example",
    "case of the host": "https://App.example",
    "case of the scheme": "HTTPS://app.example",
    "scheme": "http://app.example",
    "port": "https://app.example:8443",
    "port of its own": "https://app.example:443",
    "no port": "http://localhost",
    "another port": "http://localhost:5174",
    "longer port": "http://localhost:51730",
    "shorter port": "http://localhost:517",
    "slash": "https://app.example/",
    "path": "https://app.example/x",
    "dot": "https://app.example.",
    "two": "https://app.example https://elsewhere.example",
    "list": "https://app.example,http://localhost:5173",
    "the whole list": ",".join(LISTED),
    "none": "none",
    "host alone": "app.example",
    "file": "file://",
    "quoted": '"https://app.example"',
    "port of a host of the same name": "http://127.0.0.1",
}
SENT = ["authorization", "content-type", "accept", "prefer", "ns", "db", "surreal-ns", "surreal-db"]


@pytest.fixture(scope="module")
def listing():
    with client.running("--cors-origins", ", ".join(LISTED)) as server:
        server.make_database("web", "web", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
        yield server


@pytest.fixture(scope="module")
def open_server():
    with client.running("--cors-origins", "*") as server:
        server.make_database("web", "web", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
        yield server


def preflight(server, path, origin, method="POST", **headers):
    headers = {"Origin": origin, "Access-Control-Request-Method": method} | headers
    return server.request("OPTIONS", path, headers=headers)


def grants(response):
    return {name for name in map(str.lower, response.headers) if name.startswith("access-control-")}


def words(header):
    return [word.strip().lower() for word in header.split(",")]


def assert_refused(response):
    assert_error(response, 403)
    assert not grants(response), response.headers
    assert response.headers["Vary"] == "Origin"


def assert_admitted(response, origin, credentials=True):
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert response.headers.get("Access-Control-Allow-Credentials") == ("true" if credentials else None)
    assert words(response.headers["Access-Control-Expose-Headers"]) == ["x-request-id", "retry-after"]
    assert response.headers["Vary"] == "Origin"


def ask(server, path, **headers):
    """A request by the route's own method, without credentials or body."""
    method = next((route[1] for route in ROUTES if route[0] == path), "GET")
    return server.request(method, path, headers=headers)


def test_there_are_routes():
    assert {"/sql", "/signin", "/signup", "/health", "/version"} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_listed_origins_are_admitted(listing, path):
    for origin in LISTED:
        plain = ask(listing, path)
        answered = ask(listing, path, Origin=origin)
        assert answered.status_code == plain.status_code
        assert_admitted(answered, origin)  # whatever the answer: also 400, 401, 404


@pytest.mark.parametrize("path", PATHS)
def test_others_are_refused(listing, path):
    for name, origin in REFUSED.items():
        assert_refused(ask(listing, path, Origin=origin)), name
        assert_refused(preflight(listing, path, origin)), name


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_admitted_where_nothing_is_said(server, path):
    for origin in [*LISTED, *REFUSED.values()]:
        assert_refused(ask(server, path, Origin=origin))
        assert_refused(preflight(server, path, origin))


@pytest.mark.parametrize("path", PATHS)
def test_asterisk_admits_all_without_credentials(open_server, path):
    for origin in [*LISTED, "https://elsewhere.example", "null", "file://"]:
        answered = ask(open_server, path, Origin=origin)
        assert answered.status_code == ask(open_server, path).status_code
        assert_admitted(answered, "*", credentials=False)


@pytest.mark.parametrize("path, method, allow", ROUTES)
def test_preflight(listing, open_server, path, method, allow):
    for server, origin, admitted in ((listing, LISTED[0], LISTED[0]), (open_server, "null", "*")):
        answered = preflight(server, path, origin, method, **{"Access-Control-Request-Headers": ",".join(SENT)})
        assert answered.status_code == 204 and not answered.content
        assert_admitted(answered, admitted, credentials=admitted != "*")
        assert answered.headers["Access-Control-Allow-Methods"] == allow
        assert method in answered.headers["Access-Control-Allow-Methods"]
        assert words(answered.headers["Access-Control-Allow-Headers"]) == SENT
        assert 0 < int(answered.headers["Access-Control-Max-Age"]) <= 7200


@pytest.mark.parametrize("method", ["DELETE", "TRACE", "post", "*", "POST, DELETE", "x" * 2000, ""])
def test_odd_preflights_get_the_same_answer(listing, method):
    """What is asked for is never echoed: the browser compares it with what there is."""
    wanted = preflight(listing, "/sql", LISTED[0])
    odd = {"Access-Control-Request-Headers": "X-Evil, *, authorization,, " + "x" * 3000}
    answered = preflight(listing, "/sql", LISTED[0], method, **odd)
    assert answered.status_code == 204, answered.text
    for name in grants(wanted):
        assert answered.headers[name] == wanted.headers[name]
    assert grants(answered) == grants(wanted)
    assert "evil" not in str(answered.headers).lower()


def test_preflight_of_nothing(listing):
    assert_admitted(preflight(listing, "/nowhere", LISTED[0]), LISTED[0])
    assert_error(preflight(listing, "/nowhere", LISTED[0]), 404)


def test_options_that_are_no_preflight(listing):
    assert_error(listing.request("OPTIONS", "/sql"), 405)
    assert_error(listing.request("OPTIONS", "/sql", headers={"Origin": LISTED[0]}), 405)
    assert_error(listing.request("OPTIONS", "/sql", headers={"Access-Control-Request-Method": "POST"}), 405)


def test_preflight_needs_no_credentials_and_runs_nothing(listing):
    sql = "INSERT INTO note (text) VALUES ('by a preflight')"
    headers = {"Origin": LISTED[0], "Access-Control-Request-Method": "POST", "NS": "web", "DB": "web",
               "Authorization": client.basic(client.ROOT_USER, client.ROOT_PASSWORD), "Content-Type": "application/sql"}
    assert listing.request("OPTIONS", "/sql", sql, headers=headers).status_code == 204
    assert one_value(listing.root("SELECT count(*) FROM note WHERE text = 'by a preflight'", ns="web", db="web")) == 0


def test_refused_before_it_does_anything(listing):
    """With the best of credentials, and by every way that a page can send without asking first."""
    for content_type in ("text/plain", "application/sql", None):
        headers = {"Origin": REFUSED["another"]} | ({"Content-Type": content_type} if content_type else {})
        answered = listing.post_sql("INSERT INTO note (text) VALUES ('from elsewhere')", headers=headers, ns="web",
                                    db="web", login=(client.ROOT_USER, client.ROOT_PASSWORD))
        assert_refused(answered)
    assert one_value(listing.root("SELECT count(*) FROM note WHERE text = 'from elsewhere'", ns="web", db="web")) == 0


def test_refused_without_reading_the_body(listing):
    answered = listing.post("/sql", "x" * 1_000_000, headers={"Origin": "null"})
    assert_refused(answered)
    assert answered.headers["Connection"] == "close"


def test_sign_in_from_elsewhere_is_not_tried(listing):
    answered = listing.post("/signin", json={"user": "root", "pass": client.ROOT_PASSWORD}, headers={"Origin": "null"})
    assert_refused(answered)
    assert "token" not in answered.text


def test_own_origin(server):
    """Browsers send Origin with a POST also where the page is the server's own."""
    body = {"user": client.ROOT_USER, "pass": client.ROOT_PASSWORD}
    own = f"http://{server.host}:{server.port}"
    for headers in ({"Origin": own}, {"Host": "db.example", "Origin": "http://db.example"},
                    {"Host": "db.example:80", "Origin": "http://db.example"},
                    {"Host": "[::1]:8000", "Origin": "http://[::1]:8000"}):
        answered = server.post("/signin", json=body, headers=headers)
        assert answered.status_code == 200, headers
        assert not grants(answered)
        assert answered.headers["Vary"] == "Origin"


@pytest.mark.parametrize("host, origin", [
    ("db.example", "https://db.example"), ("db.example", "http://db.example:8000"),
    ("db.example:8000", "http://db.example"), ("db.example", "http://DB.example"),
    ("db.example", "http://db.example."), ("db.example:443", "http://db.example"),
    ("db.example", "http://db.example/"), ("db.example:80", "http://db.example:"), ("null", "null"),
])
def test_not_quite_the_own_origin(server, host, origin):
    body = {"user": client.ROOT_USER, "pass": client.ROOT_PASSWORD}
    assert_refused(server.post("/signin", json=body, headers={"Host": host, "Origin": origin}))


def test_no_origin_is_no_page(listing, server):
    for one in (listing, server):
        answered = one.get("/version")
        assert answered.status_code == 200 and not grants(answered)
        assert answered.headers["Vary"] == "Origin"


def test_malformed_requests_of_a_page_can_be_read(listing):
    connection = http.client.HTTPConnection(listing.host, listing.port, timeout=client.PATIENCE)
    connection.request("GET", "/sql%zz", headers={"Origin": LISTED[0]})
    answered = connection.getresponse()
    assert answered.status == 400
    assert answered.headers["Access-Control-Allow-Origin"] == LISTED[0]
    connection.close()


@pytest.mark.parametrize("content_type", [None, "text/plain", "text/plain;charset=utf-8", "text/plain; application/json",
                                          "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_asterisk_takes_no_password_that_a_browser_may_have_added(open_server, content_type):
    """A request of these types is sent by any page without asking, with the name and password that the browser
    remembers for the server."""
    headers = {"Origin": "https://elsewhere.example"} | ({"Content-Type": content_type} if content_type else {})
    sql = b"INSERT INTO note (text) VALUES ('by a page')"
    headers["Authorization"] = client.basic(client.ROOT_USER, client.ROOT_PASSWORD)
    answered = open_server.request("POST", "/sql", sql, headers=headers, ns="web", db="web")
    assert_error(answered, 403)
    assert one_value(open_server.root("SELECT count(*) FROM note", ns="web", db="web")) == 0


def test_asterisk_takes_passwords_that_were_asked_for(open_server):
    for sender in ({"sql": "SELECT 1"}, None):
        headers = {"Origin": "https://elsewhere.example", "Authorization": client.basic(client.ROOT_USER, client.ROOT_PASSWORD)}
        if sender is None:
            headers["Content-Type"] = "application/sql"
        answered = open_server.post("/sql", "SELECT 1" if sender is None else None, json=sender, headers=headers)
        assert answered.status_code == 200, answered.text


def test_origin_reaches_the_session(listing):
    answered = listing.post_sql("SELECT $session.origin AS origin", headers={"Origin": LISTED[1]},
                                login=(client.ROOT_USER, client.ROOT_PASSWORD), ns="web", db="web")
    assert one_value(answered.json()) == LISTED[1]


@pytest.mark.parametrize("value, about", [
    ("https://app.example/", "slash"), ("https://app.example/path", "path"), ("app.example", "SCHEME://HOST"),
    ("https://", "host"), ("https://App.example", "lower case"), ("null", "null"), ("*,https://app.example", "alone"),
    ("https://app.example,", "empty"), (",", "empty"), ("https://*.app.example", "pattern"),
    ("https://app.example:443", "port"), ("http://app.example:80", "port"), ("https://app.example:0", "port"),
    ("https://app.example:", "port"), ("https://app.example:65536", "port"), ("https://app.example:08", "port"),
    ("https://user@app.example", "host"), ("https://app.example?x", "host"), ("https://[::1", "bracket"),
    ("https://[::1]x", "address"), ("https://a b.example", "host"), ("https://äpp.example", "host"),
    ("https://app.example https://b.example", "slash"), ("https://" + "a" * 400, "long"), ("://app.example", "SCHEME"),
])
def test_lists_are_checked_at_start(tmp_path, value, about):
    for arguments, environment in ((("--cors-origins", value), {}), ((), {"BAILIWICK_CORS_ORIGINS": value})):
        ended = client.run("start", "--data", str(tmp_path / "data"), "--bind", "127.0.0.1:0", *arguments,
                           environment=environment)
        assert ended.returncode == 2, ended.stderr
        assert ("BAILIWICK_CORS_ORIGINS: " if environment else "--cors-origins: ") in ended.stderr and about in ended.stderr, ended.stderr
        assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("value", ["", "none", " none "])
def test_none_can_be_said(start_server, value):
    assert_refused(ask(start_server("--cors-origins", value), "/version", Origin=LISTED[0]))
