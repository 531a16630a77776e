"""idle. Thousands of idle kept-alive connections beside some that work: what they cost, in rate and in memory."""

import contextlib
import pathlib
import resource
import socket
import tempfile

import common

TITLE = "5,000 idle kept-alive connections and 256 active ones"
IDLE = 5000
ACTIVE = 256
POINT = "SELECT id, title, author FROM note WHERE id = 1"


def resident(pid):
    """MiB."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


@contextlib.contextmanager
def idle(server, count):
    """Connections that have had an answer and ask for nothing more."""
    request = f"GET /version HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection((server.host, server.port)))
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        yield


def measure(options):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    more = ("--connections", str(IDLE + ACTIVE + 200), "--keep-alive", "10m")
    with common.notes(options, more=more) as (server, token, folder):
        script = common.post_script(folder, "point", common.bearer(token), POINT)
        pid = server.process.pid

        def load():
            return common.wrk(server.url + "/sql", pid, ACTIVE, options.seconds, script)

        def load_beside_idle():
            with idle(server, IDLE):
                sizes.append(resident(pid))
                return load()

        sizes = []
        alone = resident(pid)
        loads = common.alternate({"alone": load, f"beside {IDLE} idle": load_beside_idle}, options.rounds)
        rates = {name: [one.rate for one in side] for name, side in loads.items()}
        for name, values in rates.items():
            yield common.row(f"{ACTIVE} connections, {name}", "requests/s", values)
        yield common.ratio_row("rate beside idle ones", rates[f"beside {IDLE} idle"], rates["alone"], "the rate alone")
        yield common.row("memory before", "MiB", [alone])
        yield common.row(f"memory with {IDLE} idle connections", "MiB", sizes)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
