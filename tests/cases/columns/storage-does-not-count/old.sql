-- How values are kept counts only where column_storage asks for it.
CREATE TABLE notes (id integer PRIMARY KEY, body text, title varchar(80));
ALTER TABLE notes ALTER COLUMN title SET STORAGE MAIN, ALTER COLUMN body SET COMPRESSION pglz;
INSERT INTO notes VALUES (1, repeat('body ', 900), 'a title');
