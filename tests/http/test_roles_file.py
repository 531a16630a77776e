"""Roles from a file: what they become, what of the file is refused and where, and that nothing is half done."""

import contextlib
import pathlib
import tempfile

import client
import pytest
from expect import code, codes, rows

SCHEMA = """CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, salary TEXT); INSERT INTO person VALUES (1, 'ada', '111', 'hidden');
            CREATE TABLE sales (id INTEGER PRIMARY KEY, amount INTEGER); CREATE VIEW totals AS SELECT sum(amount) AS total FROM sales"""
FILE = """# who may do what
namespace: acme
boss:
  super_user: true
builder:
  structure_user: [shop, other]
maker: {structure_user: true, super_user: false}
analyst:
  shop:
    sales: {read: true, insert: false}
    person:
      read: true
      update: true
      attributes:
        name: {read: true}
        phone: {read: true, update: true}
  other:
    sales: {read: true, insert: true, update: true, delete: true}
"""
ON_NAMESPACE = {
    "boss": 'DEFINE ROLE "boss" ON NAMESPACE ROLES "owner"',
    "builder": 'DEFINE ROLE "builder" ON NAMESPACE ROLES "structure"("shop", "other")',
    "maker": 'DEFINE ROLE "maker" ON NAMESPACE ROLES "structure"',
    "analyst": 'DEFINE ROLE "analyst" ON NAMESPACE PERMISSIONS NONE',
}
IN_SHOP = {"analyst": 'DEFINE ROLE "analyst" ON DATABASE PERMISSIONS TABLE "sales" FOR select FULL, TABLE "person" FOR select, update FULL '
                      'FIELDS ("name" FOR select FULL, "phone" FOR select, update FULL)'}


@pytest.fixture
def folder():
    """A data folder with the databases shop and other in acme, and a path for a file of roles."""
    with tempfile.TemporaryDirectory(prefix="bailiwick-") as path:
        path = pathlib.Path(path)
        with client.running(data=path / "data") as server:
            server.make_database("acme", "shop", SCHEMA)
            server.make_database("acme", "other", SCHEMA)
            server.make_database("else", "shop", SCHEMA)
        yield path


def write(folder, text, name="roles.yaml"):
    (folder / name).write_text(text)
    return str(folder / name)


@contextlib.contextmanager
def serving(folder, text, *options):
    with client.running("--roles", write(folder, text), *options, data=folder / "data") as server:
        yield server


def roles_of(server, what, db="shop", ns="acme"):
    return rows(server.root(f"INFO FOR {what}", ns, db))[0]["roles"]


def refusal(folder, *arguments):
    """What a start says that fails."""
    with pytest.raises(RuntimeError) as raised:
        with client.running(*arguments, data=folder / "data"):
            pass
    return str(raised.value)


def test_what_it_makes(folder):
    with serving(folder, FILE) as server:
        assert roles_of(server, "NS") == ON_NAMESPACE and roles_of(server, "DB") == IN_SHOP
        assert roles_of(server, "DB", "other") == {"analyst": 'DEFINE ROLE "analyst" ON DATABASE PERMISSIONS TABLE "sales" FULL'}
        assert roles_of(server, "NS", ns="else") == {} and roles_of(server, "DB", ns="else") == {}
        server.root_ok("""DEFINE LOGIN ann ON NAMESPACE PASSWORD 'a long one' ROLES analyst;
                          DEFINE LOGIN bob ON NAMESPACE PASSWORD 'a long one' ROLES builder;
                          DEFINE LOGIN eve ON NAMESPACE PASSWORD 'a long one' ROLES boss;
                          DEFINE LOGIN ann ON DATABASE PASSWORD 'a long one' ROLES analyst""", "acme", "shop")
        ask = lambda user, sql, db="shop", **keys: server.sql(sql, token=server.token(NS="acme", user=user, **{"pass": "a long one"}, **keys), ns="acme", db=db)
        assert rows(ask("ann", "SELECT * FROM person")) == [{"id": 1, "name": "ada", "phone": "111"}]
        assert rows(ask("ann", "SELECT * FROM person", DB="shop")) == [{"id": 1, "name": "ada", "phone": "111"}]
        assert codes(ask("ann", "INSERT INTO sales (amount) VALUES (1); SELECT * FROM person", "other")) == ["OK", "not_found"]
        assert codes(ask("ann", "UPDATE person SET phone = 'x'; UPDATE person SET name = 'x'; SELECT salary FROM person")) == [
            "OK", "permission_denied", "not_found"]
        assert codes(ask("bob", "CREATE TABLE x (a); SELECT * FROM x; DROP TABLE x")) == ["OK", "not_found", "OK"]
        assert codes(ask("eve", "SELECT * FROM person; DEFINE LOGIN x ON NAMESPACE PASSWORD 'a long one'; INFO FOR ROOT")) == [
            "OK", "OK", "permission_denied"]


