-- What the corpus is prepared against. Statements that make what is here are not in the corpus.
CREATE TABLE member(id INTEGER PRIMARY KEY, name TEXT UNIQUE, email TEXT COLLATE NOCASE, level INT DEFAULT 1);
CREATE TABLE post(id INTEGER PRIMARY KEY, author INT REFERENCES member(id), title TEXT COLLATE NOCASE, body TEXT, draft INT DEFAULT 0, score REAL, data TEXT);
CREATE UNIQUE INDEX post_title ON post(title);
CREATE INDEX post_author ON post(author, score);
CREATE UNIQUE INDEX post_body ON post(body) WHERE draft = 0;
CREATE TABLE tag(post INT, label TEXT, weight REAL DEFAULT 1, PRIMARY KEY(post, label)) WITHOUT ROWID;
CREATE TABLE edge(a INT, b INT, w REAL);
CREATE TABLE "odd name"("a b" INT, "c""d" TEXT, "select" INT, "left" INT);
CREATE TABLE "true"("false" INT);
CREATE TABLE wide(id INTEGER PRIMARY KEY, rowid TEXT, "order" INT);
CREATE VIEW published AS SELECT id, title, author FROM post WHERE draft = 0;
CREATE VIRTUAL TABLE doc USING fts5(title, body);
