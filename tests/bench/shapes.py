"""Instructions of a user's query beside those of the same predicate written by hand, counted by callgrind: the queries
of shapes.golden. Counts are exact, so one round is enough, and other load on the machine does not matter.

    shapes.py FILE     prints the table of doc/cost.md from what `script/bench --json FILE shapes` has written
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

TITLE = "instructions of queries, as the rewriter makes them, beside the same predicate by hand (callgrind)"
HERE = pathlib.Path(__file__).resolve().parent
LEAKPROOF, SHIELDED = 1.05, 1.3  # what is hoped for at most
RUNS = 20  # of shapes.c


def how(case):
    """What was done to keep the terms of a query that can fail from hidden rows."""
    terms = " ".join(term["kind"] for term in case["terms"])
    guards = {guard["kind"] for guard in case["guards"]}
    if "fenced" in terms or "fenced" in guards:
        return "fenced"
    if "shielded" in terms or "ahead" in terms:
        return "shielded"
    return "sorted" if "sorted" in guards else "leakproof"


def counts_in(folder):
    """Instructions of each side of each case, by callgrind's dumps: {(number, side): count}."""
    found = {}
    for path in pathlib.Path(folder).glob("callgrind.out*"):
        text = path.read_text(errors="replace")
        label = re.search(r"^desc: Trigger: Client Request: (\d+) (.+)$", text, re.MULTILINE)
        total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
        if label and total:
            found[int(label[1]), label[2]] = int(total[1])
    return found


def count(program):
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder}/callgrind.out",
                   program, str(HERE / "shapes.golden")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-4000:])
        cases = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        counts = counts_in(folder)
    for case in cases:
        case["guarded"] = counts[case["number"], "guarded"] / RUNS
        case["by_hand"] = counts[case["number"], "by hand"] / RUNS
        case["how"] = how(case)
    return cases


def measure(options):
    import common

    for case in count(options.program("shapes")):
        ratio = case["guarded"] / case["by_hand"]
        limit = LEAKPROOF if case["how"] in ("leakproof", "sorted") else SHIELDED
        what = f"{case['name']} [{case['how']}]" + (" !" if ratio > limit else "")
        yield common.row(what, f"of {case['by_hand']:,.0f} by hand", [ratio], is_ratio=True, case=case)


def table(path):
    rows = json.loads(pathlib.Path(path).read_text())["parts"]["shapes"]["rows"]
    print("| query | by hand | guarded | ratio | terms |")
    print("|---|--:|--:|--:|---|")
    for case in (row["case"] for row in rows):
        name = case["name"].replace("|", "\\|")
        print(f"| {name} | {case['by_hand']:,.0f} | {case['guarded']:,.0f} | {case['guarded'] / case['by_hand']:.2f} "
              f"| {case['how']} |")


if __name__ == "__main__":
    table(sys.argv[1])
