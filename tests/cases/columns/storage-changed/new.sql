CREATE TABLE notes (
    id integer STORAGE plain PRIMARY KEY,
    body text STORAGE EXTERNAL,
    title varchar(80) STORAGE EXTENDED,
    packed text STORAGE MAIN COMPRESSION pglz,
    blob bytea COMPRESSION default,
    price numeric(8,2) STORAGE main,
    tags text[] STORAGE DEFAULT
);
