CREATE EXTENSION lo;
CREATE TABLE file (id int PRIMARY KEY, body lo, name varchar(20), kind text);
CREATE TRIGGER clean BEFORE UPDATE OR DELETE ON file FOR EACH ROW EXECUTE FUNCTION lo_manage(body);