def test_the_same_again_changes_nothing_and_what_differs_is_brought_in_line(folder):
    with serving(folder, FILE):
        pass
    with serving(folder, FILE) as server:
        assert roles_of(server, "NS") == ON_NAMESPACE and roles_of(server, "DB") == IN_SHOP
        server.root_ok("""DEFINE ROLE OVERWRITE analyst ON DATABASE PERMISSIONS TABLE person FULL; REMOVE ROLE boss ON NAMESPACE;
                          DEFINE ROLE by_hand ON DATABASE PERMISSIONS TABLE person FULL; DEFINE ROLE by_hand ON NAMESPACE PERMISSIONS NONE""", "acme", "shop")
    with serving(folder, FILE) as server:
        kept = roles_of(server, "DB").pop("by_hand")
        assert roles_of(server, "DB") == IN_SHOP | {"by_hand": kept} and "person" in kept
        assert roles_of(server, "NS").items() > ON_NAMESPACE.items()
    # the file says no more of `other`
    with serving(folder, FILE[:FILE.index("  other:\n")]) as server:
        assert roles_of(server, "DB", "other") == {} and "analyst" in roles_of(server, "DB")
    with client.running(data=folder / "data") as server:
        assert "analyst" in roles_of(server, "DB")


BAD = [
    ("analyst:\n  shop:\n    nowhere: {read: true}\n", "3: analyst.shop.nowhere: no such table: nowhere"),
    ("analyst:\n  shop:\n    sales:\n      read: true\n      attributes:\n        id: {read: true}\n        nowhere: {read: true}\n",
     "7: analyst.shop.sales.attributes.nowhere: no such column: nowhere"),
    ("analyst:\n  nowhere:\n    sales: {read: true}\n", "2: analyst.nowhere: no such database: nowhere"),
    ("b:\n  structure_user: [shop, nowhere]\n", "2: b.structure_user: no such database: nowhere"),
    ("viewer:\n  shop:\n    sales: {read: true}\n", "1: viewer: the role viewer is built in"),
]
BAD_FORM = [
    ("a:\n  shop:\n    sales:\n      attributes:\n        id: {read: true}\n", "5: a.shop.sales.attributes.id.read: this gives what its table does not"),
    ("a: 1\n", "1: a: a mapping of super_user"), ("- a\n", "1: a mapping of roles"), ("a:\n", "1: a: a mapping"), ("a: {}\n", "1: a: a mapping"),
    ("a:\n  super_user: yes\n", "2: a.super_user: this is either true or false"),
    ("a:\n  super_user: 'true'\n", "2: a.super_user: this is either"), ("a:\n  super_user: [true]\n", "2: a.super_user: this is either"),
    ("a:\n  super_user: true\n  shop:\n    sales: {read: true}\n", "2: a.super_user: who is super_user"),
    ("a:\n  structure_user: all\n", "2: a.structure_user: this is true, false or a list"),
    ("a:\n  structure_user: []\n", "2: a.structure_user: the list is empty"), ("a:\n  structure_user: ['../x']\n", "2: a.structure_user: an item"),
    ("a:\n  structure_user: [[shop]]\n", "2: a.structure_user: an item"), ("a:\n  'sh op':\n    sales: {read: true}\n", "2: a.sh op: no database"),
    ("a:\n  shop: [sales]\n", "2: a.shop: a mapping of tables"), ("a:\n  shop:\n    sales: [read]\n", "3: a.shop.sales: a mapping of rights"),
    ("a:\n  shop:\n    sales: {raed: true}\n", "3: a.shop.sales.raed: this is no right"), ("a:\n  shop:\n    sales: {read: 1}\n", "3: a.shop.sales.read: this is either"),
    ("a:\n  shop:\n    sales:\n      read: true\n      attributes: {}\n", "5: a.shop.sales.attributes: a mapping of attributes"),
    ("a:\n  shop:\n    sales:\n      attributes:\n        id: {delete: true}\n", "5: a.shop.sales.attributes.id.delete: delete belongs to tables"),
    ("a:\n  shop:\n    sales: {read: true, read: false}\n", "3: the key read is there twice"), ("a: &x {super_user: true}\nb: *x\n", "1: "),
    ("namespace: 'a b'\n", "1: namespace: this is no name"), ("namespace: [acme]\n", "1: namespace: this is no name"), ("a: [\n", "2: did not find"),
    ("a:\n  super_user: true\nA:\n  super_user: true\n", "3: A: this role is in"),
]


@pytest.fixture(scope="module")
def untouched():
    """A data folder on which nothing of this module comes to anything."""
    with tempfile.TemporaryDirectory(prefix="bailiwick-") as path:
        path = pathlib.Path(path)
        with client.running(data=path / "data") as server:
            server.make_database("acme", "shop", SCHEMA)
        yield path
        with client.running(data=path / "data") as server:
            assert roles_of(server, "DB") == {} and roles_of(server, "NS") == {}


