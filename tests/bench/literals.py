"""A text that holds its value, another one each time, against the same with a variable: literals that are bound."""

import json
import os
import pathlib

import common

TITLE = "a point SELECT whose text holds another id each time, against the same text with a variable"
SELECT = "SELECT id, title, author FROM post WHERE id = "
CONNECTIONS = 16
LAST = 90_000
# How each side asks for a post: the path and the body, as Lua. A `+` before a literal keeps it from being bound, so that
# each text is parsed, rewritten and prepared.
SIDES = {
    "variable": ('"/sql?id=" .. id', json.dumps(SELECT + "$id")),
    "literal": ('"/sql"', json.dumps(SELECT) + " .. id"),
    "literal that is not bound": ('"/sql"', json.dumps(SELECT + "+") + " .. id"),
}


def script_of(folder, name, headers, path, body):
    """A script for wrk that posts another body each time."""
    file = os.path.join(folder, name.replace(" ", "-") + ".lua")
    lines = [f"wrk.headers[{json.dumps(key)}] = {json.dumps(value)}" for key, value in headers.items()]
    lines += ["local state = 1", "request = function()", "  state = (state * 69069 + 1) % 4294967296",
              f"  local id = 5 + math.floor(state / 4294967296 * {LAST})",
              f'  return wrk.format("POST", {path}, nil, {body})', "end"]
    pathlib.Path(file).write_text("\n".join(lines) + "\n")
    return file


def measure(options):
    with common.blog(options) as (server, token, folder):
        def load(path, body, name):
            script = script_of(folder, name, common.bearer(token), path, body)
            return lambda: common.wrk(server.url, server.process.pid, CONNECTIONS, options.seconds, script)

        sides = {name: load(path, body, name) for name, (path, body) in SIDES.items()}
        loads = common.alternate(sides, options.rounds)
        times = {name: [one.processor for one in side] for name, side in loads.items()}
        for name, side in times.items():
            yield common.row(name, "µs of processor", side)
        for name in list(SIDES)[1:]:
            yield common.ratio_row(f"{name}, time", times[name], times["variable"], "the variable")
