-- What the server is, and what a database like this one is created with.
SELECT pg_catalog.current_setting('server_version_num')::int AS number,
       pg_catalog.current_setting('server_version') AS version,
       pg_catalog.current_database()::text AS database,
       pg_catalog.current_schema()::text AS schema,
       pg_catalog.current_setting('search_path') AS path,
       pg_catalog.current_schemas(false)::text[] AS schemas,
       current_user::text AS role,
       pg_catalog.pg_encoding_to_char(d.encoding)::text AS charset,
       d.datcollate::text AS collate,
       d.datctype::text AS ctype,
       pg_catalog.to_jsonb(d) ->> 'datlocprovider'::text AS provider,
       coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale'::text, pg_catalog.to_jsonb(d) ->> 'daticulocale'::text) AS locale,
       -- Extensions whose types and functions do not lie where CREATE EXTENSION would put them.
       ARRAY(SELECT pg_catalog.format('%I WITH SCHEMA %I', e.extname, n.nspname)
               FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
              WHERE n.nspname <> 'pg_catalog' AND n.nspname IS DISTINCT FROM pg_catalog.current_schema()
              ORDER BY e.extname)::text[] AS extensions,
       -- What a database, a role or the client has set for its sessions.
       (SELECT coalesce(pg_catalog.json_object_agg(s.name, pg_catalog.current_setting(s.name) ORDER BY s.name), '{}')::text
          FROM pg_catalog.pg_settings s
         WHERE s.context IN ('user', 'superuser')
           AND s.source IN ('database', 'user', 'database user', 'client', 'session')) AS session,
       -- What names a database that is PostgreSQL by its protocol alone.
       pg_catalog.version() AS named,
       EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') AS is_citus,
       pg_catalog.to_regproc('aurora_version') IS NOT NULL AS is_aurora
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
