-- A new type forgets how values are kept, a column that is recreated too: both have afterwards what is wanted, and so have a new column and a new table.
-- policy: column_storage=true
-- afterwards: SELECT string_agg(format('%s %s%s', attname, attstorage, attcompression), ', ' ORDER BY attname) FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attnum > 0 AND NOT attisdropped => added e, body e, id p, label m, number p, other m, plain xp, shout ep, title ep
-- afterwards: SELECT format('%s%s', attstorage, attcompression) FROM pg_attribute WHERE attrelid = 'files'::regclass AND attname = 'content' => ep
CREATE TABLE notes (
    id integer PRIMARY KEY,
    body text STORAGE EXTERNAL,
    title text STORAGE MAIN,
    label varchar(80) STORAGE MAIN,
    other text STORAGE EXTERNAL,
    number text STORAGE EXTERNAL,
    shout text STORAGE MAIN GENERATED ALWAYS AS (upper(title)) STORED,
    plain text STORAGE MAIN GENERATED ALWAYS AS (lower(label)) STORED
);
INSERT INTO notes (id, body, title, other, number) VALUES (1, repeat('body ', 900), 'a title', 'other', '7'), (2, NULL, NULL, NULL, NULL);
