/**
 * The blog's page in a real browser: two people side by side, what one hides from the other, and what hostile text does.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { connect } from "../../client/src/index.js";
import { ROOT, startServer } from "../../client/test/server.js";

const blog = new URL("../../examples/blog/", import.meta.url);
const PHONE = { width: 360, height: 740 };

let pages; // the process that serves the page
let address; // where
let server;
let browser;

before(async () => {
  pages = spawn("/usr/bin/python3", [fileURLToPath(new URL("serve.py", blog)), "127.0.0.1:0", "http://127.0.0.1:1"]);
  const port = new URL(await firstLine(pages)).port;
  pages.kill();
  await once(pages, "exit"); // the port is free
  address = `http://127.0.0.1:${port}`;
  server = await startServer("--cors-origins", address);
  pages = spawn("/usr/bin/python3", [fileURLToPath(new URL("serve.py", blog)), `127.0.0.1:${port}`, server.url]);
  assert.equal(await firstLine(pages), address);
  const root = connect(server.url);
  await root.signin(ROOT);
  for (const name of ["schema.sql", "data.sql"]) await root.query(await readFile(new URL(name, blog), "utf8"));
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  pages?.kill();
  await server?.stop();
});

function firstLine(process) {
  return new Promise((resolve, reject) => {
    let text = "";
    process.stdout.on("data", (part) => {
      text += part;
      if (text.includes("\n")) resolve(text.split("\n")[0]);
    });
    process.once("error", reject);
    process.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
  });
}

let number = 0;

/** A browser of somebody's own, who has signed up. `problems` are errors of the page and what its policy stopped. */
async function somebody(name) {
  const context = await browser.newContext({ viewport: PHONE });
  context.setDefaultTimeout(120_000); // which nothing takes
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 401/.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(address);
  const email = `somebody${++number}@example.com`;
  await page.fill("#signup [name=name]", name);
  await page.fill("#signup [name=email]", email);
  await page.fill("#signup [name=password]", "a long password");
  await page.click("#signup button");
  await page.waitForSelector("#who");
  page.email = email;
  return page;
}

async function write(page, title, body) {
  await page.click("text=Write");
  await page.fill("#write [name=title]", title);
  await page.fill("#write [name=body]", body);
  await page.click("#write button");
  await page.waitForSelector("article h1");
  return page.getAttribute("article", "data-post");
}

async function titles(page) {
  await page.goto(`${address}/#/`);
  await page.reload();
  await page.waitForSelector("article h2");
  return page.$$eval("article h2", (all) => all.map((one) => one.textContent));
}

test("two people side by side: a draft is its author's alone", async () => {
  const [ada, bob] = [await somebody("Ada"), await somebody("Bob")];
  const id = await write(ada, "A secret draft", "nobody reads this");
  assert.ok((await titles(ada)).includes("A secret draft"));
  assert.ok(!(await titles(bob)).includes("A secret draft"));
  await bob.goto(`${address}/#/post/${id}`);
  await bob.waitForSelector("text=There is no such post, or it is not for you.");
  await ada.goto(`${address}/#/post/${id}`);
  await ada.click("text=Publish");
  await ada.waitForSelector("text=Take back");
  assert.ok((await titles(bob)).includes("A secret draft"));
  await bob.goto(`${address}/#/post/${id}`);
  await bob.waitForSelector("article h1");
  assert.equal(await bob.$("text=Edit"), null);
  await bob.fill("#comment [name=body]", "well said");
  await bob.click("#comment button");
  await bob.waitForSelector(".comment >> text=well said");
  await ada.reload();
  await ada.waitForSelector(".comment >> text=well said");
  assert.deepEqual([...ada.problems, ...bob.problems], []);
  await Promise.all([ada.context().close(), bob.context().close()]);
});

test("a reload keeps the sign-in, signing out ends it, signing in comes back", async () => {
  const page = await somebody("Cleo");
  await page.reload();
  await page.waitForSelector("#who >> text=Cleo");
  await page.click("text=Sign out");
  await page.waitForSelector("#signin");
  await page.reload();
  await page.waitForSelector("#signin");
  await page.fill("#signin [name=email]", page.email);
  await page.fill("#signin [name=password]", "not the password");
  await page.click("#signin button");
  await page.waitForSelector("#notice:not([hidden])");
  await page.fill("#signin [name=password]", "a long password");
  await page.click("#signin button");
  await page.waitForSelector("#who >> text=Cleo");
  await page.context().close();
});

test("hostile text is shown as text", async () => {
  const hostile = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>{{1+1}}`;
  const page = await somebody(hostile);
  const other = await somebody("Reader");
  const id = await write(page, hostile, hostile);
  await page.click("text=Publish");
  await page.waitForSelector("text=Take back");
  await other.goto(`${address}/#/post/${id}`);
  await other.waitForSelector("article h1");
  assert.equal(await other.textContent("article h1"), hostile);
  assert.equal(await other.textContent("article .body"), hostile);
  assert.equal(await other.$("main img, main script"), null);
  assert.equal(await other.title(), "Circles: a blog");
  await other.fill("#comment [name=body]", hostile);
  await other.click("#comment button");
  await other.waitForSelector(".comment");
  assert.equal(await other.textContent(".comment .body"), hostile);
  assert.deepEqual([...page.problems, ...other.problems], []);
  await Promise.all([page.context().close(), other.context().close()]);
});

test("a token that has expired is renewed, and nobody notices", async () => {
  const page = await somebody("Dora");
  const before = await page.evaluate(() => {
    const [key] = Object.keys(localStorage).filter((one) => one.startsWith("bailiwick:"));
    const tokens = JSON.parse(localStorage.getItem(key));
    // as if its time had come: the server refuses a token with another signature as it does one that has expired
    localStorage.setItem(key, JSON.stringify({ ...tokens, token: tokens.token.replace(/[^.]+$/, "AAAA") }));
    return tokens;
  });
  assert.ok(before.refresh, "the blog's scope gives refresh tokens");
  await page.reload();
  await page.waitForSelector("#who >> text=Dora");
  const after = await page.evaluate(() => JSON.parse(Object.entries(localStorage).find(([key]) => key.startsWith("bailiwick:"))[1]));
  assert.notEqual(after.token, before.token);
  assert.notEqual(after.refresh, before.refresh);
  await page.context().close();
});

test("the page fits a phone", async () => {
  const page = await somebody("Eve");
  await write(page, "W".repeat(200), "a".repeat(3000));
  for (const hash of ["#/", "#/write"]) {
    await page.goto(`${address}/${hash}`);
    await page.waitForSelector("article, form");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= PHONE.width, `${hash} is ${wide} wide`);
  }
  await page.context().close();
});
