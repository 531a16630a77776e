"""Failed sign-ins are throttled, by name and by address; who is known at an address gets in all the same."""

import base64
import concurrent.futures
import os

import pytest
import requests

from client import PATIENCE, ROOT_PASSWORD, ROOT_USER, Server, run, wait_until
from expect import assert_error

#: few failures, and intervals that no test waits for; addresses come from a header
OPTIONS = ("--trusted-proxies", "127.0.0.1", "--name-failures", "3", "--name-interval", "1h", "--address-failures", "8",
           "--address-interval", "1h")

SCOPE = """
CREATE TABLE account (id INTEGER PRIMARY KEY, tenant TEXT, email TEXT UNIQUE COLLATE NOCASE, phone TEXT, hash TEXT);
DEFINE SCOPE user
    SIGNUP (INSERT INTO account (tenant, email, hash) VALUES ($tenant, $email, password_hash($password)) RETURNING id)
    SIGNIN (SELECT id FROM account WHERE tenant = $tenant AND email = $email AND password_verify($password, hash));
DEFINE SCOPE either
    SIGNIN (SELECT id FROM account WHERE (email = $email OR phone = $phone) AND password_verify($password, hash));
DEFINE SCOPE pin SIGNIN (SELECT id FROM account WHERE email = $email AND phone = $pin);
DEFINE LOGIN dora ON DATABASE PASSWORD 'password-of-dora';
DEFINE LOGIN nora ON NAMESPACE PASSWORD 'password-of-nora';
"""


@pytest.fixture
def throttled(start_server):
    server = start_server(*OPTIONS)
    server.make_database("t", "t", SCOPE)
    return server


def signin(server, address, **keys):
    return server.post("/signin", json=keys, headers={"X-Forwarded-For": address})


def root(server, address, password="wrong", user=ROOT_USER):
    return signin(server, address, user=user, **{"pass": password})


def user(server, address, password="wrong", email="ada@example.com", tenant="a", scope="user", ns="t", **more):
    return signin(server, address, NS=ns, DB="t", SC=scope, email=email, password=password, tenant=tenant, **more)


def basic(server, address, name, password, **place):
    return server.post_sql("SELECT 1", login=(name, password), headers={"X-Forwarded-For": address}, **place)


def statuses(*responses):
    return [response.status_code for response in responses]


def test_answer(throttled):
    for number in range(3):
        assert_error(root(throttled, f"10.0.0.{number}"), 401)
    response = root(throttled, "10.0.0.9", ROOT_PASSWORD)
    body = assert_error(response, 429)
    assert body["details"] == "Too many attempts"
    assert 3000 < int(response.headers["Retry-After"]) <= 3600
    assert "WWW-Authenticate" not in response.headers


def test_a_name_is_throttled_whether_it_exists_or_not(throttled):
    seen = []
    for name in (ROOT_USER, "nobody", "Nobody"):
        seen.append([root(throttled, f"10.1.{number}.1", user=name) for number in range(5)])
    assert statuses(*seen[0]) == statuses(*seen[1]) == [401] * 3 + [429] * 2
    assert statuses(*seen[2]) == [429] * 5, "the case of letters makes no other name"
    assert seen[0][4].json() == seen[1][4].json()


@pytest.mark.parametrize("ns", ["t", "not-there"])
@pytest.mark.parametrize("keys", [{"user": "dora", "DB": "t"}, {"user": "nora"}, {"user": "nobody"}])
def test_logins_of_all_levels(throttled, ns, keys):
    tries = [signin(throttled, f"10.1.{number}.1", NS=ns, **keys, **{"pass": "wrong"}) for number in range(4)]
    assert statuses(*tries) == [401, 401, 401, 429]


@pytest.mark.parametrize("ns, scope", [("t", "user"), ("t", "not-there"), ("not-there", "user")])
def test_a_scope_s_user_is_known_by_what_signin_looks_for(throttled, ns, scope):
    """The password and what the clause does not use make no other user; nor do case, blanks or the type."""
    place = {"ns": ns, "scope": scope}
    spellings = ["ada@example.com", "ADA@example.com", " ada@example.com "]
    tries = [user(throttled, f"10.1.{number}.1", f"guess {number}", email, more=number, **place)
             for number, email in enumerate(spellings)]
    assert statuses(*tries) == [401] * 3
    assert user(throttled, "10.1.9.1", "guess", **place).status_code == 429
    assert user(throttled, "10.1.9.1", email="bob@example.com", **place).status_code == 401


def test_a_shared_tenant_is_no_name(throttled):
    for number in range(6):
        assert user(throttled, f"10.1.{number}.1", email=f"{number}@example.com").status_code == 401


def test_a_variable_too_many_is_no_way_around(throttled):
    """Where either of two variables finds the row, each is a name for itself."""
    for number in range(3):
        assert user(throttled, f"10.1.{number}.1", scope="either", phone=str(number)).status_code == 401
    assert user(throttled, "10.1.9.1", scope="either", phone="new").status_code == 429
    assert user(throttled, "10.1.9.1", scope="either", email="bob@example.com", phone="new").status_code == 401


