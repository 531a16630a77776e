"""The examples and the README do what they say."""

import os
import pathlib
import re
import subprocess

import client
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WALKTHROUGHS = sorted((ROOT / "examples").glob("*/walkthrough.sh"))


def run_script(command, environment=None):
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("script", WALKTHROUGHS, ids=lambda script: script.parent.name)
def test_walkthrough(server, script):
    output = run_script(["sh", script, server.url, client.ROOT_USER, client.ROOT_PASSWORD])
    assert re.search(r"^[1-9]\d* passed, 0 failed$", output, re.MULTILINE), output


def test_data_is_loaded_as_script_server_does(server):
    for name in ("schema", "data"):
        server.root_ok((ROOT / "examples" / "blog" / f"{name}.sql").read_text())
    assert server.root_ok("SELECT count(*) > 0 AS some FROM post", ns="demo", db="blog") == [[{"some": 1}]]


def blocks_of_readme():
    """Each indented or fenced block of the README that calls curl, with the lines that say what is answered."""
    text = (ROOT / "README.md").read_text()
    return [block for block in re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if "curl" in block]


def test_readme(server):
    """The README's curl lines, in one shell; a line "# → x" below one says what its output holds."""
    blocks = blocks_of_readme()
    assert blocks
    for name in ("schema", "data"):
        server.root_ok((ROOT / "examples" / "blog" / f"{name}.sql").read_text().replace("DATABASE blog", "DATABASE blog"))
    expected = [line.split("→", 1)[1].strip() for block in blocks for line in block.splitlines() if line.startswith("# →")]
    script = "\n".join(blocks).replace("http://127.0.0.1:8000", server.url)
    output = run_script(["bash", "-euo", "pipefail", "-c", script], {"BAILIWICK_PASS": client.ROOT_PASSWORD})
    for line in expected:
        assert line in output, f"{line!r} is not in:\n{output}"
