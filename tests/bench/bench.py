"""Measures, as ratios of what alternates within one run. It judges nothing.

usage: bench.py BINARY [--seconds N] [--rounds N] [--json FILE] [PART …]

Each part is a file beside this one: its name, and what it measures, stand in PARTS.
"""

import argparse
import importlib
import json
import os
import pathlib
import platform
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import common  # noqa: E402

PARTS = {
    "a": "point_select",
    "b": "request_parts",
    "c": "reads",
    "d": "durable_inserts",
    "e": "postgres",
    "f": "tenants",
    "g": "plan_miss",
    "idle": "idle_connections",
    "attack": "attack",
    "refusals": "refusals",
    "guard": "guard",
    "literals": "literals",
    "tls": "tls",
    "shapes": "shapes",
}


def show(title, rows):
    print(f"\n{title}")
    width = max((len(row["what"]) for row in rows), default=0)
    for row in rows:
        digits = 2 if row.get("is_ratio") or row["median"] < 100 else 0
        median, low, high = (f"{row[key]:.{digits}f}" for key in ("median", "low", "high"))
        print(f"  {row['what']:<{width}}  {median:>9} {row['unit']:<24} {low} … {high}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("binary")
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--seconds", type=int, default=5, help="for one side of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", metavar="FILE", help="where the results go, as JSON")
    given = parser.parse_intermixed_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"no such part: {unknown[0]} (there are {' '.join(PARTS)})")
    options = common.Options(given.binary, given.seconds, given.rounds)
    results = {"machine": platform.platform(), "processors": os.cpu_count(), "seconds": given.seconds,
               "rounds": given.rounds, "began": int(time.time()), "parts": {}}
    print(f"{os.cpu_count()} processors, which load and server share; medians of {given.rounds} rounds, least … most")
    for part in given.parts or PARTS:
        module = importlib.import_module(PARTS[part])
        rows = list(module.measure(options))
        results["parts"][part] = {"title": module.TITLE, "rows": rows}
        show(f"{part}. {module.TITLE}", rows)
        if given.json:
            pathlib.Path(given.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
