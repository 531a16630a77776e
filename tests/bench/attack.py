"""attack. A point query and the server's memory, while sign-ins fail from a hundred thousand addresses."""

import contextlib
import pathlib
import subprocess
import time

import common

TITLE = "a query's 99th percentile, and memory, while sign-ins fail"
QUERY = "SELECT id, title FROM post WHERE id = 322"
POSTS = 1000
CONNECTIONS = 16
ADDRESSES = 100_000

#: every request from another address, as a proxy would tell it
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local count = 0
request = function()
    count = (count + 1) %% %d
    local address = string.format("11.%%d.%%d.%%d", math.floor(count / 65536), math.floor(count / 256) %% 256, count %% 256)
    return wrk.format(nil, nil, {["X-Forwarded-For"] = address, ["Content-Type"] = "application/json"},
                      '{"user":"%s","pass":"guess"}')
end
"""


def resident(pid):
    """The server's memory, in MiB."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@contextlib.contextmanager
def attack(server, folder, user):
    """wrk signing in until the end; gives a list that holds the number of attempts then."""
    script = pathlib.Path(folder) / "attack.lua"
    script.write_text(SCRIPT % (ADDRESSES, user))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d3600s", "-s", str(script), server.url + "/signin"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    attempts = []
    try:
        yield attempts
    finally:
        process.send_signal(2)
        output = process.communicate()[0]
        attempts.append(int(output.split(" requests in ")[0].split()[-1]))


def percentile(server, token, seconds):
    """The 99th percentile of one client's queries, in milliseconds."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        server.post_sql(QUERY, token=token)
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)[int(len(times) * 0.99)]


def measure(options):
    with common.blog(options, "--trusted-proxies", "127.0.0.1", "--audit-log", "/dev/null", posts=POSTS) as (server, token, folder):
        counts = {"one name": [], "another name each time": []}
        memory = [resident(server.process.pid)]

        def attacked(kind, user):
            def side():
                with attack(server, folder, user) as attempts:
                    value = percentile(server, token, options.seconds)
                    memory.append(resident(server.process.pid))
                counts[kind].extend(attempts)
                return value
            return side

        times = common.alternate({
            "idle": lambda: percentile(server, token, options.seconds),
            "one name": attacked("one name", "root"),
            "another name each time": attacked("another name each time", "x' .. count .. '"),
        }, options.rounds)
        for name, values in times.items():
            yield common.row(f"query, {name}", "ms (p99)", values)
        for name, values in counts.items():
            yield common.row(f"attempts, {name}", "in a round", values)
            yield common.ratio_row(f"query, {name}", times[name], times["idle"], "idle")
        yield common.row("memory before", "MiB", memory[:1])
        yield common.row("memory while attacked", "MiB", memory[1:])
