"""Builds everything, runs every suite, counts: what script/test does.

The last line is "N passed, N failed"; the exit status is 0 only if something ran and nothing failed.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON = "/usr/bin/python3"
NOISE_LINES = 400  # of a suite that failed
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
}


class Build:
    def __init__(self, name, options=(), environment=None, run_environment=None):
        self.name = name
        self.folder = os.path.join(ROOT, "build", name)
        self.options = list(options)
        self.environment = environment or {}
        self.run_environment = run_environment or {}
        self.binary = os.path.join(self.folder, "server", "bailiwick")


PLAIN = Build("plain")
CLANG = Build("clang", ["--buildtype=debug"], {"CC": "clang"})
SANITIZE = Build("sanitize", ["-Db_sanitize=address,undefined"], run_environment=SANITIZERS)
THREAD = Build("thread", ["-Db_sanitize=thread"])


class Count:
    """What passed and failed, and the noise of what failed. Several threads count."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.lock = threading.Lock()

    def add(self, name, passed, failed, seconds, noise=""):
        with self.lock:
            self.passed += passed
            self.failed += failed
            if failed and noise:
                print("\n".join(noise.rstrip().splitlines()[-NOISE_LINES:]))
            print(f"{name:<28} {passed:>5} passed {failed:>4} failed {seconds:>7.1f} s", flush=True)


def run(command, environment=None, timeout=900):
    """The exit status and the output of a command; one that does not end fails."""
    whole = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(command, cwd=ROOT, env=whole, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout, errors="replace")
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout or b""
        return 1, output.decode(errors="replace") + f"\n{command[0]}: no end after {timeout} s"
    return done.returncode, done.stdout


def build(count, what):
    """Whether it was built."""
    began = time.monotonic()
    command = [os.path.join(ROOT, "script", "build"), os.path.relpath(what.folder, ROOT), *what.options]
    status, output = run(command, what.environment)
    if status == 0 and not meson_tests(what):
        # Configured before cmocka was there.
        shutil.rmtree(what.folder)
        status, output = run(command, what.environment)
    noise = "\n".join(line for line in output.splitlines() if not line.startswith("[") or "FAILED" in line)
    count.add(f"build {what.name}", status == 0, status != 0, time.monotonic() - began, noise)
    return status == 0


def meson_tests(what):
    status, output = run(["meson", "introspect", "--tests", what.folder])
    return json.loads(output) if status == 0 else []


def lint(count):
    began = time.monotonic()
    status, output = run([PYTHON, os.path.join(ROOT, "tests", "lint", "lint.py")])
    count_summary(count, "lint", status, output, began)


def count_summary(count, name, status, output, began):
    """Counts a program that ends with "N passed, N failed"."""
    found = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    passed, failed = map(int, found[-1]) if found else (0, 0)
    if status != 0 and not failed:
        failed = 1
    count.add(name, passed, failed, time.monotonic() - began, output)


def count_in_c(test):
    """What one executable of the C suites counted itself, or 1."""
    output = test.get("stdout", "") + test.get("stderr", "")
    fine = test["result"] in ("OK", "EXPECTEDFAIL")
    found = re.findall(r"\[  PASSED  \] (\d+) test", output)
    lost = re.findall(r"\[  FAILED  \] (?:tests: )?(\d+) test", output)
    summary = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    if summary:
        found, lost = [summary[-1][0]], [summary[-1][1]]
    passed, failed = sum(map(int, found)), sum(map(int, lost))
    if not fine and not failed:
        failed = 1
    if fine and not passed:
        passed = 1
    return passed, failed, "" if fine else f"--- {test['name']}: {test['result']}\n{output[-8000:]}"


