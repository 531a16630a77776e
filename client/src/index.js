/**
 * The client of Bailiwick: see README.md for how it is used, index.d.ts for its types.
 */
export { connect, Bailiwick } from "./bailiwick.js";
export { sql, join, raw, Statement } from "./statement.js";
export {
  BailiwickError,
  AuthenticationError,
  ConnectionError,
  PermissionError,
  RequestError,
  StatementError,
  ThrottledError,
} from "./errors.js";
