"""b. Where a point SELECT's processor time goes: HTTP, who asks, the plan, SQL and JSON; and SQL with the predicate written
by hand."""

import json
import subprocess

import common
from point_select import POINT

TITLE = "parts of a scope user's point SELECT that was met before, in processor time per request"
COUNT = 20_000
CONNECTIONS = 16
BY_HAND = """SELECT id, title, author FROM post WHERE id = 4322
    AND (draft = 0 OR author = ?1 OR circle IN (SELECT circle FROM member WHERE person = ?1))"""
PARTS = {"who": "who asks", "plan": "plan", "sql": "SQL", "json": "JSON"}


def in_process(options, folder, token):
    command = [options.program("in_process"), "hit", str(folder), "demo", "blog", "Bearer " + token, str(COUNT),
               BY_HAND, POINT]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def over_http(options, server, token, folder):
    """Processor time per request of the whole, and of an empty handler."""
    script = common.post_script(folder, "scope", common.bearer(token), POINT)
    size = common.response_size(server, common.bearer(token), POINT)
    with common.Empty(options, size) as empty:
        sides = {
            "whole": lambda: common.wrk(server.url + "/sql", server.process.pid, CONNECTIONS, options.seconds, script),
            "empty": lambda: common.wrk(empty.url, empty.pid, CONNECTIONS, options.seconds, script),
        }
        loads = common.alternate(sides, options.rounds)
    return {name: [load.processor for load in side] for name, side in loads.items()}


def measure(options):
    with common.blog(options) as (server, token, folder):
        http = over_http(options, server, token, folder)
        data = server.data
        server.stop()
        parts = [in_process(options, data, token) for _ in range(options.rounds)]
        server.start()
    values = {name: [part[name] for part in parts] for name in [*PARTS, "by_hand"]}
    yield common.row(f"the whole, over HTTP, {CONNECTIONS} connections", "µs of processor", http["whole"])
    yield common.row("an empty handler", "µs of processor", http["empty"])
    for name, what in PARTS.items():
        yield common.row(f"{what}, in process", "µs of processor", values[name])
    yield common.row("SQL by hand, in process", "µs of processor", values["by_hand"])
    judged = [who + plan for who, plan in zip(values["who"], values["plan"])]
    yield common.ratio_row("who asks and plan", judged, http["whole"], "the whole")
    yield common.ratio_row("SQL", values["sql"], values["by_hand"], "SQL by hand")
