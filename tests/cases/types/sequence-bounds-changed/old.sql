-- The sequence stands where its new bounds end or begin later.
CREATE SEQUENCE later;
CREATE SEQUENCE shorter;
CREATE TABLE t (id bigint DEFAULT nextval('later') PRIMARY KEY, v integer);
INSERT INTO t (v) VALUES (10), (20);
SELECT setval('shorter', 500);
