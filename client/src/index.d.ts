/** A value that can be bound, or that a row holds. Rows give BigInt where a number is not exact, and bytes as Uint8Array. */
export type Value = null | string | number | bigint | boolean | Uint8Array;

/** What a variable may be: arrays and objects are bound as JSON text, dates as ISO 8601. */
export type Variable = Value | Date | ArrayBuffer | undefined | Variable[] | { [name: string]: Variable };

export type Variables = { [name: string]: Variable };

export type Row = { [column: string]: Value };

/** The rows of a statement. */
export type Rows<R = Row> = R[] & {
  /** Rows that it inserted, updated or deleted. */
  readonly changes: number;
  /** Rows that are visible but may not be changed. */
  readonly denied: number;
  /** How long it took, for people: "123.4µs". */
  readonly time: string;
};

export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ConnectOptions {
  ns?: string;
  db?: string;
  /** For signup and signin, so that they need not be told each time. */
  scope?: string;
  /** "auto": what a number cannot hold exactly is a BigInt (the default); true: every integer; false: none. */
  bigint?: "auto" | boolean;
  /** Where tokens are kept, for example localStorage; without it they live as long as the client. */
  storage?: Storage;
  storageKey?: string;
  fetch?: typeof fetch;
}

export interface QueryOptions {
  signal?: AbortSignal;
  /** A row that may not be changed fails its statement, instead of being counted in `denied`. */
  strict?: boolean;
  ns?: string;
  db?: string;
}

/** Keys of a sign-in or sign-up: NS, DB and SC (if they were not given to connect), user and pass, or a scope's own. */
export type Keys = { NS?: string; DB?: string; SC?: string; user?: string; pass?: string } & Variables;

export interface Claims {
  iss?: string;
  iat?: number;
  nbf?: number;
  exp?: number;
  jti?: string;
  NS?: string;
  DB?: string;
  SC?: string;
  TK?: string;
  ID?: string | number;
  [claim: string]: unknown;
}

export class Bailiwick {
  constructor(url: string | URL, options?: ConnectOptions);
  readonly token: string | null;
  readonly claims: Claims | null;
  readonly isSignedIn: boolean;
  signup(keys: Keys, options?: { signal?: AbortSignal }): Promise<string>;
  signin(keys: Keys, options?: { signal?: AbortSignal }): Promise<string>;
  authenticate(token: string, refresh?: string | null): this;
  signout(options?: { all?: boolean; signal?: AbortSignal }): Promise<void>;
  query<R = Row>(statement: string | Statement, vars?: Variables, options?: QueryOptions): Promise<Array<Rows<R>>>;
  sql<R = Row>(parts: TemplateStringsArray, ...values: Array<Variable | Statement>): Promise<Rows<R>>;
  transaction(
    statements: Array<string | Statement> | ((add: (statement: string | Statement) => void) => void | Promise<void>),
    options?: QueryOptions,
  ): Promise<Array<Rows>>;
}

export function connect(url: string | URL, options?: ConnectOptions): Bailiwick;

export class Statement {
  readonly text: string;
  readonly vars: Variables;
}

export function sql(parts: TemplateStringsArray, ...values: Array<Variable | Statement>): Statement;
export function join(items: Iterable<Variable | Statement>, separator?: string): Statement;
/** Text that is put in as it is. Never for what somebody typed. */
export function raw(text: string): Statement;

export class BailiwickError extends Error {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
}
export class ConnectionError extends BailiwickError {}
export class RequestError extends BailiwickError {
  readonly line?: number;
  readonly column?: number;
}
export class AuthenticationError extends BailiwickError {}
export class ThrottledError extends BailiwickError {
  readonly retryAfter?: number;
}
export class StatementError extends BailiwickError {
  readonly index: number;
  readonly line?: number;
  readonly column?: number;
  readonly results: Array<Rows>;
}
export class PermissionError extends StatementError {}
