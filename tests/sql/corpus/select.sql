-- result lists
SELECT 1
SELECT ALL 1
SELECT DISTINCT a, b FROM edge
SELECT *, edge.*, a FROM edge
SELECT e.*, "e".*, 'e'.*, [e].* FROM edge e
SELECT left.* FROM edge AS left
SELECT 1 AS one, 2 two, 3 'three', 4 AS "four", 5 AS [five], 6 AS left, 7 AS 'six'
SELECT 1;
SELECT 1; SELECT 2;
;
;;SELECT 1;;
-- FROM
SELECT * FROM edge, post, tag
SELECT * FROM main.edge AS e, "main"."post" p, 'tag' 't'
SELECT * FROM edge JOIN post ON a = id
SELECT * FROM edge INNER JOIN post ON a = id AND b = author OR w
SELECT * FROM edge CROSS JOIN post
SELECT * FROM edge CROSS JOIN post ON a = id WHERE b
SELECT * FROM edge LEFT JOIN post ON a = id
SELECT * FROM edge LEFT OUTER JOIN post ON a = id LEFT JOIN tag ON tag.post = post.id
SELECT * FROM edge RIGHT JOIN post ON a = id
SELECT * FROM edge RIGHT OUTER JOIN post ON a = id
SELECT * FROM edge FULL JOIN post ON a = id
SELECT * FROM edge FULL OUTER JOIN post ON a = id
SELECT * FROM post NATURAL JOIN member
SELECT * FROM post NATURAL LEFT JOIN member
SELECT * FROM post NATURAL LEFT OUTER JOIN member
SELECT * FROM post LEFT NATURAL JOIN member
SELECT * FROM post OUTER LEFT NATURAL JOIN member
SELECT * FROM post NATURAL INNER JOIN member
SELECT * FROM post NATURAL CROSS JOIN member
SELECT * FROM post NATURAL FULL OUTER JOIN member
SELECT * FROM post NATURAL RIGHT JOIN member
SELECT * FROM post LEFT RIGHT JOIN member USING (id)
SELECT * FROM post INNER CROSS JOIN member
SELECT * FROM post JOIN member USING (id)
SELECT * FROM post LEFT JOIN member USING (id) JOIN edge ON a = id
SELECT * FROM post a JOIN post b USING (id, title)
SELECT * FROM post, member USING (id)
SELECT * FROM post, edge ON a = id
SELECT * FROM post JOIN edge JOIN tag ON a = tag.post
SELECT * FROM (post)
SELECT * FROM ((post))
SELECT * FROM (post, edge)
SELECT * FROM (post JOIN edge ON a = id)
SELECT * FROM (post JOIN edge ON a = id) AS j
SELECT * FROM post JOIN (edge JOIN tag ON a = tag.post) ON id = b
SELECT * FROM post LEFT JOIN (edge, tag) ON id = a
SELECT * FROM post, (edge CROSS JOIN tag), member
SELECT * FROM ((post JOIN edge ON a = id) JOIN tag ON tag.post = id) LEFT JOIN member ON member.id = author
SELECT * FROM (post AS p)
SELECT * FROM ((SELECT 1 AS x)) WHERE x
SELECT x.a FROM edge JOIN (edge AS x) ON x.a = edge.b
SELECT * FROM (SELECT 1)
SELECT * FROM (SELECT a FROM edge) AS d, (SELECT b FROM edge) e, (VALUES (1, 2), (3, 4)) v
SELECT column1, v.column2 FROM (VALUES (1, 2)) AS v
SELECT * FROM (SELECT a FROM edge UNION ALL SELECT b FROM edge ORDER BY 1 LIMIT 5)
SELECT * FROM (WITH c(x) AS (SELECT 1) SELECT x FROM c) JOIN edge ON x = a
SELECT * FROM post INDEXED BY post_author WHERE author = 1
SELECT * FROM post AS p INDEXED BY "post_author" WHERE author = 1
SELECT * FROM post NOT INDEXED WHERE author = 1
SELECT * FROM post p NOT INDEXED JOIN edge NOT INDEXED ON a = id
SELECT * FROM json_each('[1,2]')
SELECT * FROM json_each('{"a":1}', '$.a') AS j, json_tree(j.value) t
SELECT * FROM post, json_each(post.data) WHERE json_each.value = 1
SELECT * FROM post LEFT JOIN json_each(data) ON value = id
SELECT * FROM main.json_each('[]')
SELECT * FROM pragma_table_info('post')
SELECT * FROM pragma_table_list()
SELECT * FROM published AS v JOIN member ON member.id = v.author
SELECT * FROM sqlite_schema, sqlite_master, main.sqlite_schema AS s
SELECT * FROM edge AS a, edge AS b, edge AS c WHERE a.a = b.b AND b.a = c.b
SELECT * FROM nosuch, main.nosuch, nosuch.post
-- WHERE, GROUP BY, HAVING
SELECT a FROM edge WHERE b = 1
SELECT 1 WHERE 0
SELECT 1 WHERE NOT 0 GROUP BY 1 HAVING 1 ORDER BY 1 LIMIT 1
SELECT a, count(*) FROM edge GROUP BY a
SELECT a, b, sum(w) AS total FROM edge WHERE w > 0 GROUP BY a, b HAVING sum(w) > 10 ORDER BY total DESC
SELECT a + b AS s FROM edge GROUP BY s HAVING s > 1
SELECT count(*) FROM edge HAVING count(*) > 1
SELECT a FROM edge GROUP BY a HAVING NOT a
SELECT max(a), b FROM edge GROUP BY a COLLATE nocase, b + 1, (w)
-- ORDER BY, LIMIT
SELECT a FROM edge ORDER BY a
SELECT a FROM edge ORDER BY a ASC, b DESC, w
SELECT a FROM edge ORDER BY a NULLS FIRST, b DESC NULLS LAST, w ASC NULLS LAST
SELECT a FROM edge ORDER BY 1, (1), +1, a + b, a COLLATE nocase DESC
SELECT a AS x, b FROM edge ORDER BY x, "b"
SELECT a FROM edge ORDER BY random() LIMIT 1
SELECT a FROM edge LIMIT 10
SELECT a FROM edge LIMIT 10 OFFSET 5
SELECT a FROM edge LIMIT 5, 10
SELECT a FROM edge LIMIT ?, ?
SELECT a FROM edge LIMIT ? OFFSET ?
SELECT a FROM edge LIMIT -1 OFFSET 1 + 1
SELECT a FROM edge LIMIT (SELECT 1), (SELECT 2)
SELECT a FROM edge ORDER BY a LIMIT 1 + 2 * 3
-- compounds
SELECT 1 UNION SELECT 2
SELECT 1 UNION ALL SELECT 2 UNION SELECT 3
SELECT 1 INTERSECT SELECT 2 EXCEPT SELECT 3
SELECT a FROM edge UNION SELECT id FROM post ORDER BY 1 LIMIT 3 OFFSET 1
SELECT DISTINCT a FROM edge UNION ALL SELECT ALL b FROM edge
SELECT a AS x FROM edge UNION ALL SELECT b FROM edge ORDER BY x DESC
SELECT 1 UNION VALUES (2), (3)
VALUES (1), (2) UNION SELECT 3
VALUES (1) UNION ALL VALUES (2) EXCEPT VALUES (1), (3)
SELECT * FROM edge WHERE a IN (SELECT 1 UNION SELECT 2 INTERSECT SELECT 3)
SELECT a FROM edge GROUP BY a UNION SELECT b FROM edge GROUP BY b HAVING b
VALUES (1)
VALUES (1, 'a', NULL), (2, 'b', x'00'), (3 + 4, -5, (SELECT 6))
VALUES (1), (2), (3), (4)
-- WITH
WITH c AS (SELECT 1) SELECT * FROM c
WITH c(x) AS (SELECT 1), d(y, z) AS (SELECT x, 2 FROM c) SELECT * FROM c, d
WITH c AS MATERIALIZED (SELECT a FROM edge) SELECT * FROM c
WITH c AS NOT MATERIALIZED (SELECT a FROM edge) SELECT * FROM c AS one, c AS two
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n
WITH RECURSIVE n(i) AS (VALUES (1) UNION SELECT i + 1 FROM n LIMIT 10) SELECT i FROM n ORDER BY i DESC
WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n ORDER BY 1 LIMIT 5) SELECT sum(i) FROM n
WITH RECURSIVE walk(x, depth) AS (SELECT 1, 0 UNION SELECT b, depth + 1 FROM edge JOIN walk ON a = x WHERE depth < 5) SELECT DISTINCT x FROM walk
WITH post AS (SELECT 1 AS id) SELECT * FROM post, main.post AS p
WITH "c d" AS (SELECT 1), 'e' AS (SELECT 2), [f] AS (SELECT 3), left AS (SELECT 4) SELECT * FROM "c d", 'e', f, left
WITH a AS (WITH b AS (SELECT 1 AS x) SELECT x FROM b) SELECT * FROM a UNION SELECT 2
WITH c AS (SELECT 1) VALUES (1)
WITH c(x) AS (VALUES (1), (2)) SELECT (SELECT max(x) FROM c), x IN c FROM c
WITH c(x, y) AS (SELECT a, count(*) FROM edge GROUP BY a) SELECT x, sum(y) FROM c GROUP BY x
SELECT (WITH c AS (SELECT 1) SELECT * FROM c), EXISTS (WITH RECURSIVE c AS (SELECT 1) SELECT * FROM c)
SELECT sum(w) OVER "a b" FROM edge WINDOW "a b" AS (ORDER BY a)
WITH materialized AS (SELECT 1) SELECT * FROM materialized
-- windows
SELECT row_number() OVER () FROM edge
SELECT row_number() OVER (ORDER BY a), rank() OVER (PARTITION BY a ORDER BY b DESC), sum(w) OVER (PARTITION BY a, b) FROM edge
SELECT sum(w) OVER win FROM edge WINDOW win AS (ORDER BY a)
SELECT sum(w) OVER win, count(*) OVER (win), avg(w) OVER (win ROWS 1 PRECEDING) FROM edge WINDOW win AS (PARTITION BY a ORDER BY b)
SELECT sum(w) OVER (one PARTITION BY a ORDER BY b) FROM edge WINDOW one AS (ORDER BY a)
SELECT sum(w) OVER one, sum(w) OVER two FROM edge WINDOW one AS (PARTITION BY a), two AS (one ORDER BY b) ORDER BY 1 LIMIT 3
SELECT sum(w) OVER (ORDER BY a ROWS UNBOUNDED PRECEDING) FROM edge
SELECT sum(w) OVER (ORDER BY a ROWS 2 PRECEDING), sum(w) OVER (ORDER BY a RANGE CURRENT ROW) FROM edge
SELECT sum(w) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM edge
SELECT sum(w) OVER (ORDER BY a ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING), sum(w) OVER (ORDER BY a ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) FROM edge
SELECT sum(w) OVER (ORDER BY a RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM edge
SELECT sum(w) OVER (ORDER BY a RANGE BETWEEN 1.5 PRECEDING AND 2 + 1 FOLLOWING) FROM edge
SELECT sum(w) OVER (ORDER BY a GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM edge
SELECT sum(w) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM edge
SELECT sum(w) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE NO OTHERS) FROM edge
SELECT sum(w) OVER (ORDER BY a ROWS 1 PRECEDING EXCLUDE TIES), sum(w) OVER (ORDER BY a ROWS CURRENT ROW EXCLUDE GROUP) FROM edge
SELECT sum(w) FILTER (WHERE a > 1) OVER (PARTITION BY b), count(*) FILTER (WHERE a) OVER win FROM edge WINDOW win AS ()
SELECT count(*) OVER (ROWS ? PRECEDING), sum(w) OVER (ORDER BY a ROWS BETWEEN (1 BETWEEN 0 AND 2) PRECEDING AND 1 FOLLOWING) FROM edge
SELECT lag(a, 1, 0) OVER (ORDER BY b), lead(a) OVER w, ntile(4) OVER w, first_value(a) OVER w, nth_value(a, 2) OVER w FROM edge WINDOW w AS (ORDER BY a, b)
SELECT group_concat(a, ',') OVER (ORDER BY b NULLS LAST, w COLLATE nocase) FROM edge
SELECT max(w) OVER (PARTITION BY a + b ORDER BY (SELECT 1)) AS m FROM edge ORDER BY m
SELECT a, rank() OVER (ORDER BY sum(w)) FROM edge GROUP BY a
SELECT window FROM (SELECT 1 AS window) AS window
SELECT over FROM edge AS over WINDOW over AS (ORDER BY a)
SELECT sum(w) OVER partition FROM edge WINDOW partition AS (PARTITION BY a)
-- comments and space
SELECT/**/1/* two */+/*three*/2 -- four
SELECT 1 -- the end
SELECT 1 /* no end
/* a */ SELECT /* b -- c */ 1 -- d /* e
  , 2
SELECT	1 ,2
