-- Something to look at: two people, a circle, a few posts. Run it as root, after schema.sql.

USE NS demo DB blog;

BEGIN;

INSERT INTO user (id, email, password, name, phone) VALUES
    (1, 'ada@example.com', password_hash('ada writes programs'), 'Ada', '+44 1'),
    (2, 'blaise@example.com', password_hash('blaise adds numbers'), 'Blaise', '+33 2');

INSERT INTO circle (id, owner, name) VALUES (1, 1, 'Ada''s readers');
INSERT INTO member (circle, person) VALUES (1, 2);

INSERT INTO post (id, author, circle, title, body, draft) VALUES
    (1, 1, NULL, 'Notes on the engine', 'It weaves algebraical patterns.', 0),
    (2, 1, 1, 'Note G', 'Bernoulli numbers, to be checked by my readers.', 1),
    (3, 1, NULL, 'Ideas', 'Nobody else sees this one.', 1),
    (4, 2, NULL, 'Fifty machines', 'Built so far.', 0);

INSERT INTO comment (post, author, body) VALUES
    (1, 2, 'Could it add up my father''s taxes?'),
    (2, 2, 'The fourth step has a wrong sign.');

COMMIT;
