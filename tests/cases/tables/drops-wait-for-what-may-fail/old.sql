-- MySQL and MariaDB commit every statement: what the rows may refuse runs before a table or a column is dropped.
-- refused with: INSERT INTO child (id, parent_id, amount, note) VALUES (3, 99, '3', 'an orphan')
CREATE TABLE parent (id int NOT NULL PRIMARY KEY, name varchar(20), nick varchar(20), KEY by_nick (nick));
CREATE TABLE junk (id int NOT NULL PRIMARY KEY, parent_id int, CONSTRAINT junk_parent FOREIGN KEY (parent_id) REFERENCES parent (id));
CREATE TABLE child (id int NOT NULL PRIMARY KEY, parent_id int, amount varchar(20), note varchar(20), KEY by_amount (amount));
INSERT INTO parent (id, name, nick) VALUES (1, 'a', 'x'), (2, 'b', 'y');
INSERT INTO junk (id, parent_id) VALUES (1, 1);
INSERT INTO child (id, parent_id, amount, note) VALUES (1, 1, '10', 'one'), (2, 2, '20', 'two');
