/**
 * All that the page asks of its database. There is no WHERE for "what I may see": the server sees to that.
 */
import { connect } from "./bailiwick/index.js";

const { url } = await (await fetch("server.json")).json();

export const db = connect(url, { ns: "demo", db: "blog", scope: "account", storage: localStorage });

export const me = () => db.claims?.ID ?? null;

export function posts() {
  return db.sql`
    SELECT post.id, post.title, post.body, post.draft, post.author, user.name,
           (SELECT count(*) FROM comment WHERE comment.post = post.id) AS comments
      FROM post JOIN user ON user.id = post.author
     ORDER BY post.id DESC LIMIT 50`;
}

export async function post(id) {
  const [one] = await db.sql`
    SELECT post.id, post.title, post.body, post.draft, post.author, user.name
      FROM post JOIN user ON user.id = post.author WHERE post.id = ${id}`;
  return one;
}

export function comments(post) {
  return db.sql`
    SELECT comment.id, comment.body, comment.author, user.name
      FROM comment JOIN user ON user.id = comment.author WHERE comment.post = ${post} ORDER BY comment.id`;
}

export async function write({ title, body }) {
  const [made] = await db.sql`INSERT INTO post (author, title, body) VALUES (${me()}, ${title}, ${body}) RETURNING id`;
  return made.id;
}

export const rewrite = (id, { title, body }) => db.sql`UPDATE post SET title = ${title}, body = ${body} WHERE id = ${id}`;

export const publish = (id, isPublic) => db.sql`UPDATE post SET draft = ${isPublic ? 0 : 1} WHERE id = ${id}`;

export const remove = (id) => db.sql`DELETE FROM post WHERE id = ${id}`;

export const comment = (post, { body }) =>
  db.sql`INSERT INTO comment (post, author, body) VALUES (${post}, ${me()}, ${body})`;

export const removeComment = (id) => db.sql`DELETE FROM comment WHERE id = ${id}`;

export async function myName() {
  const [one] = await db.sql`SELECT name, email FROM user WHERE id = ${me()}`;
  return one?.name ?? one?.email ?? "me";
}
