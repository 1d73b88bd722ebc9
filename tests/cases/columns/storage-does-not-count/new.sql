CREATE TABLE notes (id integer PRIMARY KEY, body text STORAGE EXTERNAL, title varchar(80));
