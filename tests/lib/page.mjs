// Node's fetch, made to do what a browser's does for a page of BAILIWICK_ORIGIN (https://fetch.spec.whatwg.org): ask
// with a preflight before whatever is not simple, send Origin, and keep from the page what it may not read.

const origin = process.env.BAILIWICK_ORIGIN;
const plain = globalThis.fetch;
const SIMPLE_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];

function refuse(why) {
  throw new TypeError(`Failed to fetch: ${why}`);
}

function check(answer) {
  const allowed = answer.headers.get("Access-Control-Allow-Origin");
  if (allowed !== origin && allowed !== "*") refuse(`the origin is not allowed (${answer.status})`);
}

function unsafeNames(headers) {
  return [...headers.keys()].filter((name) => {
    if (["accept", "accept-language", "content-language"].includes(name)) return false;
    return name !== "content-type" || !SIMPLE_TYPES.includes(headers.get(name).split(";")[0].trim().toLowerCase());
  });
}

async function preflight(url, method, names) {
  const answer = await plain(url, {
    method: "OPTIONS",
    headers: { Origin: origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": names.join(",") },
  });
  check(answer);
  if (!answer.ok) refuse(`the preflight was answered ${answer.status}`);
  const words = (name) => (answer.headers.get(name) ?? "").split(",").map((word) => word.trim().toLowerCase());
  if (!words("Access-Control-Allow-Methods").includes(method.toLowerCase())) refuse(`${method} is not allowed`);
  for (const name of names) if (!words("Access-Control-Allow-Headers").includes(name)) refuse(`${name} is not allowed`);
}

globalThis.fetch = async (url, options = {}) => {
  const headers = new Headers(options.headers);
  const method = options.method ?? "GET";
  const names = unsafeNames(headers);
  if (names.length || !["GET", "HEAD", "POST"].includes(method)) await preflight(url, method, names);
  headers.set("Origin", origin);
  const answer = await plain(url, { ...options, method, headers });
  check(answer);
  return answer;
};
