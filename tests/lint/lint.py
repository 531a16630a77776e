"""The rules of the source tree that no compiler checks. Each rule is one check; the last line is "N passed, N failed"."""

import concurrent.futures
import fnmatch
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAYERS = ["base", "sql", "storage", "auth", "server"]
# A third-party header: the one folder or file that may include it. An exact file stands before the folder's.
HOMES = {
    r"sqlite3\w*\.h": "storage/*",
    r"civetweb\.h": "server/http.c",
    r"jwt\.h": "auth/token.c",
    r"(cjson/)?cJSON\w*\.h": "base/json.c",
    r"(mbedtls|psa)/.*\.h": "base/*",
    r"openssl/.*\.h": "server/tls*",
    r"argon2\.h": "auth/password.c",
    r"yaml\.h": "base/yaml.c",
}
LINES_MAX = 500
BANNED = r"\b(strcpy|strcat|v?sprintf|gets)\s*\("
ALWAYS_FAILS = r"(\w+_)?(fail|refuse|translate|hand_on)(_|$)"
# In pieces, so that this file keeps its own rules.
UNFINISHED = r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b"
MACHINE = r"(?<![\w.$}/])/(work|home|farm|root|Users)[/\w-]"


def list_files():
    """The tree's files, but for what git ignores, as paths from the root."""
    listing = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listing.returncode == 0:
        paths = sorted(set(listing.stdout.splitlines()))
        return [path for path in paths if os.path.isfile(os.path.join(ROOT, path))]
    paths = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith((".", "build", "__pycache__", "bailiwick-data"))]
        paths += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(paths)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    """C without comments, with as many lines."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda found: "\n" * found.group().count("\n"), text, flags=re.DOTALL)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def is_c(path):
    return path.endswith((".c", ".h"))


def is_ours(path):
    """C of the product itself, not of its tests."""
    return is_c(path) and path.split("/")[0] in LAYERS


class Tree:
    def __init__(self):
        self.paths = list_files()
        self.texts = {}
        for path in self.paths:
            try:
                self.texts[path] = read(path)
            except UnicodeDecodeError:
                continue

    def search(self, pattern, wanted):
        """Each match in the files that are wanted: path, line, match."""
        for path, text in self.texts.items():
            if wanted(path):
                for found in re.finditer(pattern, text, re.MULTILINE):
                    yield path, line_of(text, found.start()), found

    def includes(self):
        for path, line, found in self.search(r'^\s*#\s*include\s+["<]([^">]+)[">]', is_ours):
            yield path, line, found.group(1)


def layers(tree):
    """Include only to the left: base, sql, storage, auth, server."""
    for path, line, header in tree.includes():
        own, other = path.split("/")[0], header.split("/")[0]
        if "/" in header and other in LAYERS and LAYERS.index(other) > LAYERS.index(own):
            yield f"{path}:{line}: {own} must not include {header}"


def third_party_homes(tree):
    """Each third-party header has one home."""
    for path, line, header in tree.includes():
        for pattern, home in HOMES.items():
            if re.fullmatch(pattern, header) and not fnmatch.fnmatch(path, home):
                yield f"{path}:{line}: {header} is included in {home} only"


def guide_of(path, readmes):
    """The README that has to name a file: that of its folder, or of the nearest folder above."""
    folder = os.path.dirname(path)
    while folder:
        if folder + "/README.md" in readmes:
            return folder + "/README.md"
        folder = os.path.dirname(folder)
    return None


def is_named(path, guide, text):
    name = os.path.relpath(path, os.path.dirname(guide))
    stem = os.path.splitext(name)[0]
    words = re.findall(r"`([^`\n]+)`|\]\(([^)\s]+)\)", text)
    return any(fnmatch.fnmatch(name, word) or word == stem for pair in words for word in pair if word)


def readmes(tree):
    """Each folder has a README that names every file in it."""
    found = {path: text for path, text in tree.texts.items() if os.path.basename(path) == "README.md"}
    folders = {path.split("/")[0] for path in tree.paths if "/" in path and not path.startswith(".")}
    for folder in sorted(folders):
        if folder + "/README.md" not in found:
            yield f"{folder}/: no README.md"
    for path in tree.paths:
        name = os.path.basename(path)
        if "/" not in path or path.startswith(".") or name in ("README.md", "meson.build"):
            continue
        guide = guide_of(path, found)
        if guide and not is_named(path, guide, found[guide]):
            yield f"{path}: not named in {guide}"


def links(tree):
    """Each link from one of our texts to another leads somewhere."""
    for path, line, found in tree.search(r"\]\(([^)\s:#]+)(#[^)]*)?\)", lambda path: path.endswith(".md")):
        target = os.path.normpath(os.path.join(ROOT, os.path.dirname(path), found.group(1)))
        if not os.path.exists(target):
            yield f"{path}:{line}: {found.group(1)} is not there"


def short_files(tree):
    """No file of C is longer than a reader's patience."""
    for path, text in tree.texts.items():
        if is_ours(path) and text.count("\n") > LINES_MAX:
            yield f"{path}: {text.count(chr(10))} lines, more than {LINES_MAX}"


