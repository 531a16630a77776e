"""What the linked SQLite has and no list of ours names is refused to restricted users: functions with each number of
arguments, modules, pragmas as tables. Python's sqlite3 is linked to the same library, and tells what there is.

Whether what is listed can fail is test_functions.c's.
"""

import pathlib
import re
import sqlite3

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFUSED = ("permission_denied", "not_found")
TABLE_FUNCTIONS = ("json_each", "json_tree")
ANY_ARITY = (0, 1, 2, 3, 5)
OF_THE_REQUEST = ("changes", "last_insert_rowid", "total_changes")  # values of ours in their place, never SQLite's


def listed():
    return set(re.findall(r'^FUNCTION\("([^"]+)"', (ROOT / "sql" / "leakproof.def").read_text(), re.MULTILINE))


def in_library(sql):
    connection = sqlite3.connect(":memory:")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def functions():
    """Name and number of arguments of each."""
    found = set()
    for name, count in in_library("SELECT name, narg FROM pragma_function_list"):
        found |= {(name, one) for one in (ANY_ARITY if count < 0 else (count,))}
    return sorted(found)


def call(name, count):
    return f'"{name}"({", ".join(["free.n", "free.s", "1", "NULL", "2"][:count])})'


def code_of(result):
    return result.get("code", result["status"])


def answers(world, statements):
    """The result objects, in order."""
    found = []
    for start in range(0, len(statements), 500):
        response = world.ask(";\n".join(statements[start:start + 500]))
        assert response.status_code == 200, response.text
        found += response.json()
    assert len(found) == len(statements)
    return found


# Where a function may stand; SQLite resolves names there, whatever it then runs.
PLACES = {
    "a result": "SELECT {} FROM free",
    "a condition": "SELECT 1 FROM free WHERE {}",
    "an order": "SELECT n FROM free ORDER BY {}",
    "a window": "SELECT {} OVER (ORDER BY n) FROM free",
    "a filter": "SELECT count(*) FILTER (WHERE {}) FROM free",
    "a sub-select": "SELECT (SELECT max({}) FROM free)",
    "what never runs": "SELECT CASE WHEN 0 THEN {} END FROM free",
    "a value to insert": "INSERT INTO free (s) SELECT {} FROM free WHERE 0",
    "an assignment": "UPDATE free SET s = {} WHERE 0",
    "a look back": "DELETE FROM free WHERE 0 RETURNING {}",
}


@pytest.mark.parametrize("place", PLACES)
def test_functions_in_no_list(canaries, place):
    unlisted = [(name, count) for name, count in functions() if name not in listed() and name not in OF_THE_REQUEST]
    assert len(unlisted) > 20
    got = answers(canaries, [PLACES[place].format(call(name, count)) for name, count in unlisted])
    wrong = [(name, count, result) for (name, count), result in zip(unlisted, got) if code_of(result) not in REFUSED]
    assert not wrong, wrong


@pytest.mark.parametrize("name", OF_THE_REQUEST)
def test_functions_of_the_request(canaries, name):
    """Nothing was changed in the request, whatever its connection did for others."""
    assert name not in listed()
    (result,) = answers(canaries, [f"SELECT {name}() AS value"])
    assert result["result"] == [{"value": 0}]
    (result,) = answers(canaries, [f"SELECT {name}(1) AS value"])
    assert result["status"] == "ERR"


def test_functions_in_the_list_are_there(canaries):
    """So that the test above refuses functions, and not everything."""
    library = [(name, count) for name, count in functions() if name in listed()]
    got = answers(canaries, [f"SELECT {call(name, count)} FROM free LIMIT 0" for name, count in library])
    refused = {name for (name, _), result in zip(library, got) if code_of(result) in REFUSED}
    # some take no such number of arguments, or want OVER or MATCH: then SQLite says so, and no list of ours
    assert not refused - {"bm25", "highlight", "snippet"}, refused
    assert sum(code_of(result) == "OK" for result in got) > len(library) / 2


def test_the_own_functions_of_the_rewriter(canaries):
    own = ["_bailiwick_check(0)", "_bailiwick_allow(0)", "_bailiwick_mark()", "_bailiwick_marked()"]
    for statement in [f"SELECT {one} FROM free" for one in own]:
        for result in answers(canaries, [statement]):
            assert code_of(result) in REFUSED, (statement, result)


def test_modules(canaries):
    """No table-valued function but two, and no virtual table can be named by its module."""
    modules = [name for (name,) in in_library("SELECT name FROM pragma_module_list") if name not in TABLE_FUNCTIONS]
    assert "dbstat" in modules or "fts5" in modules
    forms = ["SELECT * FROM {}", "SELECT * FROM {}('main')", "SELECT count(*) FROM main.{}", "SELECT 1 IN {}"]
    statements = [form.format(name) for name in modules for form in forms]
    wrong = [pair for pair in zip(statements, answers(canaries, statements)) if code_of(pair[1]) not in REFUSED]
    assert not wrong, wrong


def test_pragmas_as_tables(canaries):
    pragmas = [name for (name,) in in_library("PRAGMA pragma_list")]
    assert len(pragmas) > 30
    forms = ["SELECT * FROM pragma_{}", "SELECT * FROM pragma_{}('free')", "SELECT count(*) FROM main.pragma_{}"]
    statements = [form.format(name) for name in pragmas for form in forms] + [f"PRAGMA {name}" for name in pragmas]
    wrong = [pair for pair in zip(statements, answers(canaries, statements)) if code_of(pair[1]) not in REFUSED]
    assert not wrong, wrong


def test_table_functions_that_are_listed(canaries):
    for name in TABLE_FUNCTIONS:
        (result,) = answers(canaries, [f"SELECT key, value FROM {name}('[1, 2]') WHERE key IS NOT NULL"])
        assert result["status"] == "OK" and len(result["result"]) == 2, result
