/**
 * The quick start's page in a real browser: the block of doc/quick-start.md as it stands, on a page of a listed origin and
 * of another one. (tests/http/test_quick_start.py runs it in Node.)
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { inspect } from "node:util";

import { chromium } from "playwright-core";

import { connect } from "../../client/src/index.js";
import { ROOT, startServer } from "../../client/test/server.js";

const root = new URL("../../", import.meta.url);
const PATIENCE = 120_000;

let block;
let expected;
let listed; // a server of pages
let other; // one of another origin
let server;
let blog; // its database, as root sees it
let browser;

/** Serves one page, which runs the block as a module. */
async function servePage() {
  const pages = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>Quick start</title><link rel="icon" href="data:,"><script type="module">${block.replace("http://127.0.0.1:8000", server.url)}</script>`);
  });
  pages.listen(0, "127.0.0.1");
  await once(pages, "listening");
  pages.origin = `http://127.0.0.1:${pages.address().port}`;
  return pages;
}

before(async () => {
  const text = await readFile(new URL("doc/quick-start.md", root), "utf8");
  [, block] = /^```js\n(.*?)^```$/ms.exec(text);
  expected = [...block.matchAll(/^\/\/ → (.*)$/gm)].map((found) => found[1]);
  [listed, other] = [await servePage(), await servePage()];
  server = await startServer("--cors-origins", listed.origin);
  const db = connect(server.url);
  await db.signin(ROOT);
  blog = connect(server.url, { ns: "demo", db: "blog" }).authenticate(db.token);
  for (const name of ["schema.sql", "data.sql"]) await db.query(await readFile(new URL(`examples/blog/${name}`, root), "utf8"));
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"], timeout: PATIENCE });
});

after(async () => {
  await browser?.close();
  for (const pages of [listed, other]) pages?.close();
  await server?.stop();
});

/** What a page of this origin prints, as Node would, until it has printed so many lines or failed. */
async function visit(origin, lines) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const printed = [];
  const ends = new Promise((resolve, reject) => {
    page.on("pageerror", (error) => resolve([String(error)]));
    page.on("crash", () => reject(new Error("the page crashed")));
    page.on("console", async (message) => {
      if (message.type() !== "log") return; // the browser's own remarks: a sign-in that failed is one
      const values = printed.push(Promise.all(message.args().map((value) => value.jsonValue())));
      if (values === lines) resolve(Promise.all(printed));
    });
  });
  await page.goto(origin, { timeout: PATIENCE });
  const said = await ends;
  await context.close();
  return said.map((line) => (typeof line === "string" ? line : line.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ")));
}

test("the quick start's page does what it says: signing up, and then in", async () => {
  assert.ok(expected.length >= 3);
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await visit(listed.origin, expected.length), expected);
    await blog.query("DELETE FROM post WHERE title = 'Hello'");
  }
});

test("a page of another origin gets nothing", async () => {
  const count = async () => (await blog.sql`SELECT (SELECT count(*) FROM user) AS users, (SELECT count(*) FROM post) AS posts`)[0];
  const there = await count();
  const [said] = await visit(other.origin, 1);
  assert.match(said, /Failed to fetch/);
  assert.deepEqual(await count(), there);
});
