import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { AuthenticationError, connect, ConnectionError, join, PermissionError, raw, RequestError, sql, StatementError } from "../src/index.js";
import { ROOT, startServer } from "./server.js";

const PLACE = { ns: "test", db: "test" };
let server;
let root;

before(async () => {
  server = await startServer();
  root = connect(server.url, PLACE);
  const maker = connect(server.url);
  await maker.signin(ROOT);
  await maker.query("DEFINE NAMESPACE test; USE NS test; DEFINE DATABASE test");
  root.authenticate(maker.token);
  await root.query(`
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, password TEXT NOT NULL);
    CREATE TABLE note (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, text TEXT, is_public INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE kept (id INTEGER PRIMARY KEY, value);
    DEFINE TABLE note PERMISSIONS FOR select WHERE person = $auth.id OR is_public, FOR create, update, delete WHERE person = $auth.id;
    DEFINE SCOPE person SESSION 1h WITH REFRESH 7d
      SIGNUP (INSERT INTO person (name, password) VALUES ($name, password_hash($password)) RETURNING id)
      SIGNIN (SELECT id FROM person WHERE name = $name AND password_verify($password, password))`);
});

after(() => server.stop());

let number = 0;

async function somebody(options) {
  const db = connect(server.url, { ...PLACE, scope: "person", ...options });
  await db.signup({ name: `somebody${++number}`, password: "correct horse" });
  return db;
}

test("sign up, write, read, sign out", async () => {
  const db = await somebody();
  assert.equal(db.isSignedIn, true);
  assert.equal(db.claims.SC, "person");
  const inserted = await db.sql`INSERT INTO note (person, text) VALUES (${db.claims.ID}, ${"hello"}) RETURNING text`;
  assert.deepEqual([...inserted], [{ text: "hello" }]);
  assert.equal(inserted.changes, 1);
  assert.deepEqual([...(await db.sql`SELECT text FROM note`)], [{ text: "hello" }]);
});

test("sign in with a wrong password", async () => {
  const db = connect(server.url, { ...PLACE, scope: "person" });
  await assert.rejects(db.signin({ name: "nobody", password: "wrong" }), (error) => {
    assert.ok(error instanceof AuthenticationError);
    assert.equal(error.status, 401);
    assert.match(error.requestId, /^[0-9a-f]{16}$/);
    return true;
  });
  assert.equal(db.isSignedIn, false);
  await assert.rejects(db.sql`SELECT 1`, AuthenticationError);
});

test("what is bound is never spliced", async () => {
  const hostile = `'); DROP TABLE note; --`;
  const [row] = await root.sql`SELECT ${hostile} AS text, ${null} AS none, ${undefined} AS empty, ${true} AS yes`;
  assert.deepEqual(row, { text: hostile, none: null, empty: null, yes: 1 });
});

test("statements within statements", async () => {
  const condition = sql`a > ${1} AND a < ${4}`;
  const rows = await root.sql`WITH t (a) AS (VALUES (1), (2), (3), (${4}), (5))
    SELECT a FROM t WHERE ${condition} OR a IN (${join([4, 5])}) ORDER BY ${raw("a DESC")}`;
  assert.deepEqual(rows.map((row) => row.a), [5, 4, 3, 2]);
  assert.deepEqual([...(await root.sql`SELECT 1 AS a WHERE 1 IN (${join([])})`)], []);
});

test("integers of 64 bits", async () => {
  const large = 9223372036854775807n;
  const [row] = await root.sql`SELECT ${large} AS large, ${-large - 1n} AS least, ${2 ** 53 - 1} AS safe, 1.5 AS real,
    '"9223372036854775807' AS text, 1e300 AS far`;
  assert.deepEqual(row, { large, least: -large - 1n, safe: 2 ** 53 - 1, real: 1.5, text: '"9223372036854775807', far: 1e300 });
  const [always] = await connect(server.url, { ...PLACE, bigint: true }).authenticate(root.token).sql`SELECT 1 AS a, 1.0 AS b`;
  assert.deepEqual(always, { a: 1n, b: 1 });
  const [never] = await connect(server.url, { ...PLACE, bigint: false }).authenticate(root.token).sql`SELECT ${large} AS a`;
  assert.deepEqual(never, { a: Number(large) });
  await assert.rejects(root.sql`SELECT ${NaN}`, TypeError);
});

test("bytes, texts and documents", async () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
  await root.sql`INSERT INTO kept VALUES (1, ${bytes}), (2, ${new Uint8Array()}), (3, ${"\u0001\ud83d\ude00\"\\"}), (4, ${{ a: [1n, "x"] }})`;
  const rows = await root.sql`SELECT value FROM kept ORDER BY id`;
  assert.deepEqual(rows[0].value, bytes);
  assert.deepEqual(rows[1].value, new Uint8Array());
  assert.equal(rows[2].value, "\u0001\ud83d\ude00\"\\");
  assert.deepEqual(JSON.parse(rows[3].value), { a: [1, "x"] });
  const [forged] = await root.sql`SELECT '{"$integer":"5"}' AS a, '{"$base64":"AA=="}' AS b`;
  assert.deepEqual(forged, { a: '{"$integer":"5"}', b: '{"$base64":"AA=="}' });
});