def test_a_secret_is_no_part_of_the_name(throttled):
    for number in range(3):
        assert user(throttled, f"10.1.{number}.1", scope="pin", pin=f"000{number}").status_code == 401
    assert user(throttled, "10.1.9.1", scope="pin", pin="0009").status_code == 429


def test_numbers_are_one_name_however_written(throttled):
    throttled.root_ok("DEFINE SCOPE number SIGNIN (SELECT id FROM account WHERE id = $id AND password_verify($p, hash))", ns="t", db="t")
    for number, spelling in enumerate([1, "1", " 01 ", 1.0, "1e0", "+1"]):
        wanted = 401 if number < 3 else 429
        assert signin(throttled, f"10.1.{number}.1", NS="t", DB="t", SC="number", id=spelling, p="x").status_code == wanted


def test_an_address_is_throttled_whatever_it_tries(throttled):
    tries = [root(throttled, "10.2.0.1", user=f"name{number}") for number in range(9)]
    assert statuses(*tries) == [401] * 8 + [429]
    assert user(throttled, "10.2.0.1").status_code == 429
    assert basic(throttled, "10.2.0.1", "nobody", "wrong").status_code == 429
    assert root(throttled, "10.2.0.2", user="name").status_code == 401


def test_a_network_of_ipv6_is_one_address(throttled):
    tries = [root(throttled, f"2001:db8:0:1:{number}::1", user=f"name{number}") for number in range(9)]
    assert statuses(*tries) == [401] * 8 + [429]
    assert root(throttled, "2001:db8:0:2::1", user="name").status_code == 401


def test_a_known_address_gets_in_while_others_hammer(throttled):
    assert root(throttled, "10.3.0.1", ROOT_PASSWORD).status_code == 200
    for number in range(6):
        root(throttled, f"10.6.{number}.6")
    assert root(throttled, "10.3.0.2", ROOT_PASSWORD).status_code == 429
    assert root(throttled, "10.3.0.1", ROOT_PASSWORD).status_code == 200
    # also where a neighbour behind the same address has used it up
    for number in range(9):
        root(throttled, "10.3.0.1", user=f"name{number}")
    assert root(throttled, "10.3.0.1", user="name").status_code == 429
    assert root(throttled, "10.3.0.1", ROOT_PASSWORD).status_code == 200
    # but not to guess
    assert statuses(*[root(throttled, "10.3.0.1") for _ in range(4)]) == [401] * 3 + [429]


def test_a_known_address_of_a_scope_s_user(throttled):
    throttled.new_token(NS="t", DB="t", SC="user", tenant="a", email="ada@example.com", password="password-of-ada")
    right = {"password": "password-of-ada"}
    assert user(throttled, "10.3.0.1", **right).status_code == 200
    for number in range(4):
        user(throttled, f"10.6.{number}.6")
    assert user(throttled, "10.3.0.2", **right).status_code == 429
    assert user(throttled, "10.3.0.1", **right).status_code == 200


def test_signing_up_counts_against_the_address_alone(throttled):
    keys = {"NS": "t", "DB": "t", "SC": "user", "tenant": "a", "email": "ada@example.com", "password": "password-of-ada"}
    throttled.new_token(**keys)
    tries = [throttled.post("/signup", json=keys, headers={"X-Forwarded-For": "10.4.0.1"}) for _ in range(9)]
    assert statuses(*tries) == [401] * 8 + [429]
    assert user(throttled, "10.4.0.2", "password-of-ada").status_code == 200


def test_basic_credentials(throttled):
    tries = [basic(throttled, f"10.5.{number}.1", ROOT_USER, "wrong") for number in range(4)]
    assert statuses(*tries) == [401, 401, 401, 429]
    assert "Retry-After" in tries[3].headers
    # the pair was right a moment ago where the fixture asks from, and is asked for nothing there
    assert throttled.post_sql("SELECT 1", login=(ROOT_USER, ROOT_PASSWORD)).status_code == 200
    # the count is shared with sign-ins
    assert root(throttled, "10.5.9.2", ROOT_PASSWORD).status_code == 429


def test_what_is_remembered_does_not_answer_a_guesser(throttled):
    """A pair is remembered for a minute, so that it costs no Argon2. A guesser who is throttled must not be told by
    that which of its guesses is right: neither at another address than the owner's, nor at the same one."""
    place = {"ns": "t", "db": "t"}
    right = "password-of-dora"
    assert basic(throttled, "10.7.0.1", "dora", right, **place).status_code == 200
    wrong = [basic(throttled, "10.7.0.2", "dora", f"guess {number}", **place) for number in range(9)]
    assert wrong[-1].status_code == 429
    assert basic(throttled, "10.7.0.2", "dora", right, **place).status_code == 429
    assert basic(throttled, "10.7.0.3", "dora", right, **place).status_code == 429, "where it never signed in"
    assert basic(throttled, "10.7.0.1", "dora", right, **place).status_code == 200, "its own address"
    wrong = [basic(throttled, "10.7.0.1", "dora", f"guess {number}", **place) for number in range(9)]
    assert wrong[-1].status_code == 429
    assert basic(throttled, "10.7.0.1", "dora", right, **place).status_code == 429


