"""g. A text that is met for the first time: parse, rewrite and print, beside SQLite's own prepare of what comes out."""

import json
import subprocess

import common
from point_select import POINT
from reads import READS

TITLE = "a plan that is made anew: parse, rewrite and print, beside sqlite3_prepare_v2 of the result"
COUNT = 5_000


def in_process(options, folder, sql):
    command = [options.program("in_process"), "miss", str(folder), "demo", "blog", str(COUNT), sql]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(options):
    with common.blog(options, posts=1000) as (server, _, _):
        data = server.data
        server.stop()
        for what, sql in {"point SELECT": POINT, **READS}.items():
            rounds = [in_process(options, data, sql) for _ in range(options.rounds)]
            plan, prepare = ([one[name] for one in rounds] for name in ("plan", "prepare"))
            yield common.row(f"{what}: parse, rewrite, print", "µs of processor", plan)
            yield common.row(f"{what}: prepare", "µs of processor", prepare)
            yield common.ratio_row(f"{what}: ours", plan, prepare, "SQLite's")
        server.start()
