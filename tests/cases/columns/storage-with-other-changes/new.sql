CREATE TABLE notes (
    id integer PRIMARY KEY,
    body varchar(9000) STORAGE EXTERNAL,
    title text STORAGE EXTERNAL COMPRESSION pglz,
    label text STORAGE MAIN,
    other varchar(20) STORAGE MAIN,
    number integer,
    shout text STORAGE EXTERNAL COMPRESSION pglz GENERATED ALWAYS AS (upper(title) || '!') STORED,
    plain text COMPRESSION pglz,
    added text STORAGE EXTERNAL
);
CREATE TABLE files (id integer PRIMARY KEY, content bytea STORAGE EXTERNAL COMPRESSION pglz);