def finished(tree):
    """Nothing is left for later."""
    for path, line, found in tree.search(UNFINISHED, lambda path: True):
        yield f"{path}:{line}: {found.group()}"


def no_machine(tree):
    """No path of somebody's machine."""
    for path, line, found in tree.search(MACHINE, lambda path: path != "LICENSE"):
        yield f"{path}:{line}: {found.group()}"


def header_guards(tree):
    """A header's guard is its path."""
    for path, text in tree.texts.items():
        if path.endswith(".h") and is_c(path):
            guard = re.sub(r"[/.-]", "_", path).upper()
            if not re.search(rf"^#ifndef {guard}\n#define {guard}$", text, re.MULTILINE):
                yield f"{path}: no header guard {guard}"


def banned_functions(tree):
    """Functions that cannot be used rightly are not used."""
    for path, text in tree.texts.items():
        if is_c(path):
            code = without_comments(text)
            for found in re.finditer(BANNED, code):
                yield f"{path}:{line_of(code, found.start())}: {found.group(1)}"


def must_check(tree):
    """What can fail says so to the compiler; not what always does, which is there to be returned."""
    declaration = r"^(?!typedef|static)[\w ]*?(?:\bbool\s+|\*\s*)(\w+)\(([^;{}]*?)\bstruct error \*\w+\)([^;{}]*);"
    for path, text in tree.texts.items():
        if path.endswith(".h") and is_ours(path):
            code = without_comments(text)
            for found in re.finditer(declaration, code, re.MULTILINE):
                always_fails = re.match(ALWAYS_FAILS, found.group(1))
                if "MUST_CHECK" not in found.group() and not always_fails:
                    yield f"{path}:{line_of(code, found.start())}: {found.group(1)} is not MUST_CHECK"


def whole_lines(tree):
    """Text ends with a line feed, and no line with a blank."""
    for path, text in tree.texts.items():
        if path == "LICENSE" or path.startswith("tests/sql/") and not is_c(path):
            continue
        if text and not text.endswith("\n"):
            yield f"{path}: the last line does not end"
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield f"{path}:{number}: a blank at the end of the line"
                break


def layout(tree):
    """C is laid out as clang-format says, where that is installed."""
    tool = shutil.which("clang-format")
    if not tool:
        return

    def differs(path):
        done = subprocess.run([tool, "--dry-run", "-Werror", "--ferror-limit=1", path], cwd=ROOT, capture_output=True)
        return path if done.returncode else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path in pool.map(differs, [path for path in tree.paths if is_c(path)]):
            if path:
                yield f"{path}: clang-format -i {path}"


RULES = [layers, third_party_homes, readmes, links, short_files, finished, no_machine, header_guards,
         banned_functions, must_check, whole_lines, layout]


def main():
    tree = Tree()
    failed = 0
    for rule in RULES:
        problems = list(rule(tree))
        for problem in problems:
            print(f"lint: {problem}")
        if problems:
            print(f"lint: broken: {rule.__doc__}")
            failed += 1
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
