/**
 * The pages, and which of them is shown: #/ , #/signin, #/write, #/post/1, #/post/1/edit.
 */
import * as blog from "./blog.js";
import { attempt, button, element, form, notify } from "./dom.js";

const page = document.getElementById("page");
const menu = document.getElementById("menu");

const pages = [
  [/^#\/$/, listPage],
  [/^#\/signin$/, signinPage],
  [/^#\/write$/, writePage],
  [/^#\/post\/(\d+)$/, postPage],
  [/^#\/post\/(\d+)\/edit$/, editPage],
];

function go(hash) {
  if (location.hash === hash) return show();
  location.hash = hash;
  return undefined;
}

/** Shows what the address says. What is asked for later, but answered earlier, wins. */
let latest = 0;

async function show() {
  const mine = ++latest;
  const hash = blog.db.isSignedIn ? location.hash || "#/" : "#/signin";
  const [pattern, make] = pages.find(([one]) => one.test(hash)) ?? pages[0];
  const match = pattern.exec(hash) ?? [];
  try {
    const [content, entries] = await Promise.all([make(...match.slice(1).map(Number)), menuEntries()]);
    if (mine !== latest) return;
    page.replaceChildren(...[content].flat());
    menu.replaceChildren(...entries);
  } catch (error) {
    if (mine !== latest) return;
    if (!blog.db.isSignedIn) return void go("#/signin");
    notify(error.message);
  }
}

async function menuEntries() {
  if (!blog.db.isSignedIn) return [];
  return [
    element("span", { class: "quiet", id: "who" }, await blog.myName()),
    element("a", { href: "#/write" }, "Write"),
    button("Sign out", async () => {
      await blog.db.signout();
      go("#/signin");
    }),
  ];
}

// --- the pages ---

function signinPage() {
  const enter = (how) => async (keys) => {
    await blog.db[how](keys);
    go("#/");
  };
  const email = { label: "E-mail", name: "email", type: "email", required: true, autocomplete: "username" };
  const password = { label: "Password", name: "password", type: "password", required: true, minlength: 8 };
  return [
    form({
      class: "card", id: "signin", button: "Sign in", submit: enter("signin"),
      fields: [email, { ...password, autocomplete: "current-password" }],
    }),
    element("h2", {}, "New here?"),
    form({
      class: "card", id: "signup", button: "Sign up", submit: enter("signup"),
      fields: [{ label: "Name", name: "name", required: true, autocomplete: "name" }, email,
        { ...password, autocomplete: "new-password" }],
    }),
  ];
}

async function listPage() {
  const posts = await blog.posts();
  if (posts.length === 0) return element("p", { class: "quiet" }, "Nothing has been written yet.");
  return posts.map((post) =>
    element("article", { "data-post": post.id },
      element("h2", {}, element("a", { href: `#/post/${post.id}` }, post.title)),
      about(post, `${post.comments} ${post.comments === 1 ? "comment" : "comments"}`),
      element("p", { class: "body" }, excerpt(post.body))));
}

function about(post, more) {
  const draft = post.draft ? element("span", { class: "draft" }, "draft · ") : null;
  return element("p", { class: "meta" }, draft, `by ${post.name ?? "somebody"}`, more ? ` · ${more}` : null);
}

function excerpt(text) {
  return text.length > 280 ? `${text.slice(0, 280)}…` : text;
}

const postFields = ({ title = "", body = "" } = {}) => [
  { label: "Title", name: "title", required: true, value: title },
  { label: "Text", name: "body", kind: "textarea", value: body },
];

function writePage() {
  return form({
    class: "card", id: "write", button: "Save the draft", fields: postFields(),
    submit: async (values) => go(`#/post/${await blog.write(values)}`),
  });
}

async function editPage(id) {
  const post = await blog.post(id);
  if (!post) return missing();
  return form({
    class: "card", id: "edit", button: "Save", fields: postFields(post),
    submit: async (values) => {
      await blog.rewrite(id, values);
      go(`#/post/${id}`);
    },
  });
}

function missing() {
  return element("p", { class: "quiet" }, "There is no such post, or it is not for you.");
}

async function postPage(id) {
  const [post, comments] = await Promise.all([blog.post(id), blog.comments(id)]);
  if (!post) return missing();
  const mine = post.author === blog.me();
  const afterwards = (work) => async () => {
    await work();
    await show();
  };
  return [
    element("article", { "data-post": id },
      element("h1", {}, post.title),
      about(post),
      element("p", { class: "body" }, post.body),
      mine && element("div", { class: "actions" },
        button(post.draft ? "Publish" : "Take back", afterwards(() => blog.publish(id, post.draft)), { class: "main" }),
        button("Edit", () => go(`#/post/${id}/edit`)),
        button("Delete", async () => {
          if (!confirm("Delete this post?")) return;
          await blog.remove(id);
          go("#/");
        }))),
    element("section", { id: "comments" },
      comments.map((comment) =>
        element("div", { class: "comment" },
          element("p", { class: "meta" }, comment.name ?? "somebody"),
          element("p", { class: "body" }, comment.body),
          (mine || comment.author === blog.me()) && button("Delete", afterwards(() => blog.removeComment(comment.id)))))),
    form({
      id: "comment", button: "Comment", fields: [{ label: "Your comment", name: "body", kind: "textarea", required: true }],
      submit: (values) => afterwards(() => blog.comment(id, values))(),
    }),
  ];
}

addEventListener("hashchange", () => {
  attempt(show);
  page.focus({ preventScroll: true });
});
addEventListener("storage", () => attempt(show)); // somebody has signed in or out in another tab
show();