def test_basic_of_one_level_does_not_shut_out_another(throttled):
    assert signin(throttled, "10.5.0.1", NS="t", DB="t", user="dora", **{"pass": "password-of-dora"}).status_code == 200
    for number in range(4):
        basic(throttled, f"10.6.{number}.6", "dora", "wrong")
    assert basic(throttled, "10.5.0.1", "dora", "password-of-dora", ns="t", db="t").status_code == 200
    assert basic(throttled, "10.6.0.7", "dora", "wrong").status_code == 429


def test_tokens_are_not_throttled(throttled):
    token = throttled.token(user=ROOT_USER, **{"pass": ROOT_PASSWORD})
    for number in range(9):
        root(throttled, "10.5.1.1", user=f"name{number}")
    assert throttled.post_sql("SELECT 1", token=token, headers={"X-Forwarded-For": "10.5.1.1"}).status_code == 200


def test_refresh_tokens_that_are_none_count_against_the_address(throttled):
    def refresh(address, token="nonsense"):
        return throttled.post("/refresh", token=token, headers={"X-Forwarded-For": address})

    throttled.root_ok("DEFINE LOGIN rita ON ROOT PASSWORD 'password-of-rita' WITH REFRESH 1d")
    right = throttled.signin(user="rita", **{"pass": "password-of-rita"}).json()["refresh"]
    assert statuses(*[refresh("10.8.0.1") for _ in range(9)]) == [401] * 8 + [429]
    assert refresh("10.8.0.1", right).status_code == 429
    assert root(throttled, "10.8.0.1", user="x").status_code == 429
    assert refresh("10.8.0.2", right).status_code == 200


def test_malformed_requests_do_not_count(throttled):
    for _ in range(12):
        assert signin(throttled, "10.5.2.1", user="x").status_code == 400
    assert root(throttled, "10.5.2.1", user="x").status_code == 401


def test_it_ends(start_server):
    server = start_server("--name-failures", "1", "--name-interval", "1s")
    assert server.signin(user=ROOT_USER, **{"pass": "wrong"}).status_code == 401
    wait_until(lambda: server.signin(user=ROOT_USER, **{"pass": ROOT_PASSWORD}).status_code == 200)


def test_headers_do_not_make_an_address(start_server):
    """Without --trusted-proxies an attacker has the address that it has."""
    server = start_server("--address-failures", "4", "--address-interval", "1h")
    tries = [root(server, f"10.7.0.{number}", user=f"name{number}") for number in range(5)]
    assert statuses(*tries) == [401] * 4 + [429]


def test_waiting_for_a_password_takes_only_so_many_places(tmp_path):
    """Who finds no room in the queue is told so at once, and queries go on; nothing of it counts as a failure."""
    server = Server(tmp_path / "data", "--password-queue", "1", "--name-failures", "100000", "--address-failures", "100000").start()
    try:
        server.make_database("t", "t", "CREATE TABLE account (id INTEGER PRIMARY KEY, email TEXT, hash TEXT); "
                             "DEFINE SCOPE s SIGNIN (SELECT id FROM account WHERE email = $email AND password_verify($p, hash))")
        credentials = base64.b64encode(b"nobody:wrong").decode()

        def attack(number):
            if number % 3 == 0:
                return requests.post(server.url + "/signin", json={"user": "nobody", "pass": "wrong"}, timeout=PATIENCE)
            if number % 3 == 1:
                return requests.post(server.url + "/signin", json={"NS": "t", "DB": "t", "SC": "s", "email": "x", "p": "x"}, timeout=PATIENCE)
            return requests.post(server.url + "/sql", data="SELECT 1", timeout=PATIENCE,
                                 headers={"Authorization": "Basic " + credentials, "Content-Type": "application/sql"})

        seen = set()

        def both(threads):
            for answer in pool.map(attack, range(3 * threads)):
                assert_error(answer, answer.status_code)
                seen.add(answer.status_code)
            return seen >= {401, 503}

        threads = 24 + 2 * os.cpu_count()  # as many are checked at once as there are processors
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            wait_until(lambda: both(threads))
        assert seen == {401, 503}
        assert server.root("SELECT 1", ns="t", db="t")[0]["status"] == "OK"
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("options", [("--name-failures", "0"), ("--address-interval", "0s"), ("--name-failures", "x")])
def test_wrong_settings(options, tmp_path):
    result = run("start", "--data", str(tmp_path / "data"), *options)
    assert result.returncode == 2
    assert result.stderr.startswith(f"bailiwick: {options[0]} must be")
