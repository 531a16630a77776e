"""f. Many tenants: the first request to a cold one, a skewed load over all, and what each costs in memory."""

import contextlib
import http.client
import json
import os
import pathlib
import random
import statistics
import tempfile
import time

import common

TITLE = "10,000 tenants under 1,024 open files: cold requests, a skewed load, memory"
TENANTS = 10_000
DESCRIPTORS = 1024
COLD = 300       # tenants whose first request is measured, in a round
CONNECTIONS = 32
SQL = "SELECT id, title FROM note WHERE id = 1"
SCHEMA = "CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO note VALUES (1, 'a title')"


class Confined(common.client.Server):
    def command(self):
        return ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", "--", *super().command()]


def resident(pid):
    """KiB."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def headers_of(tenant):
    basic = common.client.basic(common.client.ROOT_USER, common.client.ROOT_PASSWORD)
    return {"Authorization": basic, "NS": "many", "DB": f"t{tenant}", "Content-Type": "application/sql"}


def make(server):
    server.root_ok("DEFINE NAMESPACE many")
    for first in range(0, TENANTS, 500):
        server.root_ok("; ".join(f"DEFINE DATABASE t{number}" for number in range(first, first + 500)), ns="many",
                       timeout=600)
    for tenant in range(TENANTS):
        server.root_ok(SCHEMA, ns="many", db=f"t{tenant}")


class Client:
    """One connection that is kept."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.host, server.port)

    def seconds(self, tenant):
        headers = headers_of(tenant)
        began = time.perf_counter()
        self.connection.request("POST", "/sql", SQL, headers)
        body = self.connection.getresponse().read()
        elapsed = time.perf_counter() - began
        assert b'"a title"' in body, body
        return elapsed


def skewed_script(folder):
    """A load in which a few tenants have most of the requests, and every one some."""
    path = pathlib.Path(folder) / "skewed.lua"
    headers = {name: value for name, value in headers_of(0).items() if name != "DB"}
    lines = [f"local headers = {{}}", f"local body = {json.dumps(SQL)}"]
    lines += [f"headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
    lines += ["math.randomseed(1)", "request = function()",
              f"  headers['DB'] = 't' .. math.floor({TENANTS} ^ math.random()) - 1",
              "  return wrk.format('POST', nil, headers, body)", "end"]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def cold_and_warm(server, tenants):
    """Milliseconds of first and second requests, medians."""
    client = Client(server)
    client.seconds(tenants[0])
    pairs = [(client.seconds(tenant), client.seconds(tenant)) for tenant in tenants[1:]]
    client.connection.close()
    return [statistics.median(side) * 1e3 for side in zip(*pairs)]


@contextlib.contextmanager
def tenants(options):
    os.environ["BAILIWICK_BINARY"] = str(options.binary)
    with tempfile.TemporaryDirectory() as folder:
        server = Confined(pathlib.Path(folder) / "data").start()
        try:
            make(server)
            yield server, folder
        finally:
            server.stop()


def measure(options):
    with tenants(options) as (server, folder):
        order = list(range(TENANTS))
        random.Random(1).shuffle(order)
        cold, warm, idle, touched = [], [], [], []
        for number in range(options.rounds):
            server.restart()
            before = resident(server.process.pid)
            mine = order[number * COLD:(number + 1) * COLD]
            first, second = cold_and_warm(server, mine)
            cold.append(first)
            warm.append(second)
            idle.append(before / TENANTS)
            touched.append((resident(server.process.pid) - before) / len(mine))
        yield common.row("first request to a cold tenant, median", "ms", cold)
        yield common.row("second request to it, median", "ms", warm)
        yield common.row("memory, with every tenant cold", "KiB a tenant", idle)
        yield common.row(f"memory, {COLD} tenants open", "KiB a tenant more", touched)
        skewed = skewed_script(folder)
        single = common.post_script(folder, "single", headers_of(0), SQL)
        pid = server.process.pid
        loads = common.alternate({
            "skewed": lambda: common.wrk(server.url + "/sql", pid, CONNECTIONS, options.seconds, skewed).rate,
            "one tenant": lambda: common.wrk(server.url + "/sql", pid, CONNECTIONS, options.seconds, single).rate,
        }, options.rounds)
        for name, values in loads.items():
            yield common.row(f"{name}, {CONNECTIONS} connections", "requests/s", values)
        yield common.ratio_row("skewed load, rate", loads["skewed"], loads["one tenant"], "one tenant's")
        yield common.row("files open at the end", "descriptors", [len(os.listdir(f"/proc/{pid}/fd"))])
