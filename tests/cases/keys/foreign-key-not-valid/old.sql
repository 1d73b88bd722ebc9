-- P26: a key that was never validated is validated
-- afterwards: SELECT convalidated FROM pg_constraint WHERE conname = 'posts_user' => True
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
CREATE TABLE posts (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, title VARCHAR(80));
INSERT INTO posts (id, user_id, title) VALUES (10, 1, 'x'), (11, 2, 'y');
ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE NOT VALID;
