"""The same over examples/blog as it is shipped: its schema, its data, two more people who sign up, and theirs.

TWIN_BLOG (default 1000) random SELECTs; TWIN_SEED makes them again.
"""

import os
import pathlib

import compare_reads
from declarations import read_schema
from place import Place

COUNT = int(os.environ.get("TWIN_BLOG", "1000"))
SEED = int(os.environ.get("TWIN_SEED", "1"))
BLOG = pathlib.Path(__file__).resolve().parents[2] / "examples" / "blog"
# What the two have: 1 and 2 are the people of data.sql, 9 is nobody who signs in here.
MORE = """
INSERT INTO user (id, email, password, name, phone) VALUES (9, 'eve@example.com', 'none', 'Eve', '+1 9');
UPDATE user SET phone = '+46 3' WHERE id = :carl;
INSERT INTO circle (id, owner, name) VALUES (2, :carl, 'Red'), (3, 9, 'a'), (4, :dora, 'Note');
INSERT INTO member (circle, person) VALUES (1, :carl), (2, :dora), (2, 9), (3, 9), (3, :dora), (4, 1);
INSERT INTO post (author, circle, title, body, draft) VALUES
    (:carl, NULL, 'a', 'x1', 0), (:carl, 2, 'b%', 'secret', 1), (:carl, NULL, '10', '', 1),
    (:dora, 4, 'Ab_c', '5', 1), (:dora, NULL, 'x1', 'a', 0), (9, 3, 'hidden', '7', 1), (9, NULL, 'hidden', '8', 1);
INSERT INTO comment (post, author, body) VALUES
    (2, 9, 'hidden'), (3, 1, 'hidden'), (5, :dora, 'hi'), (6, :carl, '5'), (6, 9, 'a'), (8, :dora, '10'), (10, 9, '2'),
    (11, 9, 'hidden'), (1, :carl, 'b'), (9, 9, 'Note');
"""


def blog_place(server):
    text = (BLOG / "schema.sql").read_text(encoding="utf-8")
    server.root_ok(text)
    server.root_ok((BLOG / "data.sql").read_text(encoding="utf-8"))
    place = Place(server, read_schema(text), "blog")
    place.where = {"ns": "demo", "db": "blog"}
    tokens = {
        name: server.new_token(
            NS="demo", DB="blog", SC="account", email=f"{name}@example.com", password="a long one", name=name
        ) for name in ("carl", "dora")
    }
    ids = {}
    for name in tokens:
        ids[name] = server.root_ok(f"SELECT id FROM user WHERE email = '{name}@example.com'", **place.where)[0][0]["id"]
    server.root_ok(MORE, vars=ids, **place.where)
    for name, token in tokens.items():
        place.add_user(token, f"{name}@example.com")
    return place


def test_random_selects_over_the_blog_agree_with_the_filtered_twin(server):
    place = blog_place(server)
    rules = [rule for table in place.schema.tables for rule in (table.select, table.create, table.update, table.delete)]
    assert all("$auth.id" in rule or rule in ("FULL", "NONE") for rule in rules) and len(rules) == 20
    report, refused, statements = compare_reads.compare(place, SEED, COUNT)
    assert not report, report
    assert sum(refused.values()) < 0.03 * statements, f"too many statements are refused: {refused}"
