CREATE TABLE node (id bigint PRIMARY KEY, parent_id bigint, CONSTRAINT node_parent FOREIGN KEY (parent_id) REFERENCES node (id) ON DELETE SET NULL);
CREATE TABLE a (id bigint PRIMARY KEY, b_id bigint);
CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint NOT NULL, CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a (id));
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b_id) REFERENCES b (id);
