CREATE TABLE a (id int NOT NULL PRIMARY KEY, code varchar(10), kind int);
CREATE TABLE b (id int NOT NULL PRIMARY KEY, code varchar(10), kind bigint, a_id int, KEY by_a (a_id), CONSTRAINT a_taken CHECK (kind > 0), CONSTRAINT b_code UNIQUE (code));
