/**
 * A connection to a Bailiwick server: who is signed in, and what is sent.
 */
import { AuthenticationError, BailiwickError, ConnectionError, errorOfResponse, errorOfStatement } from "./errors.js";
import { parse, stringify } from "./json.js";
import { Session } from "./session.js";
import { sql, Statement, toRequest } from "./statement.js";

/** Makes a client. Nothing is sent yet. */
export function connect(url, options) {
  return new Bailiwick(url, options);
}

export class Bailiwick {
  #url;
  #options;
  #session;
  #fetch;

  constructor(url, options = {}) {
    this.#url = String(url).replace(/\/+$/, "");
    this.#options = { bigint: "auto", ...options };
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#session = new Session(options.storage ?? null, options.storageKey ?? `bailiwick:${this.#url}`);
    if (!["auto", true, false].includes(this.#options.bigint)) throw new TypeError('bigint is "auto", true or false');
  }

  // --- who ---

  /** The token that is sent; null when nobody is signed in. */
  get token() {
    return this.#session.token;
  }

  /** The claims of the token, unverified: ID, NS, DB, SC, exp … */
  get claims() {
    return this.#session.claims;
  }

  get isSignedIn() {
    return this.#session.token !== null;
  }

  async signup(keys, options) {
    return this.#enter("/signup", keys, options);
  }

  async signin(keys, options) {
    return this.#enter("/signin", keys, options);
  }

  /** Takes tokens that were got elsewhere. */
  authenticate(token, refresh = null) {
    if (typeof token !== "string" || token === "") throw new TypeError("a token is a text");
    this.#session.set({ token, refresh });
    return this;
  }

  /** Ends this token and its refresh tokens on the server, or with { all: true } all of this user's; then forgets them. */
  async signout({ all = false, signal } = {}) {
    const token = this.#session.token;
    if (token === null) return;
    try {
      await this.#renewIfStale(signal);
      const body = all ? '{"all":true}' : "{}";
      await this.#request("/signout", { body, token: this.#session.token, signal });
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error; // it has ended already
    }
    this.#session.set(null);
  }

  async #enter(path, keys, { signal } = {}) {
    const { ns, db, scope } = this.#options;
    const place = { NS: ns, DB: db, SC: scope };
    const body = stringify({ ...place, ...keys });
    const answer = await this.#request(path, { body, signal });
    this.#session.set(answer);
    return answer.token;
  }

  // --- what ---

  /**
   * Runs statements. An array with the rows of each: arrays of objects that also have `changes` and `denied`; null where
   * there are none. Fails with a StatementError at the first that failed.
   */
  async query(statement, vars, options) {
    return this.#run(toRequest(statement, vars), options);
  }

  /** Runs one statement, and gives its rows: db.sql`SELECT * FROM post WHERE id = ${id}` */
  async sql(parts, ...values) {
    const results = await this.#run(toRequest(sql(parts, ...values)), {});
    return results.at(-1);
  }

  /**
   * All or nothing: BEGIN, the statements, COMMIT, in one request. Takes an array of statements (made by sql`…`, or
   * texts), or a function that is given `add` and adds them. The rows of each.
   */
  async transaction(statements, options) {
    const added = [];
    if (typeof statements === "function") await statements((statement) => void added.push(statement));
    else added.push(...statements);
    const vars = {};
    const count = { value: 0 };
    const texts = added.map((one) => (one instanceof Statement ? one.write(vars, count) : toRequest(one).text));
    const text = ["BEGIN", ...texts, "COMMIT"].join(";\n");
    const results = await this.#run({ text, vars }, options, { hidesFirst: true });
    return results.slice(1, -1);
  }

  async #run({ text, vars }, { signal, strict = false, ns, db } = {}, { hidesFirst = false } = {}) {
    const headers = {};
    if (strict) headers.Prefer = "handling=strict";
    const place = { NS: ns ?? this.#options.ns, DB: db ?? this.#options.db };
    for (const [name, value] of Object.entries(place)) if (value !== undefined) headers[name] = value;
    const body = stringify({ sql: text, vars });
    await this.#renewIfStale(signal);
    const used = this.#session.token;
    try {
      return await this.#send(body, headers, used, signal, hidesFirst);
    } catch (error) {
      if (!(error instanceof AuthenticationError) || !(await this.#renew(used, signal))) throw error;
      return this.#send(body, headers, this.#session.token, signal, hidesFirst);
    }
  }

  async #send(body, headers, token, signal, hidesFirst) {
    const { objects, response } = await this.#request("/sql", { body, headers, token, signal, keepsResponse: true });
    const results = [];
    const failed = objects.findIndex((one) => one.status !== "OK");
    const cause = objects.findIndex((one) => one.status !== "OK" && one.code !== "cancelled");
    for (const object of failed < 0 ? objects : objects.slice(0, failed)) results.push(rowsOf(object));
    if (failed < 0) return results;
    const index = cause < 0 ? failed : cause;
    throw errorOfStatement(objects[index], hidesFirst ? index - 1 : index, results, response);
  }

  // --- renewing ---

  async #renewIfStale(signal) {
    if (this.#session.isStale) await this.#renew(this.#session.token, signal);
  }

  /** True when the request is worth another try. A refresh token that is refused ends the session. */
  async #renew(used, signal) {
    if (used === null || this.#session.refreshToken === null) return false;
    try {
      return await this.#session.renew(used, (refresh) => this.#request("/refresh", { token: refresh, signal }));
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      if (this.#session.token === used) this.#session.set(null);
      return false;
    }
  }

  // --- the wire ---

  async #request(path, { body, headers = {}, token = null, signal, keepsResponse = false }) {
    const all = { Accept: "application/json", ...headers };
    if (body !== undefined) all["Content-Type"] = "application/json";
    if (token !== null) all.Authorization = `Bearer ${token}`;
    let response, text;
    try {
      response = await this.#fetch(this.#url + path, {
        method: "POST",
        headers: all,
        body,
        signal,
        credentials: "omit", // our tokens are no cookies, and no browser shall ask for a password of its own
        cache: "no-store",
        redirect: "error",
      });
      text = await response.text();
    } catch (cause) {
      if (cause?.name === "AbortError" || signal?.aborted) throw cause;
      throw new ConnectionError(`the server at ${this.#url} was not reached`, { code: "connection", cause });
    }
    const answer = this.#read(response, text);
    if (!response.ok) throw errorOfResponse(response, answer);
    return keepsResponse ? { objects: answer, response } : answer;
  }

  #read(response, text) {
    try {
      return parse(text, this.#options.bigint);
    } catch (cause) {
      if (!response.ok) return null;
      const details = { code: "malformed_response", status: response.status, cause };
      throw new BailiwickError("the server's answer is not JSON", details);
    }
  }
}

function rowsOf(object) {
  const rows = object.result;
  if (Array.isArray(rows)) {
    const more = { changes: object.changes ?? 0, denied: object.denied ?? 0, time: object.time };
    for (const [name, value] of Object.entries(more)) Object.defineProperty(rows, name, { value });
  }
  return rows;
}
