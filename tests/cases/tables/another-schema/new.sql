CREATE SCHEMA side;
CREATE TABLE side.t (id integer PRIMARY KEY, v text);
CREATE SCHEMA more;
CREATE TABLE more.u (id integer PRIMARY KEY REFERENCES side.t (id));
