-- A constraint that goes waits, too, unless its name or its columns are wanted by what comes.
-- refused with: INSERT INTO b (id, code, kind, a_id) VALUES (3, 'x', 1, 1)
CREATE TABLE a (id int NOT NULL PRIMARY KEY, code varchar(10), kind int, gone int, CONSTRAINT a_code UNIQUE (code), CONSTRAINT a_kind CHECK (kind > 0), CONSTRAINT a_taken CHECK (gone > 0));
CREATE TABLE b (id int NOT NULL PRIMARY KEY, code varchar(10), kind int, a_id int, KEY by_a (a_id), KEY by_kind (kind), CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a (id));
INSERT INTO a (id, code, kind, gone) VALUES (1, 'x', 1, 7);
INSERT INTO b (id, code, kind, a_id) VALUES (1, 'x', 1, 1), (2, 'y', 2, NULL);
