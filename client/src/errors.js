/**
 * What can go wrong, as classes. Each has a `code`: the server's, or one of ours ("connection", "malformed_response").
 */
export class BailiwickError extends Error {
  constructor(message, details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code ?? "internal";
    this.status = details.status;
    this.requestId = details.requestId;
  }
}

/** The server was not reached, or the connection broke. What was sent may have been done. */
export class ConnectionError extends BailiwickError {}

/** The request as a whole was refused: its text, its size, its media type. */
export class RequestError extends BailiwickError {
  constructor(message, details = {}) {
    super(message, details);
    this.line = details.line;
    this.column = details.column;
  }
}

/** Not signed in, or not any more. */
export class AuthenticationError extends BailiwickError {}

/** Too many attempts, or too many requests: `retryAfter` is in seconds. */
export class ThrottledError extends BailiwickError {
  constructor(message, details = {}) {
    super(message, details);
    this.retryAfter = details.retryAfter;
  }
}

/** A statement failed: `index` says which of the request's, `results` what the ones before it gave. */
export class StatementError extends BailiwickError {
  constructor(message, details = {}) {
    super(message, details);
    this.index = details.index;
    this.line = details.line;
    this.column = details.column;
    this.results = details.results;
  }
}

/** A statement that this principal may not run, or not on these rows. */
export class PermissionError extends StatementError {}

/** The error of a response that is no success. `body` is what it holds, if it is the server's. */
export function errorOfResponse(response, body) {
  const details = {
    code: codeOfStatus(response.status),
    status: response.status,
    requestId: response.headers.get("X-Request-Id") ?? undefined,
    line: body?.line,
    column: body?.column,
  };
  const message = [body?.details, body?.information].filter(Boolean).join(": ") || `HTTP status ${response.status}`;
  if (response.status === 401) return new AuthenticationError(message, details);
  if (response.status === 429 || response.status === 503) {
    return new ThrottledError(message, { ...details, retryAfter: Number(response.headers.get("Retry-After")) || undefined });
  }
  return new RequestError(message, details);
}

function codeOfStatus(status) {
  const codes = {
    400: "parse_error",
    401: "not_signed_in",
    403: "permission_denied",
    404: "not_found",
    413: "limit_exceeded",
    429: "throttled",
    503: "busy",
  };
  return codes[status] ?? "internal";
}

/** The error of a statement's object in a response to /sql. */
export function errorOfStatement(object, index, results, response) {
  const Kind = object.code === "permission_denied" ? PermissionError : StatementError;
  return new Kind(object.error ?? object.result ?? "the statement failed", {
    code: object.code,
    index,
    results,
    line: object.line,
    column: object.column,
    status: response.status,
    requestId: response.headers.get("X-Request-Id") ?? undefined,
  });
}
