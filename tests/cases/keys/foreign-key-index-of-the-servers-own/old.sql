-- M14 T14: an index that the server made for a key goes with the statement that makes one which would do
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
CREATE TABLE tags (slug VARCHAR(20) NOT NULL PRIMARY KEY);
INSERT INTO tags (slug) VALUES ('new');
CREATE TABLE posts (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, tag VARCHAR(20), title VARCHAR(80), isbn VARCHAR(20), UNIQUE KEY isbn (isbn), CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users (id));
INSERT INTO posts (id, user_id, tag, title, isbn) VALUES (10, 1, 'new', 'x', 'a'), (11, 2, NULL, 'y', 'b');
