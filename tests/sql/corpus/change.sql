-- INSERT
INSERT INTO edge VALUES (1, 2, 3)
INSERT INTO edge VALUES (1, 2, 3), (4, 5, 6), (?, :b, $c)
INSERT INTO edge(a, b) VALUES (1, 2)
INSERT INTO main.edge("a", [b], `w`) VALUES (1, 2, 3)
INSERT INTO edge AS e (a) VALUES (1)
INSERT INTO main.post AS p DEFAULT VALUES
INSERT INTO post DEFAULT VALUES
INSERT INTO post(title) DEFAULT VALUES
INSERT INTO edge SELECT a, b, w FROM edge
INSERT INTO edge(b, a) SELECT a, b FROM edge WHERE a > 1 ORDER BY 2 LIMIT 3
INSERT INTO edge WITH c AS (SELECT 1, 2, 3) SELECT * FROM c
WITH c(x) AS (SELECT 1) INSERT INTO edge(a) SELECT x FROM c
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 9) INSERT INTO edge(a) SELECT x FROM c RETURNING a
INSERT OR ROLLBACK INTO post(title) VALUES ('a')
INSERT OR ABORT INTO post(title) VALUES ('a')
INSERT OR FAIL INTO post(title) VALUES ('a')
INSERT OR IGNORE INTO post(title) VALUES ('a')
INSERT OR REPLACE INTO post(id, title) VALUES (1, 'a')
REPLACE INTO post(id, title) VALUES (1, 'a')
REPLACE INTO post SELECT * FROM post
WITH c AS (SELECT 1) REPLACE INTO edge(a) SELECT * FROM c
INSERT INTO edge(a) VALUES (1) UNION SELECT 2
INSERT INTO 'edge'('a') VALUES (1)
INSERT INTO "odd name"("a b", "c""d", "left") VALUES (1, 'it''s', - -1)
INSERT INTO published(id) VALUES (1)
INSERT INTO doc(doc) VALUES ('rebuild')
-- upsert
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT DO NOTHING
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT (id) DO NOTHING
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET title = excluded.title
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT (title COLLATE nocase) DO UPDATE SET title = excluded.title || 'x', draft = draft + 1 WHERE draft < 10
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT DO UPDATE SET draft = 1
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT DO UPDATE SET draft = 1 WHERE id > 3 RETURNING id
INSERT INTO post(id, body) VALUES (1, 'a') ON CONFLICT (body) WHERE draft = 0 DO UPDATE SET (title, score) = (SELECT 'x', 1.5)
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT (id) DO NOTHING ON CONFLICT (title) DO UPDATE SET body = 'x' RETURNING *
INSERT INTO post(id, title) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET draft = 1 ON CONFLICT DO NOTHING RETURNING id, title
INSERT INTO tag(post, label) SELECT id, 'x' FROM post WHERE true ON CONFLICT (post, label) DO UPDATE SET weight = weight + 1
INSERT INTO tag(post, label) SELECT id, 'x' FROM post GROUP BY id ON CONFLICT DO NOTHING
INSERT INTO tag(post, label) SELECT 1, 'x' ON CONFLICT (label, post) DO NOTHING
INSERT INTO tag(post, label) SELECT id, 'x' FROM post JOIN edge ON a = id ON CONFLICT DO NOTHING
INSERT INTO tag(post, label) SELECT id, 'x' FROM post LIMIT 1 ON CONFLICT DO NOTHING
INSERT INTO tag AS t (post, label) VALUES (1, 'x') ON CONFLICT (post, label) DO UPDATE SET weight = t.weight + excluded.weight WHERE t.weight IS NOT excluded.weight
-- RETURNING
INSERT INTO post(title) VALUES ('a') RETURNING *
INSERT INTO post(title) VALUES ('a') RETURNING id, TITLE AS t, rowid, id + 1, (SELECT count(*) FROM post), post.title, "title"
INSERT INTO post DEFAULT VALUES RETURNING id
UPDATE post SET title = 'b' RETURNING id, title || 'x' x
UPDATE post SET title = 'b' WHERE id = 1 RETURNING *, rowid
DELETE FROM post RETURNING id
DELETE FROM post WHERE id = 1 RETURNING count(*)
-- UPDATE
UPDATE post SET title = 'a'
UPDATE post SET title = 'a', body = title, draft = draft + 1 WHERE id = 1
UPDATE main.post AS p SET title = p.title || 'x' WHERE p.id = 1
UPDATE OR ROLLBACK post SET title = 'a'
UPDATE OR ABORT post SET title = 'a'
UPDATE OR FAIL post SET title = 'a'
UPDATE OR IGNORE post SET title = 'a'
UPDATE OR REPLACE post SET title = 'a'
UPDATE post INDEXED BY post_author SET title = 'a' WHERE author = 1
UPDATE post NOT INDEXED SET title = 'a' WHERE author = 1
UPDATE post SET (title, body) = ('a', 'b')
UPDATE post SET (title) = ('a')
UPDATE post SET (title, body) = (SELECT name, email FROM member WHERE member.id = author), draft = 0
UPDATE post SET title = name FROM member WHERE member.id = author
UPDATE post SET title = m.name FROM member AS m LEFT JOIN edge ON a = m.id, tag WHERE m.id = author AND tag.post = post.id
UPDATE post SET title = x FROM (SELECT 1 AS i, 'y' AS x) AS d WHERE i = id RETURNING id
UPDATE post SET title = x FROM (SELECT a COLLATE nocase, a + 1 AS x FROM edge) AS d WHERE d.a = id
WITH c(i, x) AS (SELECT 1, 'y') UPDATE post SET title = (SELECT x FROM c WHERE i = id) WHERE id IN (SELECT i FROM c)
WITH c AS (SELECT a COLLATE nocase FROM edge) UPDATE post SET title = 'a' WHERE id IN (SELECT a FROM c)
UPDATE post SET title = 'a' ORDER BY id LIMIT 1
UPDATE post SET title = 'a' WHERE draft ORDER BY score DESC, id LIMIT 2 OFFSET 3
UPDATE post SET title = 'a' LIMIT 3, 2
UPDATE post SET "title" = 1, [body] = 2, 'draft' = 3, `score` = - -4
UPDATE post SET title = body = 'x', draft = NOT draft, score = CASE WHEN draft THEN 1 ELSE 2 END
UPDATE post SET rowid = 1, id = 2
UPDATE published SET title = 'a'
-- DELETE
DELETE FROM post
DELETE FROM main.post AS p WHERE p.id = 1
DELETE FROM post INDEXED BY post_author WHERE author = 1
DELETE FROM post NOT INDEXED WHERE author = 1
DELETE FROM post WHERE id IN (SELECT post FROM tag) AND NOT EXISTS (SELECT 1 FROM edge WHERE a = post.id)
DELETE FROM post WHERE draft ORDER BY id LIMIT 5
DELETE FROM post WHERE draft RETURNING id LIMIT 5 OFFSET 1
DELETE FROM post LIMIT 1
WITH c AS (SELECT 1 AS i) DELETE FROM post WHERE id IN (SELECT i FROM c)
WITH c AS (SELECT 1 AS i) DELETE FROM post WHERE id IN c
DELETE FROM 'post'
