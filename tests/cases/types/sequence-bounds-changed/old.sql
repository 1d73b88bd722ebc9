-- The sequence stands where its new bounds end or begin later.
-- afterwards: SELECT nextval('later') => 50
-- afterwards: SELECT last_value FROM shorter => 100
CREATE SEQUENCE later;
CREATE SEQUENCE shorter;
CREATE TABLE t (id bigint DEFAULT nextval('later') PRIMARY KEY, v integer);
INSERT INTO t (v) VALUES (10), (20);
SELECT setval('shorter', 500);
