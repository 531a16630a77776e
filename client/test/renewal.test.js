/** Renewal, against a server that is played: every order of events can be had. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { AuthenticationError, connect } from "../src/index.js";

function tokenThatEnds(inSeconds, name) {
  const claims = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + inSeconds, name })).toString("base64url");
  return `head.${claims}.signature`;
}

function answer(status, body) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

/** Plays a server that knows tokens and refresh tokens; each of these is good once. */
function play({ good, refresh }) {
  const seen = [];
  let count = 0;
  const fetch = async (url, { headers }) => {
    const path = new URL(url).pathname;
    const bearer = headers.Authorization?.slice("Bearer ".length);
    seen.push([path, bearer]);
    await new Promise((resolve) => setImmediate(resolve));
    if (path === "/refresh") {
      if (!refresh.delete(bearer)) return answer(401, { code: 401, details: "Authentication failed" });
      const pair = { code: 200, token: tokenThatEnds(3600, `new${++count}`), refresh: `refresh${count}` };
      good.add(pair.token);
      refresh.add(pair.refresh);
      return answer(200, pair);
    }
    if (!good.has(bearer)) return answer(401, { code: 401, details: "Authentication failed" });
    return answer(200, [{ status: "OK", time: "1µs", result: [{ a: 1 }] }]);
  };
  return { fetch, seen };
}

test("a token that is refused is renewed once, and the request sent again", async () => {
  const server = play({ good: new Set(), refresh: new Set(["first"]) });
  const db = connect("http://played", { fetch: server.fetch }).authenticate(tokenThatEnds(3600), "first");
  const rows = await Promise.all([db.sql`SELECT 1`, db.sql`SELECT 2`, db.sql`SELECT 3`]);
  assert.deepEqual(rows.map((one) => one[0].a), [1, 1, 1]);
  assert.equal(server.seen.filter(([path]) => path === "/refresh").length, 1);
  assert.equal(server.seen.filter(([path]) => path === "/sql").length, 6);
});

test("a token that is about to end is renewed before it is used", async () => {
  const old = tokenThatEnds(5);
  const server = play({ good: new Set([old]), refresh: new Set(["first"]) });
  const db = connect("http://played", { fetch: server.fetch }).authenticate(old, "first");
  await db.sql`SELECT 1`;
  assert.deepEqual(server.seen.map(([path]) => path), ["/refresh", "/sql"]);
  assert.notEqual(db.token, old);
});

test("without a refresh token nothing is tried again", async () => {
  const server = play({ good: new Set(), refresh: new Set() });
  const db = connect("http://played", { fetch: server.fetch }).authenticate(tokenThatEnds(5));
  await assert.rejects(db.sql`SELECT 1`, AuthenticationError);
  assert.deepEqual(server.seen.map(([path]) => path), ["/sql"]);
});

test("a refresh token that is refused ends the session", async () => {
  const server = play({ good: new Set(), refresh: new Set() });
  const db = connect("http://played", { fetch: server.fetch }).authenticate(tokenThatEnds(3600), "spent");
  await assert.rejects(db.sql`SELECT 1`, AuthenticationError);
  assert.equal(db.isSignedIn, false);
});

test("a second refusal is not renewed again", async () => {
  const server = play({ good: { has: () => false, add() {} }, refresh: new Set(["first"]) });
  const db = connect("http://played", { fetch: server.fetch }).authenticate(tokenThatEnds(3600), "first");
  await assert.rejects(db.sql`SELECT 1`, AuthenticationError);
  assert.deepEqual(server.seen.map(([path]) => path), ["/sql", "/refresh", "/sql"]);
});

test("two pages that share a storage renew once", async () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
  const server = play({ good: new Set(), refresh: new Set(["first"]) });
  const one = connect("http://played", { fetch: server.fetch, storage }).authenticate(tokenThatEnds(3600), "first");
  const other = connect("http://played", { fetch: server.fetch, storage });
  await one.sql`SELECT 1`;
  await other.sql`SELECT 1`;
  assert.equal(server.seen.filter(([path]) => path === "/refresh").length, 1);
  assert.equal(other.token, one.token);
});

test("who signs out while a token is renewed stays signed out", async () => {
  const good = new Set();
  const server = play({ good, refresh: new Set(["first"]) });
  const db = connect("http://played", { fetch: server.fetch }).authenticate(tokenThatEnds(3600), "first");
  const query = db.sql`SELECT 1`.catch((error) => error);
  db.authenticate("head.e30.other", "second");
  good.add("head.e30.other");
  await query;
  assert.equal(db.token, "head.e30.other");
});
