"""tls. HTTPS on connections that are kept, against plain HTTP."""

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
            times = {name: [load.processor for load in side] for name, side in loads.items()}
            more = {"connections": connections}
            for name in loads:
                yield common.row(f"{name}, {connections} connections", "requests/s", rates[name], **more)
                yield common.row(f"{name}, {connections} connections", "µs of processor", times[name], **more)
            for path in ("/sql", "/version"):
                yield common.ratio_row(f"{path}, {connections} connections, rate", rates[f"{path} by https"],
                                       rates[f"{path} by http"], "plain HTTP", **more)
