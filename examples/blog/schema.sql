-- A blog with circles of readers: who may see and change what is said once, here. Run it as root.

DEFINE NAMESPACE IF NOT EXISTS demo;
USE NS demo;
DEFINE DATABASE blog;
USE DB blog;

CREATE TABLE user (
    id       INTEGER PRIMARY KEY,
    email    TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password TEXT NOT NULL,
    name     TEXT,
    phone    TEXT
);

CREATE TABLE circle (
    id    INTEGER PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name  TEXT NOT NULL
);
CREATE INDEX circle_owner ON circle (owner);

CREATE TABLE member (
    circle INTEGER NOT NULL REFERENCES circle (id) ON DELETE CASCADE,
    person INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    PRIMARY KEY (person, circle)
) WITHOUT ROWID;
CREATE INDEX member_circle ON member (circle);

CREATE TABLE post (
    id     INTEGER PRIMARY KEY,
    author INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    circle INTEGER REFERENCES circle (id) ON DELETE SET NULL,
    title  TEXT NOT NULL,
    body   TEXT NOT NULL DEFAULT '',
    draft  INTEGER NOT NULL DEFAULT 1 CHECK (draft IN (0, 1))
);
CREATE INDEX post_author ON post (author);
CREATE INDEX post_circle ON post (circle);

CREATE TABLE comment (
    id     INTEGER PRIMARY KEY,
    post   INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
    author INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    body   TEXT NOT NULL
);
CREATE INDEX comment_post ON comment (post);
CREATE INDEX comment_author ON comment (author);

-- Everybody sees who is there; e-mail address and phone number are for their owner's eyes, the password is for nobody's.
DEFINE TABLE user PERMISSIONS
    FOR select FULL,
    FOR update, delete WHERE id = $auth.id;
DEFINE FIELD email ON user PERMISSIONS FOR select WHERE id = $auth.id, FOR create, update FULL;
DEFINE FIELD phone ON user PERMISSIONS FOR select WHERE id = $auth.id, FOR create, update FULL;
DEFINE FIELD password ON user PERMISSIONS FOR select NONE, FOR create, update FULL;
DEFINE FIELD id ON user PERMISSIONS FOR select FULL, FOR create, update NONE;

-- A circle is seen by its owner and its members, and so is who belongs to it.
DEFINE TABLE circle PERMISSIONS
    FOR select WHERE owner = $auth.id OR id IN (SELECT circle FROM member WHERE person = $auth.id),
    FOR create, update, delete WHERE owner = $auth.id;
DEFINE TABLE member PERMISSIONS
    FOR select WHERE person = $auth.id
                  OR circle IN (SELECT id FROM circle WHERE owner = $auth.id)
                  OR circle IN (SELECT circle FROM member WHERE person = $auth.id),
    FOR create WHERE circle IN (SELECT id FROM circle WHERE owner = $auth.id),
    FOR delete WHERE person = $auth.id OR circle IN (SELECT id FROM circle WHERE owner = $auth.id);

-- A post is for everybody unless it is a draft; a draft is for its author and the circle that the author gave it to.
DEFINE TABLE post PERMISSIONS
    FOR select WHERE draft = 0
                  OR author = $auth.id
                  OR circle IN (SELECT circle FROM member WHERE person = $auth.id),
    FOR create, update WHERE author = $auth.id
                  AND (circle IS NULL OR circle IN (SELECT id FROM circle WHERE owner = $auth.id)),
    FOR delete WHERE author = $auth.id;

-- Whoever sees a post sees its comments and may add one. A comment goes when its author or the post's wants it to.
DEFINE TABLE comment PERMISSIONS
    FOR select WHERE post IN (SELECT id FROM post
                              WHERE draft = 0
                                 OR author = $auth.id
                                 OR circle IN (SELECT circle FROM member WHERE person = $auth.id)),
    FOR create WHERE author = $auth.id
                 AND post IN (SELECT id FROM post
                              WHERE draft = 0
                                 OR author = $auth.id
                                 OR circle IN (SELECT circle FROM member WHERE person = $auth.id)),
    FOR update WHERE author = $auth.id,
    FOR delete WHERE author = $auth.id OR post IN (SELECT id FROM post WHERE author = $auth.id);

DEFINE SCOPE account SESSION 1h WITH REFRESH 30d
    SIGNUP AS (
        INSERT INTO user (email, password, name) VALUES ($email, password_hash($password), $name) RETURNING id
    )
    SIGNIN AS (
        SELECT id FROM user WHERE email = $email AND password_verify($password, password) = 1
    );
