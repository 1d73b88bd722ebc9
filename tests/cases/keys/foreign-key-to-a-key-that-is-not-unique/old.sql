-- MySQL 8.4 takes no foreign key to a part of a key (error 6125): said in words, and no plan is printed for that table.
CREATE TABLE p (id INTEGER NOT NULL PRIMARY KEY, code INTEGER, part INTEGER, KEY p_code (code, part));
CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, code INTEGER, KEY t_code (code));
INSERT INTO p (id, code) VALUES (1, 7);
INSERT INTO t (id, code) VALUES (1, 7), (2, NULL);
