-- What the server is, and what a database like this one is created with.
SELECT current_setting('server_version_num')::int,
       current_setting('server_version'),
       current_database()::text,
       current_schema()::text,
       current_setting('search_path'),
       current_schemas(false)::text[],
       current_user::text,
       pg_encoding_to_char(d.encoding)::text,
       d.datcollate::text,
       d.datctype::text,
       to_jsonb(d) ->> 'datlocprovider',
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
       -- Extensions whose types and functions do not lie where CREATE EXTENSION would put them.
       ARRAY(SELECT format('%I WITH SCHEMA %I', e.extname, n.nspname)
               FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
              WHERE n.nspname <> 'pg_catalog' AND n.nspname IS DISTINCT FROM current_schema()
              ORDER BY e.extname)::text[],
       -- What a database, a role or the client has set for its sessions.
       (SELECT coalesce(json_object_agg(s.name, current_setting(s.name) ORDER BY s.name), '{}')::text
          FROM pg_catalog.pg_settings s
         WHERE s.context IN ('user', 'superuser')
           AND s.source IN ('database', 'user', 'database user', 'client', 'session')),
       -- What names a database that is PostgreSQL by its protocol alone.
       version(),
       EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus'),
       to_regproc('aurora_version') IS NOT NULL
  FROM pg_catalog.pg_database d
 WHERE d.datname = current_database()
