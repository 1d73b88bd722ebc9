-- P26: when a key is checked: at the statement's end, at the transaction's, or at once
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, place INTEGER NOT NULL, name VARCHAR(50), CONSTRAINT users_place UNIQUE (place), CONSTRAINT users_name UNIQUE (name) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO users (id, place, name) VALUES (1, 10, 'ann'), (2, 20, NULL);
CREATE TABLE ranks (place INTEGER NOT NULL, mark INTEGER, CONSTRAINT ranks_pkey PRIMARY KEY (place), CONSTRAINT ranks_mark UNIQUE (mark) DEFERRABLE);
INSERT INTO ranks (place, mark) VALUES (1, 5), (2, NULL);
