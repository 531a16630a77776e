-- literals
SELECT NULL, 1, 0, 42, 0x2A, 0XfF, 9223372036854775807, 9223372036854775808
SELECT 1.5, .5, 5., 1e5, 1E+5, 1e-5, 0.1e10, 1e400, 12345678901234567890
SELECT 'text', '', 'it''s', 'say "hi"', 'new
  line', 'semi;colon', '-- no comment', '/* none */'
SELECT x'', X'00FF', x'abCD', x'53514C'
SELECT CURRENT_DATE, current_time, Current_Timestamp
SELECT true, false, TRUE, False, (true), (FALSE), NOT true, "true"."false" FROM "true"
SELECT ?, ?1, ?32766, :name, @name, $name, $a::b, $a::b(c'd), :1, @2
SELECT -9223372036854775808, - 9223372036854775808, -0x8000000000000000, -1.5e300
-- signs
SELECT - -1, -(-1), - - -1, -+1, +-1, ~-1, -~1, + +1, ~~1, NOT -1, -(NOT 1)
SELECT -id, +id, ~id, NOT id, - id, -(id), -(-id), NOT NOT id, NOT(NOT(id)) FROM post
SELECT 1 - -1, 1 - - 1, 1-(-1), 1 - (2 - 3), 1 - 2 - 3, (1 - 2) - 3, 1-+-1
SELECT -a COLLATE nocase, -(a COLLATE nocase), (-a) COLLATE nocase FROM edge
SELECT -(1 + 2), -(id * 2), ~(1 | 2), +(a || b) FROM edge, post
-- precedence
SELECT 1 + 2 * 3, (1 + 2) * 3, 1 + (2 * 3), 1 * 2 + 3, 1 * (2 + 3), 6 / 2 / 3, 6 / (2 / 3), 7 % 4 % 2, 7 % (4 % 2)
SELECT a || b || w, a || (b || w), (a || b) || w, a * b || w, (a * b) || w FROM edge
SELECT a | b & w, (a | b) & w, a | (b & w), a << b >> w, a << (b >> w), a + b << 2, a + (b << 2), a | b + 1 FROM edge
SELECT a < b < w, a < (b < w), a = b < w, (a = b) < w, a < b = w, a < (b = w), a > b, a >= b, a <= b FROM edge
SELECT a = b = w, a = (b = w), a == b, a <> b, a != b, a <> (b <> w), a = b IS w, a = (b IS w), (a = b) IS w FROM edge
SELECT NOT a = b, (NOT a) = b, NOT (a = b), a = NOT b, a = (NOT b), a = NOT b = w, (a = NOT b) = w, NOT a AND b, NOT (a AND b) FROM edge
SELECT NOT a IS NULL, NOT (a) IN (1), (NOT a) IN (1), NOT a BETWEEN 1 AND 2, (NOT a) BETWEEN 1 AND 2, NOT a LIKE b, (NOT a) LIKE b FROM edge
SELECT a AND b OR w, a AND (b OR w), (a AND b) OR w, a OR b AND w, (a OR b) AND w, a OR b OR w, a OR (b OR w), a AND (b AND w) FROM edge
SELECT a IS b, a IS NOT b, a IS (NOT b), a IS NOT NULL, a IS NULL, a IS NOT (b IS w), (a IS NOT b) IS w FROM edge
SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b, NOT a IS DISTINCT FROM b, (a IS DISTINCT FROM b) = w, a IS DISTINCT FROM (b = w) FROM edge
SELECT a IS NOT DISTINCT FROM NULL, a IS DISTINCT FROM NULL, (a = b) IS NOT DISTINCT FROM (w = 1) FROM edge
SELECT a ISNULL, a NOTNULL, a NOT NULL, (a = b) ISNULL, a = (b ISNULL), a = b ISNULL, a ISNULL ISNULL, a + b NOTNULL, NOT a NOT NULL FROM edge
SELECT a COLLATE nocase = b, a = b COLLATE nocase, (a = b) COLLATE nocase, a || b COLLATE rtrim, (a || b) COLLATE binary, a COLLATE "nocase" COLLATE 'binary' FROM edge
SELECT a -> b -> w, a -> (b -> w), data -> '$.x', data ->> '$.x', data -> 'a' ->> 'b', (data || 'x') -> 1, data || 'x' -> 1, data || ('x' -> 1) FROM post, edge
-- LIKE and its like
SELECT title LIKE 'a%', title NOT LIKE 'a%', title GLOB 'a*', title NOT GLOB 'a*', body LIKE title, (title LIKE 'a') LIKE 'b', title LIKE ('a' LIKE 'b') FROM post
SELECT title LIKE 'a%' ESCAPE '\', title NOT LIKE 'a' ESCAPE 'b', title LIKE 'a' || 'b' ESCAPE 'c', title LIKE (1 > 2) ESCAPE 'c', title LIKE 'a' ESCAPE ('b' || 'c') FROM post
SELECT title LIKE 1 > 2, (title LIKE 1) > 2, title LIKE 1 > 2 ESCAPE 3, title LIKE 'a' = 1, title LIKE 'a' ESCAPE 'b' = 1, title LIKE 'a' ESCAPE 'b' > 1 FROM post
SELECT title GLOB 'a' ESCAPE 'b' FROM post
SELECT title REGEXP 'a', title NOT REGEXP 'b', title MATCH 'c', title NOT MATCH 'd' FROM post
SELECT title FROM doc WHERE doc MATCH 'x'
SELECT title FROM doc WHERE title MATCH 'x' OR body NOT MATCH 'y'
SELECT like('a', 'b'), glob('a', 'b'), like('a', 'b', 'c'), match('a', 'b') FROM post
-- BETWEEN
SELECT a BETWEEN 1 AND 2, a NOT BETWEEN 1 AND 2, a BETWEEN 1 AND 2 AND b, a BETWEEN (1 AND 2) AND 3, a BETWEEN 1 AND (2 AND 3) FROM edge
SELECT a BETWEEN b = 1 AND w = 2, a BETWEEN (b = 1) AND (w = 2), a BETWEEN 1 AND 2 = b, (a BETWEEN 1 AND 2) = b, a = b BETWEEN 1 AND 2, a = (b BETWEEN 1 AND 2) FROM edge
SELECT a BETWEEN b BETWEEN 1 AND 2 AND 3, a BETWEEN 1 AND 2 BETWEEN 3 AND 4, a BETWEEN 1 AND (2 BETWEEN 3 AND 4), a BETWEEN 1 > 2 AND 3 > 4 FROM edge
SELECT a + 1 BETWEEN b + 1 AND w || 2, NOT a BETWEEN 1 AND 2 OR b, a BETWEEN NOT b AND NOT w FROM edge
-- IN
SELECT a IN (), a NOT IN (), a IN (1), a IN (1, 2, 3), a NOT IN (1, 2), a IN (b, w), a IN (1) IN (2), a IN ((1) IN (2)) FROM edge
SELECT a IN (SELECT b FROM edge), a NOT IN (SELECT b FROM edge), a IN ((SELECT b FROM edge)), a IN (VALUES (1), (2)), a IN (VALUES (1)) FROM edge
SELECT id IN tagged, id IN main.tagged, id NOT IN 'tagged', id IN "tagged" FROM post
SELECT a IN one, a NOT IN main.one FROM edge, (SELECT 1)
WITH one(x) AS (VALUES (1), (2)) SELECT a IN one, b NOT IN one, a IN "one", w IN 'one' FROM edge
SELECT a IN json_each('[1]'), a IN main.json_each('[1]'), b IN json_each(), a NOT IN generate_series(1, 2) FROM edge
SELECT a = 1 IN (1), a = (1 IN (1)), (a, b) IN (SELECT a, b FROM edge), (a, b) IN (VALUES (1, 2), (3, 4)), (a, b) NOT IN (SELECT 1, 2) FROM edge
SELECT a IN (1) AND b, a IN (1) = 1, a IN (1) + 1, -a IN (1), -(a IN (1)), NOT a IN (1) FROM edge
-- row values
SELECT (1, 2) = (3, 4), (a, b) < (b, a), (a, b) IS (1, 2), (a, b) BETWEEN (1, 2) AND (3, 4), (a, b) = (SELECT 1, 2), (a, b, w) <> (1, 2, 3) FROM edge
SELECT CASE (1, 2) WHEN (1, 2) THEN 3 END, ((1, 2)) = ((3, 4))
SELECT 1 FROM edge WHERE (a, b) > (SELECT a, b FROM edge LIMIT 1)
SELECT 1 FROM edge WHERE (a, (b, w)) = (1, (2, 3))
-- CASE, CAST
SELECT CASE WHEN a THEN 1 END, CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 ELSE 5 END, CASE a WHEN 1 THEN 2 END FROM edge
SELECT CASE a = b WHEN true THEN 1 END, CASE WHEN a AND b THEN CASE WHEN w THEN 1 END ELSE NOT a END, CASE CASE 1 WHEN 1 THEN 2 END WHEN 2 THEN 3 END FROM edge
SELECT CAST(a AS int), CAST(a AS text), CAST(a AS varchar(10)), CAST(a AS decimal(10, 2)), CAST(a AS double precision), CAST(a AS "big int"), CAST(a AS 'text'), CAST(a AS), CAST(a AS native character(-70)), CAST(a AS x(+1)) FROM edge
SELECT CAST(a + b AS int), CAST(a AS int) + 1, -CAST(a AS int), CAST(CAST(a AS text) AS blob), CAST(NOT a AS int), CAST(a AS unsigned /* why */ big int) FROM edge
-- functions
SELECT count(*), count(a), count(DISTINCT a), count(ALL a), max(a, b), min(a), "count"(*), [count](*), `count`(*), COUNT(*), sum(a + b) FROM edge
SELECT abs(-1), abs(- -1), length('x'), coalesce(a, b, w), iif(a, b, w), ifnull(a, 1), nullif(a, 1), random(), date(), date('now', '+1 day') FROM edge
SELECT replace('a', 'b', 'c'), "replace"('a', 'b', 'c'), substr('abc', 1, 2), printf('%d', 1), char(65, 66), glob('*', 'x'), date('now'), likely(a), unlikely(b), likelihood(w, 0.5) FROM edge
SELECT group_concat(DISTINCT a), group_concat(a, ';'), total(w), avg(w) FROM edge
SELECT count() , nosuch(), nosuch(1, 2), x(DISTINCT), y(ALL) FROM edge
SELECT sum(a) FILTER (WHERE b > 1), count(*) FILTER (WHERE a AND b), sum(DISTINCT a) FILTER (WHERE b), filter, over FROM edge, (SELECT 1 AS filter, 2 AS over)
SELECT indexed(1), if(1, 2), key(1), abort(1), first(1), value(1), type(1), token(1), session(1)
-- subqueries
SELECT (SELECT 1), (SELECT a FROM edge), EXISTS (SELECT 1), NOT EXISTS (SELECT 1 FROM edge), (SELECT (SELECT (SELECT 1))), ((SELECT 1)), (((1)))
SELECT (SELECT max(a) FROM edge WHERE b = post.id), (VALUES (1)), (WITH c AS (SELECT 1) SELECT * FROM c), (SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 1) FROM post
SELECT id, (SELECT count(*) FROM tag WHERE tag.post = post.id) AS tags FROM post WHERE EXISTS (SELECT 1 FROM tag WHERE tag.post = post.id AND label = 'x')
SELECT - (SELECT 1), (SELECT 1) + (SELECT 2), (SELECT 1) IN (SELECT 2), (SELECT 'a') COLLATE nocase, (SELECT 1) BETWEEN (SELECT 2) AND (SELECT 3)
SELECT EXISTS (SELECT 1) + 1, -EXISTS (SELECT 1), EXISTS (VALUES (1)), EXISTS (SELECT 1) IS NULL
-- RAISE outside of a trigger is a semantic error
SELECT RAISE(IGNORE)
SELECT RAISE(ABORT, 'no'), RAISE(FAIL, "no"), RAISE(ROLLBACK, no)
-- names in expressions
SELECT post.title, main.post.title, "post"."title", [main].[post].[title], `post`.`title`, 'post'.'title', 'main'."post".[title] FROM post
SELECT rowid, _rowid_, oid, post.rowid, main.post.rowid, "rowid", ROWID FROM post
SELECT rowid, "order", wide.rowid FROM wide
SELECT "a b", "c""d", [select], `left`, left, "odd name"."left" FROM "odd name"
SELECT TITLE, Post.TITLE, (title), ((title)), title AS t, title t, title 't', title "t", title AS 'it''s', title [x y], title `z` FROM POST
SELECT a COLLATE nocase, (a), +a, a + b, a+b, a /* c */ + b , a -- d
  , count(*) FROM edge
SELECT * FROM (SELECT a COLLATE nocase, likely(b), a + b, (w), true, 'x', count(*) FROM edge)
SELECT a, "a + b", "count(*)" FROM (SELECT a COLLATE nocase, a + b, count(*) FROM edge)
WITH c AS (SELECT a COLLATE nocase, a+b, (b), 1 FROM edge) SELECT a, "a+b", b, "1", * FROM c
SELECT abort, action, after, always, analyze, asc FROM (SELECT 1 AS abort, 2 AS action, 3 AS after, 4 AS always, 5 AS analyze, 6 AS asc)
SELECT key, desc, end, if, like, glob, match, no, plan, row, rows, temp, view, with, without, window, over, filter FROM edge
SELECT current, following, partition, range, unbounded, exclude, groups, others, ties, generated, materialized, reindex, rename, nulls, first, last FROM edge
SELECT use, define, remove, info, scope, login, user, ns, db, namespace, token, type, value, roles, session, signin, signup, connect, password, none, root, field, overwrite, permissions, cancel, duration, passhash FROM edge
SELECT natural, cross, left, right, full, inner, outer FROM edge
SELECT left.a, cross.b, "left".a FROM edge AS left, edge AS cross
SELECT é, 日本, _x, x$y, "x" FROM (SELECT 1 AS é, 2 AS 日本, 3 AS _x, 4 AS x$y, 5 AS x)
