/**
 * The tokens of one user: kept, stored where the page wants, and renewed.
 *
 * A refresh token is good once. So only one renewal is on its way at a time: in this page (`#renewal`), and, where the
 * browser has locks, among all tabs that share a storage.
 */
import { claimsOf } from "./json.js";

const EARLY_SECONDS = 20;

export class Session {
  #storage;
  #key;
  #tokens = null;
  #renewal = null;

  constructor(storage, key) {
    this.#storage = storage;
    this.#key = key;
    this.#tokens = this.#load();
  }

  get token() {
    return this.#tokens?.token ?? null;
  }

  get refreshToken() {
    return this.#tokens?.refresh ?? null;
  }

  /** What the token says of its user, unverified; null without one. */
  get claims() {
    return this.token === null ? null : claimsOf(this.token);
  }

  #load() {
    try {
      const tokens = JSON.parse(this.#storage?.getItem(this.#key) ?? "null");
      return typeof tokens?.token === "string" ? tokens : null;
    } catch {
      return null; // somebody else's text, or a storage that is forbidden
    }
  }

  set(tokens) {
    this.#tokens = tokens === null ? null : { token: tokens.token, refresh: tokens.refresh ?? null };
    try {
      if (this.#tokens === null) this.#storage?.removeItem(this.#key);
      else this.#storage?.setItem(this.#key, JSON.stringify(this.#tokens));
    } catch {
      // a full or forbidden storage: the session lives as long as the page
    }
  }

  /** Whether the token is about to end and can be renewed. */
  get isStale() {
    const ends = this.claims?.exp;
    return typeof ends === "number" && this.refreshToken !== null && Date.now() / 1000 > ends - EARLY_SECONDS;
  }

  /**
   * Renews the token that was `used`, unless somebody has done so meanwhile. `fetchPair(refresh)` gives the new pair.
   * True when there is a token other than the one that was used.
   */
  async renew(used, fetchPair) {
    this.#renewal ??= this.#locked(() => this.#renewOnce(used, fetchPair)).finally(() => {
      this.#renewal = null;
    });
    await this.#renewal;
    return this.token !== null && this.token !== used;
  }

  async #renewOnce(used, fetchPair) {
    const stored = this.#load();
    if (stored !== null) this.#tokens = stored; // another tab may have been first
    if (this.token !== used || this.refreshToken === null) return;
    const refresh = this.refreshToken;
    const pair = await fetchPair(refresh);
    if (this.refreshToken === refresh) this.set(pair); // nobody has signed in or out meanwhile
  }

  #locked(work) {
    const locks = this.#storage ? globalThis.navigator?.locks : undefined;
    return locks ? locks.request(`bailiwick:${this.#key}`, work) : work();
  }
}
