CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY, name varchar(20) NOT NULL);
CREATE TABLE child (id int NOT NULL PRIMARY KEY, parent_id bigint, amount int, KEY child_parent (parent_id), CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id));
