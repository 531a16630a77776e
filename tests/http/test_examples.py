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


@pytest.fixture(scope="module")
def blog(server):
    """The example's data, loaded as script/server loads it."""
    for name in ("schema", "data"):
        server.root_ok((ROOT / "examples" / "blog" / f"{name}.sql").read_text())
    return server


def blocks_of_readme():
    """The README's shell blocks that call curl."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    return [block for block in blocks if "curl" in block]


def test_readme(blog):
    """The README's curl lines, in one shell; a line "# → x" says what the output holds."""
    script = "\n".join(blocks_of_readme())
    expected = re.findall(r"^# → (.*)$", script, re.MULTILINE)
    assert expected
    output = run_script(["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", blog.url)],
                        {"BAILIWICK_PASS": client.ROOT_PASSWORD})
    for line in expected:
        assert line in output, f"{line!r} is not in:\n{output}"
