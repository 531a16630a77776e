"""e. PostgreSQL 15 with row-level security: the same table, reads and inserts, on the same machine in the same run."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import common

TITLE = "point reads and durable inserts of a scope user, against PostgreSQL 15 with row-level security (pgbench -M prepared)"
PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
CONNECTIONS = (16, 64)
ROWS = common.POSTS
READ = "SELECT id, title, author FROM note WHERE id = 4322"
INSERT = "INSERT INTO note (author, title, draft) VALUES (1, 'a title of some length', 1)"
SCHEMA = f"""
CREATE TABLE note (id SERIAL PRIMARY KEY, author INTEGER NOT NULL, title TEXT NOT NULL, draft INTEGER);
INSERT INTO note (author, title, draft) SELECT i % 2 + 1, 'post ' || i, i % 2 FROM generate_series(1, {ROWS}) AS i;
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON note USING (draft = 0 OR author = current_setting('app.person')::int);
CREATE ROLE web LOGIN;
ALTER ROLE web SET app.person = '1';
GRANT SELECT, INSERT ON note TO web;
GRANT USAGE ON note_id_seq TO web;
VACUUM ANALYZE note;
"""
# What a web application pays whose connections serve many users.
IDENTITY = "BEGIN;\nSELECT set_config('app.person', '1', true);\n{};\nCOMMIT;\n"


class Postgres:
    """A server on a folder of its own, reached by a socket in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.as_other = []
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
            self.as_other = ["runuser", "-u", "postgres", "--"]

    def run(self, program, *arguments, stdin=None):
        command = [*self.as_other, str(PROGRAMS / program), *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr or done.stdout}")
        return done.stdout

    def start(self):
        self.run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "owner")
        options = f"-k {self.folder} -c listen_addresses= -c synchronous_commit=on -c max_connections=200"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        self.run("psql", "-h", self.folder, "-U", "owner", "-q", "-v", "ON_ERROR_STOP=1", "postgres", stdin=SCHEMA)

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def bench(self, script, connections, seconds):
        """Transactions a second."""
        path = self.folder / "script.sql"
        path.write_text(script)
        path.chmod(0o644)
        output = self.run("pgbench", "-h", self.folder, "-U", "web", "-n", "-M", "prepared", "-c", connections, "-j", 1,
                          "-T", seconds, "-f", path, "postgres")
        return float(output.split("tps = ")[1].split()[0])


@contextlib.contextmanager
def postgres():
    folder = tempfile.mkdtemp(prefix="bench-")
    server = Postgres(folder)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(options):
    with common.notes(options, rows=ROWS) as (server, token, folder), postgres() as other:
        scripts = {kind: common.post_script(folder, kind, common.bearer(token), sql)
                   for kind, sql in (("read", READ), ("insert", INSERT))}

        def ours(kind, connections):
            return lambda: common.wrk(server.url + "/sql", server.process.pid, connections, options.seconds,
                                      scripts[kind]).rate

        def theirs(script, connections):
            return lambda: other.bench(script, connections, options.seconds)

        for connections in CONNECTIONS:
            sides = {}
            for kind, sql in (("read", READ), ("insert", INSERT)):
                sides[kind] = ours(kind, connections)
                sides[f"PostgreSQL, {kind}, bare"] = theirs(sql + ";\n", connections)
                sides[f"PostgreSQL, {kind}, identity for each"] = theirs(IDENTITY.format(sql), connections)
            rates = common.alternate(sides, options.rounds)
            more = {"connections": connections}
            for name, values in rates.items():
                yield common.row(f"{name}, {connections} connections", "requests/s", values, **more)
            for kind in scripts:
                for how in ("bare", "identity for each"):
                    yield common.ratio_row(f"{kind}, {connections} connections, rate", rates[kind],
                                           rates[f"PostgreSQL, {kind}, {how}"], f"PostgreSQL's, {how}", **more)
