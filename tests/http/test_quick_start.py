"""The quick start with the clients of others: the blocks of doc/quick-start.md, run as they stand."""

import pathlib
import re
import shutil
import subprocess

import client
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "tests" / "lib" / "page.mjs"
ORIGIN = "http://localhost:5173"


def blocks(language):
    text = (ROOT / "doc" / "quick-start.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def expected(block):
    return re.findall(r"^(?:#|//) → (.*)$", block, re.MULTILINE)


@pytest.fixture
def blog(start_server):
    server = start_server("--cors-origins", ORIGIN)
    for name in ("schema", "data"):
        server.root_ok((ROOT / "examples" / "blog" / f"{name}.sql").read_text())
    return server


def run(command, script, server, **environment):
    script = script.replace("http://127.0.0.1:8000", server.url)
    environment = client.clean_environment() | {"BAILIWICK_PASS": client.ROOT_PASSWORD, "NO_COLOR": "1"} | environment
    return subprocess.run(command, input=script, capture_output=True, text=True, timeout=120, env=environment)


def node():
    found = shutil.which("nodejs") or shutil.which("node")
    assert found, "nodejs is not installed (script/bootstrap test)"
    return found


def test_python(blog):
    (block,) = blocks("python")
    done = run(["/usr/bin/python3", "-"], block, blog)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == expected(block) and len(expected(block)) == 4


def run_page(script, server, origin):
    return run([node(), "--import", str(PAGE), "--input-type=module", "-"], script, server, BAILIWICK_ORIGIN=origin)


def test_fetch(blog):
    """Twice: the first time somebody signs up, the second time in."""
    (block,) = blocks("js")
    for _ in range(2):
        done = run_page(block, blog, ORIGIN)
        assert done.returncode == 0, done.stderr
        first = expected(block)[0]
        assert done.stdout.splitlines() == expected(block) and first == "[ { posts: 2 } ]", done.stdout
        blog.root_ok("DELETE FROM post WHERE title = 'Hello'", ns="demo", db="blog")


def test_fetch_of_another_page(blog):
    (block,) = blocks("js")
    for origin in ("http://localhost:5174", "null"):
        done = run_page(block, blog, origin)
        assert done.returncode != 0 and "Failed to fetch" in done.stderr
    assert blog.root_ok("SELECT count(*) AS n FROM user WHERE email = 'you@example.com'", ns="demo", db="blog")[0] == [{"n": 0}]


def test_fetch_reads_errors_and_their_headers(blog):
    script = """
        const answer = await fetch("http://127.0.0.1:8000/sql", { method: "POST", headers: { "Content-Type": "application/sql" }, body: "SELECT 1" });
        console.log(answer.status, (await answer.json()).code);
        const exposed = answer.headers.get("Access-Control-Expose-Headers").toLowerCase().split(", ");
        console.log(exposed.includes("x-request-id"), exposed.includes("retry-after"));
    """
    done = run_page(script, blog, ORIGIN)
    assert done.stdout.splitlines() == ["401 401", "true true"], done.stderr
