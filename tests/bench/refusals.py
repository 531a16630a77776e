"""refusals. What each kind of refused sign-in costs: a difference would tell who exists."""

import os

import client
import common

TITLE = "refused sign-ins, against the cheapest of them"
SCHEMA = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT UNIQUE, password TEXT);
    DEFINE SCOPE account SIGNUP (INSERT INTO person (email, password) VALUES ($email, password_hash($password)) RETURNING id)
        SIGNIN (SELECT id FROM person WHERE email = $email AND password_verify($password, password));
    DEFINE LOGIN dora ON DATABASE PASSWORD 'd-password';
    DEFINE LOGIN nick ON NAMESPACE PASSWORD 'n-password'
"""
ADA = {"NS": "signin", "DB": "app", "SC": "account", "email": "ada@example.com", "password": "a-password"}
ROOT = {"user": client.ROOT_USER, "pass": client.ROOT_PASSWORD}
NICK = {"NS": "signin", "user": "nick", "pass": "n-password"}
DORA = {"NS": "signin", "DB": "app", "user": "dora", "pass": "d-password"}
REFUSED = {
    "root: user": ROOT | {"user": "nobody"},
    "root: password": ROOT | {"pass": "wrong"},
    "namespace: namespace": NICK | {"NS": "nowhere"},
    "namespace: password": NICK | {"pass": "wrong"},
    "database: database": DORA | {"DB": "nowhere"},
    "database: user": DORA | {"user": "nobody"},
    "database: password": DORA | {"pass": "wrong"},
    "scope: scope": ADA | {"SC": "nowhere"},
    "scope: user": ADA | {"email": "nobody@example.com"},
    "scope: password": ADA | {"password": "wrong"},
}
SIGN_INS = 20  # of each kind in a round


def measure(options):
    os.environ["BAILIWICK_BINARY"] = str(options.binary)
    with client.running("--name-failures", "1000000", "--address-failures", "1000000") as server:
        server.make_database("signin", "app", SCHEMA)
        server.new_token(**ADA)

        def cost(keys):
            began = common.processor_seconds(server.process.pid)
            for _ in range(SIGN_INS):
                assert server.signin(**keys).status_code == 401
            return (common.processor_seconds(server.process.pid) - began) / SIGN_INS * 1e3

        costs = common.alternate({name: lambda keys=keys: cost(keys) for name, keys in REFUSED.items()}, options.rounds)
        cheapest = [min(values) for values in zip(*costs.values())]
        for name, values in costs.items():
            yield common.row(name, "ms of processor", values)
            yield common.ratio_row(name, values, cheapest, "the cheapest")
