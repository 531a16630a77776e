"""What the measurements share: servers, load, rounds that alternate, and rows of results.

A measurement is a file beside this one with a `measure(options)` that gives rows. Sides are measured in turn, round by
round, so that whatever else the machine does falls on all of them; what counts is the ratio of two sides of one round.
"""

import contextlib
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

import client  # noqa: E402

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
POSTS = 100_000


class Options:
    def __init__(self, binary, seconds, rounds):
        self.binary = pathlib.Path(binary).resolve()
        self.build = self.binary.parent.parent
        self.seconds = seconds
        self.rounds = rounds

    def program(self, name):
        """A program of tests/bench, from the same build."""
        return str(self.build / "tests" / "bench" / name)


# --- results ---


def spread(values):
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def row(what, unit, values, **more):
    """One line of a table: what was measured, and its values round by round."""
    return {"what": what, "unit": unit, **spread(values), "values": values, **more}


def ratio_row(what, values, others, of, **more):
    """The ratio of two sides, round by round."""
    return row(what, f"of {of}", [a / b for a, b in zip(values, others)], is_ratio=True, **more)


def alternate(sides, rounds):
    """Calls each side once in a round; the values of each. Which side comes first changes from round to round."""
    values = {name: [] for name in sides}
    for number in range(rounds):
        names = list(sides) if number % 2 == 0 else list(reversed(sides))
        for name in names:
            values[name].append(sides[name]())
    return values


# --- load ---


def processor_seconds(pid):
    """The processor time that a process has used so far, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def children_seconds():
    """The processor time of all the processes that this one has started and that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Load:
    """Requests a second, and the processor time for each, in microseconds: the server's and the load generator's."""

    def __init__(self, rate, processor, generator):
        self.rate = rate
        self.processor = processor
        self.generator = generator


def wrk(url, pid, connections, seconds, script=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"] + (["-s", script] if script else []) + [url]
    before, own_before = processor_seconds(pid), children_seconds()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used, own = processor_seconds(pid) - before, children_seconds() - own_before
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    count = int(output.split(" requests in ")[0].split()[-1])
    return Load(float(output.split("Requests/sec:")[1].split()[0]), used / count * 1e6, own / count * 1e6)


def post_script(folder, name, headers, body):
    """A script for wrk that posts the body."""
    path = os.path.join(folder, name + ".lua")
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}"]
    lines += [f"wrk.headers[{json.dumps(key)}] = {json.dumps(value)}" for key, value in headers.items()]
    pathlib.Path(path).write_text("\n".join(lines) + "\n")
    return path


# --- servers ---


@contextlib.contextmanager
def blog(options, *more, posts=POSTS):
    """A server with the example's blog, so many posts in it, and a scope user: server, token, a folder for scripts."""
    os.environ["BAILIWICK_BINARY"] = str(options.binary)
    with client.running(*more) as server, tempfile.TemporaryDirectory() as folder:
        for name in ("schema", "data"):
            server.root_ok((ROOT / "examples" / "blog" / f"{name}.sql").read_text())
        server.root_ok("WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < $last) "
                       "INSERT INTO post (id, author, title, draft) SELECT i, i % 2 + 1, 'post ' || i, i % 2 FROM n",
                       ns="demo", db="blog", vars={"last": posts})
        token = server.new_token(NS="demo", DB="blog", SC="account", email="bench@example.com", password="of no use")
        yield server, token, folder


@contextlib.contextmanager
def notes(options, rows=1, more=()):
    """A server with a table of notes under a simple predicate, and the scope user 1: server, token, folder."""
    os.environ["BAILIWICK_BINARY"] = str(options.binary)
    with client.running(*more) as server, tempfile.TemporaryDirectory() as folder:
        server.make_database("bench", "notes", f"""
            CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1);
            CREATE TABLE note (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, title TEXT NOT NULL, draft INTEGER);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
                INSERT INTO note SELECT i, i % 2 + 1, 'post ' || i, i % 2 FROM n;
            DEFINE TABLE note PERMISSIONS WHERE draft = 0 OR author = $auth.id;
            DEFINE SCOPE person SESSION 1d SIGNIN (SELECT id FROM person WHERE id = $id)""")
        yield server, server.token(NS="bench", DB="notes", SC="person", id=1), folder


def bearer(token, media="application/sql"):
    return {"Content-Type": media, "Authorization": "Bearer " + token}


class Empty:
    """An empty CivetWeb handler whose responses are so many bytes long."""

    def __init__(self, options, size, threads=1024):
        self.process = subprocess.Popen([options.program("empty_handler"), str(size), str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)


def response_size(server, headers, body):
    """How long the response to a request to /sql is, head and all."""
    response = server.post("/sql", body, headers=headers)
    response.raise_for_status()
    assert b'"OK"' in response.content and b'"ERR"' not in response.content, response.text
    head = f"HTTP/1.1 {response.status_code} {response.reason}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in response.headers.items()) + "\r\n"
    return len(head.encode()) + len(response.content)


def settle(seconds=0.2):
    """Lets a server that was just under load come to rest, before another is measured."""
    time.sleep(seconds)
