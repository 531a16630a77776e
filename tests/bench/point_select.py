"""a. A scope user's point SELECT with its predicate, against an empty CivetWeb handler with a response of its size."""

import common

TITLE = "point SELECT of a scope user over HTTP, against an empty handler with a response of the same size"
POINT = "SELECT id, title, author FROM post WHERE id = 4322"
CONNECTIONS = (1, 16, 64)


def sides_of(options, server, token, folder, empty, connections):
    scope = common.post_script(folder, "scope", common.bearer(token), POINT)
    root = common.post_script(folder, "root", {
        "Content-Type": "application/sql", "NS": "demo", "DB": "blog",
        "Authorization": common.client.basic(common.client.ROOT_USER, common.client.ROOT_PASSWORD)}, POINT)

    def load(url, pid, script):
        return lambda: common.wrk(url + "/sql", pid, connections, options.seconds, script)

    return {
        "empty handler": load(empty.url, empty.pid, scope),
        "scope user": load(server.url, server.process.pid, scope),
        "root": load(server.url, server.process.pid, root),
    }


def measure(options):
    with common.blog(options) as (server, token, folder):
        size = common.response_size(server, common.bearer(token), POINT)
        with common.Empty(options, size) as empty:
            for connections in CONNECTIONS:
                sides = sides_of(options, server, token, folder, empty, connections)
                loads = common.alternate(sides, options.rounds)
                rates = {name: [load.rate for load in side] for name, side in loads.items()}
                times = {name: [load.processor for load in side] for name, side in loads.items()}
                more = {"connections": connections}
                for name in loads:
                    yield common.row(f"{name}, {connections} connections", "requests/s", rates[name], **more)
                    yield common.row(f"{name}, {connections} connections", "µs of processor", times[name], **more)
                for name in ("scope user", "root"):
                    yield common.ratio_row(f"{name}, {connections} connections, rate", rates[name],
                                           rates["empty handler"], "the empty handler", **more)
