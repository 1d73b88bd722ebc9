-- KEY_BLOCK_SIZE belongs to one row format: another one that is asked for goes without
CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a VARCHAR(9)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4;
INSERT INTO t VALUES (1, 'x');
