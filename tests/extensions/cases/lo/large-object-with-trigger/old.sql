-- lo: the type of a large object, with the trigger that cleans up, in a table that changes.
-- afterwards: SELECT body::text FROM file WHERE id = 2 => 4711
CREATE EXTENSION lo;
CREATE TABLE file (id int PRIMARY KEY, body lo, name varchar(10));
CREATE TRIGGER clean BEFORE UPDATE OR DELETE ON file FOR EACH ROW EXECUTE FUNCTION lo_manage(body);
INSERT INTO file VALUES (1, NULL, 'a'), (2, 4711, 'b');
