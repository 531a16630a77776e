"""c. Larger reads of a scope user: 20 rows by an index, a page of 50, a join; against root, and an empty handler with a
response of the same size."""

import common

TITLE = "larger reads over HTTP"
CONNECTIONS = 16
READS = {
    "20 rows by index": "SELECT id, author, circle, title, draft FROM post WHERE author = 2 AND id BETWEEN 5000 AND 5039",
    "page of 50": "SELECT id, title FROM post WHERE id > 70000 ORDER BY id LIMIT 50",
    "join": "SELECT p.id, p.title, u.name FROM post p JOIN user u ON u.id = p.author WHERE p.id BETWEEN 900 AND 920",
}


def measure(options):
    root = {"Content-Type": "application/sql", "NS": "demo", "DB": "blog",
            "Authorization": common.client.basic(common.client.ROOT_USER, common.client.ROOT_PASSWORD)}
    with common.blog(options) as (server, token, folder):
        for what, sql in READS.items():
            headers = {"scope user": common.bearer(token), "root": root}
            scripts = {who: common.post_script(folder, who, lines, sql) for who, lines in headers.items()}
            size = common.response_size(server, headers["scope user"], sql)
            with common.Empty(options, size) as empty:
                def load(url, pid, script):
                    return lambda: common.wrk(url + "/sql", pid, CONNECTIONS, options.seconds, script)

                sides = {who: load(server.url, server.process.pid, script) for who, script in scripts.items()}
                sides["empty handler"] = load(empty.url, empty.pid, scripts["scope user"])
                loads = common.alternate(sides, options.rounds)
            rates = {who: [one.rate for one in side] for who, side in loads.items()}
            for who, side in loads.items():
                yield common.row(f"{what}, {who}", "µs of processor", [one.processor for one in side])
            yield common.row(f"{what}, scope user", "requests/s", rates["scope user"])
            yield common.ratio_row(f"{what}, scope user, rate", rates["scope user"], rates["empty handler"],
                                   "the empty handler")
            yield common.ratio_row(f"{what}, scope user, rate", rates["scope user"], rates["root"], "root")