def in_c(count, what, patience=4):
    began = time.monotonic()
    log = os.path.join(what.folder, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    status, output = run(["meson", "test", "-C", what.folder, "--no-rebuild", "--timeout-multiplier", str(patience)],
                         what.run_environment, 225 * patience)
    passed, failed, noise = 0, 0, []
    if os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                one_passed, one_failed, one_noise = count_in_c(json.loads(line))
                passed, failed = passed + one_passed, failed + one_failed
                noise.append(one_noise)
    if (status != 0 and not failed) or not passed + failed:
        failed += 1
        noise.append(output)
    count.add(f"unit and golden, {what.name}", passed, failed, time.monotonic() - began, "\n".join(filter(None, noise)))


def over_http(count, what):
    """The pytest suites, which start their servers from this build's binary."""
    began = time.monotonic()
    if not os.access(what.binary, os.X_OK):
        count.add(f"http, {what.name}", 0, 1, 0, f"there is no {what.binary}")
        return
    suites = [folder for folder in ("http", "leak", "twin", "diff")
              if any(name.startswith("test_") for name in list_folder(os.path.join(ROOT, "tests", folder)))]
    with tempfile.TemporaryDirectory() as scratch:
        report = os.path.join(scratch, "report.xml")
        environment = {**what.run_environment, "BAILIWICK_BINARY": what.binary, "PYTHONDONTWRITEBYTECODE": "1"}
        status, output = run([PYTHON, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
                              f"--junitxml={report}", *(os.path.join("tests", suite) for suite in suites)], environment)
        passed, failed = count_report(report)
    if status != 0 and not failed:
        failed = 1
    count.add(f"http, {what.name}", passed, failed, time.monotonic() - began, output)


def tell_of_races(folder):
    """The environment in which the thread sanitizer writes what it finds into files of this folder, at once: also a
    server that is killed has then told, and one that ends by itself fails."""
    return {"TSAN_OPTIONS": f"halt_on_error=0:exitcode=66:second_deadlock_stack=1:log_path={folder}/races"}


def races(folder):
    """The reports in the folder, which are taken out of it."""
    reports = []
    for path in sorted(glob.glob(os.path.join(folder, "races.*"))):
        with open(path, encoding="utf-8", errors="replace") as text:
            reports += re.findall(r"^WARNING: ThreadSanitizer:.*?^=+$", text.read(), re.MULTILINE | re.DOTALL) or [path]
        os.remove(path)
    return reports


def under_thread_sanitizer(count, what):
    """The C suites, then each file of the HTTP suites by itself, with one server at a time and one report of each."""
    with tempfile.TemporaryDirectory() as scratch:
        what.run_environment = tell_of_races(scratch)
        in_c(count, what, 20)
        found = races(scratch)
        count.add("races, unit and golden", 0, len(found), 0, "\n".join(found))
        for path in sorted(path for suite in ("http", "leak") for path in glob.glob(f"{ROOT}/tests/{suite}/test_*.py")):
            began = time.monotonic()
            report = os.path.join(scratch, "report.xml")
            environment = {**what.run_environment, "BAILIWICK_BINARY": what.binary, "PYTHONDONTWRITEBYTECODE": "1"}
            status, output = run([PYTHON, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
                                  f"--junitxml={report}", path], environment, 3600)
            passed, failed = count_report(report)
            if os.path.exists(report):
                os.remove(report)
            if status != 0 and not failed:
                failed = 1
            found = races(scratch)
            name = f"{os.path.basename(path)}, {len(found)} races"
            count.add(name, passed, failed + len(found), time.monotonic() - began, "\n".join([output, *found]))


def in_node(count, what):
    """The client's tests and the page's in a browser, which start their servers from this build's binary."""
    began = time.monotonic()
    web = os.path.join(ROOT, "tests", "web")
    if not os.path.isdir(os.path.join(web, "node_modules", "playwright-core")):
        status, output = run(["npm", "install", "--prefix", web, "--no-package-lock", "--no-audit", "--no-fund"])
        if status != 0:
            count.add(f"client and page, {what.name}", 0, 1, time.monotonic() - began, output)
            return
    files = sorted(os.path.join(folder, name) for folder in (os.path.join(ROOT, "client", "test"), web)
                   for name in os.listdir(folder) if name.endswith(".test.js"))
    status, output = run(["node", "--test", *files], {**what.run_environment, "BAILIWICK_BINARY": what.binary})
    passed, failed = (int((re.findall(rf"^(?:#|ℹ) {kind} (\d+)$", output, re.MULTILINE) or ["0"])[-1])
                      for kind in ("pass", "fail"))
    if (status != 0 and not failed) or not passed + failed:
        failed += 1
    count.add(f"client and page, {what.name}", passed, failed, time.monotonic() - began, output)


def list_folder(folder):
    return os.listdir(folder) if os.path.isdir(folder) else []


def count_report(path):
    """Passed and failed of a JUnit report; what was skipped is neither. A test whose call and teardown failed is one."""
    if not os.path.exists(path):
        return 0, 0
    passed = failed = 0
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" not in kinds:
            passed += 1
    return passed, failed


def together(*jobs):
    """Runs the jobs at once, one on each core."""
    threads = [threading.Thread(target=job, args=arguments) for job, *arguments in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    options = argparse.ArgumentParser(prog="test", description="Builds and tests everything.")
    options.add_argument("--quick", action="store_true", help="one build, and each suite once")
    options.add_argument("--thread-sanitizer", action="store_true",
                         help="only a build that looks for data races, and the C and HTTP suites on it, one file at a time")
    chosen = options.parse_args()
    quick = chosen.quick
    count = Count()
    if chosen.thread_sanitizer:
        if build(count, THREAD):
            under_thread_sanitizer(count, THREAD)
        return conclude(count)
    lint(count)
    runnable = [what for what in ([PLAIN] if quick else [PLAIN, SANITIZE]) if build(count, what)]
    if not quick:
        build(count, CLANG)
    for what in runnable:
        in_c(count, what)
    together(*((over_http, count, what) for what in runnable))
    for what in runnable[:1]:
        in_node(count, what)
    return conclude(count)


def conclude(count):
    """The last line, and the exit status."""
    print(f"{count.passed} passed, {count.failed} failed")
    return 0 if count.passed and not count.failed else 1


if __name__ == "__main__":
    sys.exit(main())
