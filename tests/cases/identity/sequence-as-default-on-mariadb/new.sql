CREATE SEQUENCE numbers START WITH 100;
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, n bigint DEFAULT nextval(numbers), m bigint DEFAULT nextval(numbers));
