"""tls. HTTPS on connections that are kept, against plain HTTP.

Rates are those of both ends together: the load generator shares the processors and speaks TLS as well, with its own
copy of the same library, which for a short response costs about as much there as here. So beside the rates there is
the processor time of each end, and its ratio: of the server alone, which is what a load from elsewhere would meet, and
of both, which is the ratio of rates where nothing else runs and no processor is ever idle. Time is disturbed less by
what else runs on the machine.
"""

import common

TITLE = "HTTPS on kept-alive connections, against plain HTTP"
POINT = "SELECT id, title, author FROM post WHERE id = 322"
POSTS = 1000
CONNECTIONS = (1, 16, 64)


def sides_of(options, servers, connections):
    def load(server, folder, token, path, has_body):
        script = common.post_script(folder, "point", common.bearer(token), POINT) if has_body else None
        return lambda: common.wrk(server.url + path, server.process.pid, connections, options.seconds, script)

    return {f"{path} by {server.scheme}": load(server, folder, token, path, path == "/sql")
            for path in ("/sql", "/version") for server, token, folder in servers}


def measure(options):
    with common.blog(options, posts=POSTS) as plain, common.blog(options, "--tls", posts=POSTS) as secret:
        for connections in CONNECTIONS:
            loads = common.alternate(sides_of(options, (plain, secret), connections), options.rounds)
            rates = {name: [load.rate for load in side] for name, side in loads.items()}
            servers = {name: [load.processor for load in side] for name, side in loads.items()}
            both = {name: [load.processor + load.generator for load in side] for name, side in loads.items()}
            more = {"connections": connections}
            for name in loads:
                yield common.row(f"{name}, {connections} connections", "requests/s", rates[name], **more)
                yield common.row(f"{name}, {connections} connections", "µs of processor", servers[name], **more)
                yield common.row(f"{name}, {connections} connections", "µs of processor, both ends", both[name], **more)
            for path in ("/sql", "/version"):
                http, https = f"{path} by http", f"{path} by https"
                yield common.ratio_row(f"{path}, {connections} connections, rate", rates[https], rates[http], "plain HTTP", **more)
                yield common.ratio_row(f"{path}, {connections} connections, requests for the server's time",
                                       servers[http], servers[https], "plain HTTP", **more)
                yield common.ratio_row(f"{path}, {connections} connections, requests for both ends' time",
                                       both[http], both[https], "plain HTTP", **more)
