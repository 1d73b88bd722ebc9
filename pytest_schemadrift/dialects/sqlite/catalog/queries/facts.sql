-- What the connection is; PRAGMA functions need SQLite 3.16.
SELECT
    sqlite_version(),
    (SELECT file FROM pragma_database_list WHERE name = 'main'),
    (SELECT foreign_keys FROM pragma_foreign_keys),
    (SELECT encoding FROM pragma_encoding)