@pytest.mark.parametrize("text, message", BAD)
def test_a_fault_names_its_place_and_stops_the_start(untouched, text, message):
    """A role of the file that is fine is not made either."""
    path = write(untouched, "fine:\n  shop:\n    sales: {read: true}\n" + text)
    line, rest = message.split(":", 1)
    message = f"{path}:{int(line) + 3}:{rest}"
    assert message in refusal(untouched, "--roles", path, "--roles-namespace", "acme")
    done = client.run("check-roles", "--data", str(untouched / "data"), "--roles-namespace", "acme", path)
    assert done.returncode == 1 and done.stderr.startswith(message) and done.stderr.count("\n") == 1, done.stderr
    # its form is right
    assert client.run("check-roles", path).returncode == 0


@pytest.mark.parametrize("text, message", BAD_FORM)
def test_a_fault_of_form(untouched, text, message):
    path = write(untouched, text)
    done = client.run("check-roles", path)
    assert done.returncode == 1 and done.stderr.startswith(f"{path}:{message}") and done.stderr.count("\n") == 1, done.stderr


def test_a_fault_of_form_stops_the_start(untouched):
    path = write(untouched, FILE + "x:\n  shop:\n    sales: {read: maybe}\n")
    assert f"{path}:21: x.shop.sales.read: this is either true or false" in refusal(untouched, "--roles", path)


def test_a_fault_in_a_later_file_undoes_the_earlier_one(folder):
    one, two = write(folder, FILE, "one.yaml"), write(folder, BAD[0][0], "two.yaml")
    assert f"{two}:3: analyst.shop.nowhere" in refusal(folder, "--roles", f"{one},{two}", "--roles-namespace", "else")
    with client.running(data=folder / "data") as server:
        assert roles_of(server, "DB") == {} and roles_of(server, "NS") == {}


def test_several_files(folder):
    one, two = write(folder, FILE, "one.yaml"), write(folder, "reader:\n  shop:\n    sales: {read: true}\n", "two.yaml")
    with client.running("--roles", f"{one},{two}", "--roles-namespace", "else", data=folder / "data") as server:
        assert list(roles_of(server, "DB", ns="else")) == ["reader"] and list(roles_of(server, "DB")) == ["analyst"]
    two = write(folder, "namespace: ACME\nanalyst:\n  shop:\n    sales: {read: true}\n", "two.yaml")
    assert f"{two}:2: analyst: this role is in {one}, line 8 too" in refusal(folder, "--roles", f"{one},{two}")


def test_environment_and_config_file(folder):
    path = write(folder, FILE)
    with client.running(data=folder / "data", environment={"BAILIWICK_ROLES": path}) as server:
        assert roles_of(server, "DB") == IN_SHOP
        server.root_ok("REMOVE ROLE analyst ON DATABASE", "acme", "shop")
    config = folder / "config.yaml"
    config.write_text(f"roles: [{path}]\n")
    with client.running("--config", str(config), data=folder / "data") as server:
        assert roles_of(server, "DB") == IN_SHOP


def test_missing_file_namespace_and_folder(folder):
    assert "cannot be read" in refusal(folder, "--roles", str(folder / "nowhere.yaml"))
    text = "a:\n  super_user: true\n"
    assert "--roles-namespace" in refusal(folder, "--roles", write(folder, text))
    assert "no such namespace" in refusal(folder, "--roles", write(folder, text), "--roles-namespace", "nowhere")
    done = client.run("check-roles", "--data", str(folder / "nowhere"), write(folder, FILE))
    assert done.returncode == 1 and "is no data folder" in done.stderr and not (folder / "nowhere").exists()
    assert client.run("check-roles").returncode == 2 and client.run("check-roles", "--bind", "x", "y").returncode == 2


def test_check_writes_nothing_and_keeps_out_of_a_running_server(folder):
    path = write(folder, FILE)
    assert client.run("check-roles", "--data", str(folder / "data"), path).returncode == 0
    with client.running(data=folder / "data") as server:
        assert roles_of(server, "DB") == {} and roles_of(server, "NS") == {}
        done = client.run("check-roles", "--data", str(folder / "data"), path)
        assert done.returncode == 1 and done.stderr.count("\n") == 1


def test_a_role_that_goes_ends_at_once(folder):
    with serving(folder, FILE) as server:
        server.root_ok("DEFINE LOGIN ann ON NAMESPACE PASSWORD 'a long one' ROLES analyst", "acme", "shop")
        token = server.token(NS="acme", user="ann", **{"pass": "a long one"})
    with serving(folder, "namespace: acme\nanalyst:\n  other:\n    sales: {read: true}\n") as server:
        assert code(server.sql("SELECT * FROM person", token=token, ns="acme", db="shop")) == "permission_denied"
        assert code(server.sql("SELECT * FROM sales", token=token, ns="acme", db="other")) == "OK"
