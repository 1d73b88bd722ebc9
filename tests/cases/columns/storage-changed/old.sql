-- With column_storage = true the way in which values are kept counts: set, changed, back to the type's own.
-- policy: column_storage=true
-- afterwards: SELECT string_agg(format('%s %s%s', attname, attstorage, attcompression), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attnum > 0 => id p, body e, title x, packed mp, blob x, price m, tags x
CREATE TABLE notes (id integer PRIMARY KEY, body text, title varchar(80), packed text, blob bytea, price numeric(8,2), tags text[]);
ALTER TABLE notes ALTER COLUMN title SET STORAGE MAIN, ALTER COLUMN packed SET STORAGE EXTERNAL;
ALTER TABLE notes ALTER COLUMN blob SET COMPRESSION pglz;
ALTER TABLE notes ALTER COLUMN tags SET STORAGE EXTERNAL;
INSERT INTO notes VALUES (1, repeat('body ', 900), 'a title', repeat('packed ', 700), '\x0102', 9.5, '{a,b}'), (2, NULL, NULL, NULL, NULL, NULL, NULL);
