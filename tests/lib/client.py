"""The server as tests use it: the real binary on a free port, and requests to it.

    server.root("select 1", ns="a", db="b")     the array of result objects
    server.sql(…, token=…)                      the same as somebody else
    server.request("POST", "/sql", …)           the response as it is (requests.Response)
"""

import base64
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

import requests

ROOT_USER = "root"
ROOT_PASSWORD = "secret-password"
# Nothing takes as long, on no machine: so that a test ends which would otherwise wait for ever.
START_SECONDS = 120
STOP_SECONDS = 120
PATIENCE = 120
# Of the server: it then takes more addresses, and keeps what was freed.
IS_SANITIZED = any(name in os.environ for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"))

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"  # what asks without a session of its own asks the server itself


def binary():
    path = os.environ.get("BAILIWICK_BINARY")
    if not path:
        raise RuntimeError("BAILIWICK_BINARY must name the executable to test")
    return str(pathlib.Path(path).resolve())


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("BAILIWICK_")}


class Server:
    """A running server on a data folder. `log` holds the lines that it wrote on stderr."""

    def __init__(self, data, *options, root=True, environment=None):
        self.data = pathlib.Path(data)
        self.options = list(options)
        self.has_root = root
        self.environment = clean_environment() | (environment or {})
        self.scheme = "http"
        self.host = "127.0.0.1"
        self.port = None
        self.process = None
        self.log = []
        self.session = requests.Session()
        self.session.trust_env = False

    # --- its life ---

    def command(self):
        command = [binary(), "start", "--data", str(self.data), "--bind", "127.0.0.1:0"]
        if self.has_root:
            command += ["--user", ROOT_USER, "--pass", ROOT_PASSWORD]
        return command + self.options

    def start(self):
        self.log = []
        self.process = subprocess.Popen(
            self.command(), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=self.environment, text=True, errors="replace"
        )
        serves = threading.Event()
        self.reader = threading.Thread(target=self._read_log, args=(self.process, serves), daemon=True)
        self.reader.start()
        serves.wait(START_SECONDS)
        if self.port is None or self.process.poll() is not None:
            self.kill9()
            raise RuntimeError("the server did not start:\n" + "".join(self.log))
        if self.authority.exists():
            self.session.verify = str(self.authority)
        return self

    @property
    def authority(self):
        """Whom a client trusts if the server has made its own certificate."""
        return self.data / "keys" / "ca.pem"

    def _read_log(self, process, serves):
        for line in process.stderr:
            self.log.append(line)
            if found := re.match(r"bailiwick: listening on (https?)://[^:]+:(\d+)$", line):
                self.scheme = found[1]
                self.port = int(found[2])
                serves.set()
        serves.set()

    def stop(self, how=signal.SIGTERM):
        """Ends it as an operator would; the exit status."""
        if self.process is None:
            return None
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._forget()
        return status

    def kill9(self):
        """Ends it as a crash would."""
        if self.process is None:
            return
        self.session.close()
        self.process.kill()
        self.process.wait()
        self._forget()

    def _forget(self):
        self.reader.join(STOP_SECONDS)
        self.process.stderr.close()
        self.process = None
        self.port = None

    def restart(self):
        """Stops it, if it runs, and starts it again on the same data; the port changes."""
        status = self.stop()
        assert status in (None, 0), f"exit status {status}:\n" + "".join(self.log)
        return self.start()

    @property
    def url(self):
        return f"{self.scheme}://{self.host}:{self.port}"

    # --- requests ---

    def request(self, method, path, body=None, *, json=None, headers=None, params=None, data=None, files=None,
                token=None, login=None, ns=None, db=None, timeout=PATIENCE):
        """One request; `body` is bytes or text, `login` a pair of name and password."""
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if login is not None:
            headers["Authorization"] = basic(*login)
        if ns is not None:
            headers["NS"] = ns
        if db is not None:
            headers["DB"] = db
        if isinstance(body, str):
            body = body.encode()
        return self.session.request(
            method, self.url + path, data=body if body is not None else data, json=json, headers=headers, params=params,
            files=files, timeout=timeout,
        )

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def post_sql(self, sql, *, vars=None, headers=None, **options):
        """A request to /sql: the response, whatever its status. With `vars` the body is JSON."""
        headers = dict(headers or {})
        if vars is not None:
            return self.post("/sql", json={"sql": sql, "vars": vars}, headers=headers, **options)
        headers.setdefault("Content-Type", "application/sql")
        return self.post("/sql", sql, headers=headers, **options)

    def sql(self, sql, **options):
        """Runs statements; the array of their result objects. Fails unless the request as a whole was answered 200."""
        response = self.post_sql(sql, **options)
        assert response.status_code == 200, f"{response.status_code}: {response.text}"
        return response.json()

    def root(self, sql, ns=None, db=None, vars=None, **options):
        """Runs statements as root."""
        return self.sql(sql, ns=ns, db=db, vars=vars, login=(ROOT_USER, ROOT_PASSWORD), **options)

    def root_ok(self, sql, ns=None, db=None, vars=None, **options):
        """The same for statements that must all succeed; the list of their results."""
        objects = self.root(sql, ns=ns, db=db, vars=vars, **options)
        for number, one in enumerate(objects):
            assert one["status"] == "OK", f"statement {number + 1} of {sql!r}: {one}"
        return [one["result"] for one in objects]

    def make_database(self, ns="test", db="test", sql=""):
        """Makes a namespace and a database where they are missing, and runs statements in it."""
        self.root_ok(f'DEFINE NAMESPACE IF NOT EXISTS "{ns}"; USE NS "{ns}"; DEFINE DATABASE IF NOT EXISTS "{db}"')
        return self.root_ok(sql, ns=ns, db=db) if sql else []

    def signin(self, **keys):
        return self.post("/signin", json=keys)

    def signup(self, **keys):
        return self.post("/signup", json=keys)

    def token(self, **keys):
        """The token of a sign-in that must succeed."""
        return self._token_of(self.signin(**keys))

    def new_token(self, **keys):
        """The token of a sign-up that must succeed."""
        return self._token_of(self.signup(**keys))

    @staticmethod
    def _token_of(response):
        assert response.status_code == 200, f"{response.status_code}: {response.text}"
        return response.json()["token"]


@contextlib.contextmanager
def running(*options, data=None, **keywords):
    """A server on `data`, or on a folder of its own that goes away with it."""
    with contextlib.ExitStack() as stack:
        folder = data or stack.enter_context(tempfile.TemporaryDirectory(prefix="bailiwick-"))
        server = Server(pathlib.Path(folder) / "data" if data is None else data, *options, **keywords)
        server.start()
        try:
            yield server
        finally:
            status = server.stop()
            assert status in (None, 0), f"exit status {status}:\n" + "".join(server.log)


def run(*arguments, stdin="", environment=None, timeout=PATIENCE):
    """Runs the binary to its end: an object with returncode, stdout and stderr."""
    return subprocess.run(
        [binary(), *arguments], input=stdin, capture_output=True, text=True, timeout=timeout,
        env=clean_environment() | (environment or {}),
    )


def wait_until(condition, seconds=PATIENCE):
    """Waits for what another process will do; the condition's value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)
    return value
