/**
 * JSON as the server speaks it: integers of 64 bits are exact, bytes are {"$base64": "…"}.
 *
 * JSON.parse rounds large integers before anybody can look at them, so their digits are put into strings first.
 */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function isInteger(token) {
  return token[0] !== '"' && /^-?\d+$/.test(token);
}

/**
 * Reads a response. `bigint`: "auto" (what a number cannot hold exactly is a BigInt), true (every integer), false (none:
 * large ones are rounded). The digits wait in an object; no value of a row is one, but for bytes.
 */
export function parse(text, bigint) {
  const marked =
    bigint === false
      ? text
      : text.replace(TOKENS, (token) => {
          if (!isInteger(token)) return token;
          const exact = Number.isSafeInteger(Number(token));
          return exact && bigint !== true ? token : `{"$integer":"${token}"}`;
        });
  return JSON.parse(marked, revive);
}

function revive(_, value) {
  if (value === null || typeof value !== "object") return value;
  const names = Object.keys(value);
  if (names.length !== 1) return value;
  if (typeof value.$base64 === "string") return fromBase64(value.$base64);
  return /^-?\d+$/.test(value.$integer) ? BigInt(value.$integer) : value;
}

/** Writes variables: BigInts as numbers, bytes as $base64, dates as their ISO text. */
export function stringify(value) {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    return `{"$base64":"${toBase64(value instanceof ArrayBuffer ? new Uint8Array(value) : value)}"}`;
  }
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("a variable must be a finite number");
  if (Array.isArray(value)) return `[${value.map((item) => stringify(item ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${stringify(member)}`).join(",")}}`;
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`a variable cannot be ${typeof value}`);
  return text;
}

function toBase64(bytes) {
  let binary = "";
  const step = 0x8000; // as many arguments as every engine takes
  for (let at = 0; at < bytes.length; at += step) binary += String.fromCharCode(...bytes.subarray(at, at + step));
  return btoa(binary);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The claims of a token, unverified: for its times. Null where it is no token. */
export function claimsOf(token) {
  try {
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(new TextDecoder().decode(fromBase64(part)));
  } catch {
    return null;
  }
}