test("a document that is bound keeps bytes apart", async () => {
  const [row] = await root.sql`SELECT typeof(${new Uint8Array([1])}) AS bytes, typeof(${[1, 2]}) AS list, ${new Date(0)} AS time`;
  assert.deepEqual(row, { bytes: "blob", list: "text", time: "1970-01-01T00:00:00.000Z" });
});

test("errors say what and where", async () => {
  await assert.rejects(root.query("SELECT 1;\nSELEC 2"), (error) => {
    assert.ok(error instanceof RequestError);
    assert.deepEqual([error.status, error.line, error.column], [400, 2, 1]);
    return true;
  });
  await assert.rejects(root.query("SELECT 1 AS a; SELECT * FROM nowhere; SELECT 3"), (error) => {
    assert.ok(error instanceof StatementError);
    assert.equal(error.code, "not_found");
    assert.equal(error.index, 1);
    assert.deepEqual(error.results.map((rows) => [...rows]), [[{ a: 1 }]]);
    return true;
  });
  const db = await somebody();
  await assert.rejects(db.sql`INSERT INTO note (person, text) VALUES (${-1}, 'not mine')`, PermissionError);
  await assert.rejects(connect("http://127.0.0.1:1").sql`SELECT 1`, (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.code, "connection");
    return true;
  });
});

test("what may not be changed is counted, or fails when strict", async () => {
  const [mine, other] = [await somebody(), await somebody()];
  await other.sql`INSERT INTO note (person, text, is_public) VALUES (${other.claims.ID}, 'public', 1)`;
  const [rows] = await mine.query("UPDATE note SET text = 'changed'");
  assert.equal(rows.changes, 0);
  assert.equal(rows.denied, 1);
  await assert.rejects(mine.query("UPDATE note SET text = 'changed'", {}, { strict: true }), PermissionError);
});

test("transactions are all or nothing", async () => {
  const db = await somebody();
  const id = db.claims.ID;
  const [first, second] = await db.transaction([
    sql`INSERT INTO note (person, text) VALUES (${id}, ${"one"}) RETURNING text`,
    sql`SELECT count(*) AS count FROM note WHERE person = ${id}`,
  ]);
  assert.deepEqual([...first], [{ text: "one" }]);
  assert.deepEqual([...second], [{ count: 1 }]);
  const failing = db.transaction((add) => {
    add(sql`INSERT INTO note (person, text) VALUES (${id}, ${"two"})`);
    add(sql`INSERT INTO note (person, text) VALUES (${-1}, ${"three"})`);
  });
  await assert.rejects(failing, (error) => error instanceof PermissionError && error.index === 1);
  assert.equal((await db.sql`SELECT * FROM note WHERE person = ${id}`).length, 1);
});

test("a request can be given up", async () => {
  const controller = new AbortController();
  const slow = root.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", {}, { signal: controller.signal });
  controller.abort();
  await assert.rejects(slow, { name: "AbortError" });
});

test("tokens are kept where the page wants", async () => {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
  const db = await somebody({ storage });
  const again = connect(server.url, { ...PLACE, storage });
  assert.equal(again.token, db.token);
  assert.equal((await again.sql`SELECT 1 AS a`)[0].a, 1);
  kept.set([...kept.keys()][0], "no JSON");
  assert.equal(connect(server.url, { ...PLACE, storage }).isSignedIn, false);
  const forbidden = { getItem: () => { throw new Error("forbidden"); }, setItem: () => { throw new Error("forbidden"); }, removeItem() {} };
  assert.equal((await somebody({ storage: forbidden })).isSignedIn, true);
});

test("tokens are renewed, and ended, on the server", async () => {
  const db = await somebody();
  const name = `somebody${number}`;
  const first = db.token;
  const kept = connect(server.url, PLACE).authenticate(first);
  db.authenticate(first.replace(/[^.]+$/, "AAAA"), await refreshTokenOf(name)); // one that the server refuses
  assert.equal((await db.sql`SELECT 1 AS a`)[0].a, 1);
  assert.notEqual(db.token, first);
  const other = connect(server.url, { ...PLACE, scope: "person" });
  await other.signin({ name, password: "correct horse" });
  const renewed = connect(server.url, PLACE).authenticate(db.token);
  await db.signout();
  assert.equal(db.isSignedIn, false);
  await assert.rejects(renewed.sql`SELECT 1`, AuthenticationError);
  assert.equal((await other.sql`SELECT 1 AS a`)[0].a, 1);
  assert.equal((await kept.sql`SELECT 1 AS a`)[0].a, 1);
  await other.signout({ all: true });
  await assert.rejects(kept.sql`SELECT 1`, AuthenticationError);
  await db.signout(); // nobody is signed in: nothing to do
});

async function refreshTokenOf(name) {
  const response = await fetch(`${server.url}/signin`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ NS: "test", DB: "test", SC: "person", name, password: "correct horse" }),
  });
  return (await response.json()).refresh;
}
