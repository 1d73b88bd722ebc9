-- MariaDB cannot convert a number or time into a UUID, an address or a vector, whatever the rows are: it is said before anything is run
CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a DATE);
INSERT INTO t VALUES (1, NULL);
