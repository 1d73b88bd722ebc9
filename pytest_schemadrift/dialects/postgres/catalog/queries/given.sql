-- kind, place's schema and name, head, schema, rest, comment: what was given to an object and is in no statement that
-- makes it, as the text before and behind a name's schema; a comment is to be quoted.
WITH RECURSIVE people AS (
    SELECT n.oid, n.nspname, n.nspowner FROM pg_catalog.pg_namespace n
     WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
), members AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.deptype = 'e'
), homes AS (
    SELECT c.oid, c.relkind, c.relname, c.relispartition, c.relreplident, n.nspname, pg_catalog.quote_ident(c.relname) AS shown,
           CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS word
      FROM pg_catalog.pg_class c
      JOIN people n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't'
       AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_class'::regclass::oid)
), columns AS (
    SELECT h.*, a.attname, a.attnum, pg_catalog.quote_ident(a.attname) AS part, a.attstorage, t.typstorage,
           coalesce(a.attstattarget, -1) AS target, /*14*/ a.attcompression /*else ''::"char" */ AS compression,
           ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) o WHERE o NOT LIKE 'pg\_%'::text) AS options,
           -- The column of a table has its comment from its table.
           h.relkind IN ('r', 'p') AND a.attislocal AND NOT h.relispartition AS own
      FROM homes h
      JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
), heirs AS (
    SELECT i.inhrelid AS child, i.inhparent AS parent
      FROM pg_catalog.pg_inherits i JOIN homes h ON h.oid = i.inhrelid
    UNION
    SELECT e.child, i.inhparent FROM heirs e JOIN pg_catalog.pg_inherits i ON i.inhrelid = e.parent
), parts AS (
    -- Indexes of partitions that have another name than the server makes up for them, where it is known which that is.
    SELECT x.oid, h.nspname, h.relname, x.relname AS name, m.made,
           pg_catalog.octet_length(m.made) <= 63 AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_class o WHERE o.relnamespace = x.relnamespace AND o.relname = m.made::name) AS known
      FROM homes h
      JOIN pg_catalog.pg_index i ON i.indrelid = h.oid
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relispartition
      LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = h.oid AND k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')
     CROSS JOIN LATERAL (
        SELECT pg_catalog.concat_ws('_', h.relname, CASE WHEN NOT i.indisprimary THEN pg_catalog.string_agg(a.attname::text, '_' ORDER BY a.attnum) END,
                                    CASE k.contype WHEN 'p' THEN 'pkey' WHEN 'u' THEN 'key' WHEN 'x' THEN 'excl' ELSE 'idx' END) AS made
          FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid
     ) AS m
     WHERE NOT pg_catalog.starts_with(x.relname::text, pg_catalog.substr(m.made, 1, 58))
        OR (pg_catalog.octet_length(m.made) <= 63 AND pg_catalog.substr(x.relname::text, pg_catalog.length(m.made) + 1) !~ '^[0-9]*$'::text)
), strange AS (
    SELECT p.oid FROM parts p WHERE NOT p.known OR EXISTS (SELECT FROM parts o WHERE o.oid <> p.oid AND (o.nspname, o.made) = (p.nspname, p.made))
), noted AS (
    SELECT d.classoid, d.objoid, d.objsubid, d.description FROM pg_catalog.pg_description d
     WHERE d.classoid <> 'pg_catalog.pg_namespace'::regclass::oid OR d.description <> 'standard public schema'
), triggers AS (
    SELECT t.oid, t.tgname, t.tgenabled, h.nspname, h.relname, h.shown
      FROM pg_catalog.pg_trigger t
      JOIN homes h ON h.oid = t.tgrelid
     WHERE NOT t.tgisinternal /*13*/ OR t.tgparentid <> '0' /*else */
), states (state, word) AS (
    VALUES ('O'::"char", 'ENABLE'), ('D', 'DISABLE'), ('R', 'ENABLE REPLICA'), ('A', 'ENABLE ALWAYS')
), found (kind, schema, name, head, home, rest, comment) AS (
    SELECT 'schema', '', n.nspname::text, 'COMMENT ON SCHEMA ', '', pg_catalog.quote_ident(n.nspname), d.description
      FROM noted d JOIN people n ON n.oid = d.objoid
     WHERE d.classoid = 'pg_catalog.pg_namespace'::regclass::oid AND n.nspname <> 'public'
    UNION ALL
    -- Every database begins with this one, and with a comment on it, which a role that it does not belong to cannot change.
    SELECT 'database', '', '', 'COMMENT ON SCHEMA ', '', CASE WHEN d.description IS NULL THEN 'public IS NULL' ELSE 'public' END, d.description
      FROM people n
      LEFT JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_catalog.pg_namespace'::regclass::oid
     WHERE n.nspname = 'public' AND d.description IS DISTINCT FROM 'standard public schema'
       AND pg_catalog.pg_has_role(n.nspowner, 'USAGE'::text)
    UNION ALL
    SELECT 'extension', '', e.extname, 'COMMENT ON EXTENSION ', '', pg_catalog.quote_ident(e.extname), d.description
      FROM noted d JOIN pg_catalog.pg_extension e ON e.oid = d.objoid
     WHERE d.classoid = 'pg_catalog.pg_extension'::regclass::oid AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_available_extensions() x WHERE x.name = e.extname AND x.comment = d.description)
    UNION ALL
    SELECT 'function', n.nspname, s.signature, CASE p.prokind WHEN 'p' THEN 'COMMENT ON PROCEDURE ' ELSE 'COMMENT ON FUNCTION ' END,
           n.nspname, pg_catalog.format('%I(%s)', p.proname, s.arguments), d.description
      FROM noted d
      JOIN pg_catalog.pg_proc p ON p.oid = d.objoid
      JOIN people n ON n.oid = p.pronamespace
     CROSS JOIN LATERAL (SELECT a.arguments, pg_catalog.format('%s(%s)', p.proname, a.arguments) AS signature
                           FROM pg_catalog.pg_get_function_identity_arguments(p.oid) AS a (arguments)) s
     WHERE d.classoid = 'pg_catalog.pg_proc'::regclass::oid AND p.prokind IN ('f', 'p')
    UNION ALL
    SELECT 'collation', n.nspname, c.collname, 'COMMENT ON COLLATION ', n.nspname, pg_catalog.quote_ident(c.collname), d.description
      FROM noted d JOIN pg_catalog.pg_collation c ON c.oid = d.objoid JOIN people n ON n.oid = c.collnamespace
     WHERE d.classoid = 'pg_catalog.pg_collation'::regclass::oid
    UNION ALL
    -- Those of enums and domains are in what makes them; a range has a second type that is made with it.
    SELECT 'type', coalesce(rn.nspname, n.nspname), coalesce(r.typname, t.typname), 'COMMENT ON TYPE ', n.nspname,
           pg_catalog.quote_ident(t.typname), d.description
      FROM noted d
      JOIN pg_catalog.pg_type t ON t.oid = d.objoid
      JOIN people n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_range g ON pg_catalog.to_jsonb(g) ->> 'rngmultitypid'::text = t.oid::text
      LEFT JOIN pg_catalog.pg_type r ON r.oid = g.rngtypid
      LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.typnamespace
     WHERE d.classoid = 'pg_catalog.pg_type'::regclass::oid AND t.typtype IN ('c', 'r', 'm')
    UNION ALL
    SELECT 'type', n.nspname, t.typname, pg_catalog.format('COMMENT ON CONSTRAINT %I ON DOMAIN ', k.conname), n.nspname,
           pg_catalog.quote_ident(t.typname), d.description
      FROM noted d
      JOIN pg_catalog.pg_constraint k ON k.oid = d.objoid AND k.contype = 'c'
      JOIN pg_catalog.pg_type t ON t.oid = k.contypid
      JOIN people n ON n.oid = t.typnamespace
     WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass::oid
    UNION ALL
    SELECT 'type', n.nspname, c.relname, 'COMMENT ON COLUMN ', n.nspname, pg_catalog.format('%I.%I', c.relname, a.attname), d.description
      FROM noted d
      JOIN pg_catalog.pg_class c ON c.oid = d.objoid AND c.relkind = 'c'
      JOIN people n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
     WHERE d.classoid = 'pg_catalog.pg_class'::regclass::oid
    UNION ALL
    -- The sequence of a column is made with its table.
    SELECT 'relation', coalesce(o.nspname, n.nspname), coalesce(o.relname, c.relname), 'COMMENT ON SEQUENCE ', n.nspname,
           pg_catalog.quote_ident(c.relname), d.description
      FROM noted d
      JOIN pg_catalog.pg_class c ON c.oid = d.objoid AND c.relkind = 'S'
      JOIN people n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_depend w
             ON w.classid = 'pg_catalog.pg_class'::regclass::oid AND w.objid = c.oid AND w.deptype IN ('a', 'i')
            AND w.refclassid = 'pg_catalog.pg_class'::regclass::oid AND w.refobjsubid > 0
      LEFT JOIN homes o ON o.oid = w.refobjid
     WHERE d.classoid = 'pg_catalog.pg_class'::regclass::oid
    UNION ALL
    -- It is logged as its table is.
    SELECT 'relation', coalesce(o.nspname, n.nspname), coalesce(o.relname, c.relname), 'ALTER SEQUENCE ', n.nspname,
           pg_catalog.format('%I SET %s', c.relname, CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END), NULL
      FROM pg_catalog.pg_class c
      JOIN people n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_depend w
             ON w.classid = 'pg_catalog.pg_class'::regclass::oid AND w.objid = c.oid AND w.deptype IN ('a', 'i')
            AND w.refclassid = 'pg_catalog.pg_class'::regclass::oid AND w.refobjsubid > 0
      LEFT JOIN pg_catalog.pg_class t ON t.oid = w.refobjid
      LEFT JOIN homes o ON o.oid = w.refobjid
     WHERE c.relkind = 'S' AND /*15*/ (c.relpersistence = 'u' OR t.relpersistence = 'u') /*else false */
       -- One that was made by itself is logged.
       AND NOT (c.relpersistence = 'u' AND t.relpersistence = 'u'
                AND c.relname = pg_catalog.concat(t.relname, '_', (SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = w.refobjsubid), '_seq'))
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'REFRESH MATERIALIZED VIEW ', h.nspname, pg_catalog.concat(h.shown, ' WITH NO DATA'), NULL
      FROM homes h JOIN pg_catalog.pg_class c ON c.oid = h.oid WHERE h.relkind = 'm' AND NOT c.relispopulated
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, pg_catalog.format('COMMENT ON %s ', h.word), h.nspname, h.shown, d.description
      FROM noted d JOIN homes h ON h.oid = d.objoid
     WHERE d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid = 0 AND h.relkind IN ('v', 'm')
    UNION ALL
    SELECT 'relation', c.nspname, c.relname, 'COMMENT ON COLUMN ', c.nspname, pg_catalog.format('%s.%s', c.shown, c.part), d.description
      FROM noted d JOIN columns c ON c.oid = d.objoid AND c.attnum = d.objsubid
     WHERE d.classoid = 'pg_catalog.pg_class'::regclass::oid AND NOT c.own
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'COMMENT ON INDEX ', h.nspname, pg_catalog.quote_ident(x.relname), d.description
      FROM noted d
      JOIN pg_catalog.pg_index i ON i.indexrelid = d.objoid
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      JOIN homes h ON h.oid = i.indrelid
     WHERE d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid = 0 AND (h.relkind = 'm' OR x.relispartition)
       AND x.oid NOT IN (SELECT oid FROM strange)
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, pg_catalog.format('COMMENT ON CONSTRAINT %I ON ', k.conname), h.nspname, h.shown, d.description
      FROM noted d
      JOIN pg_catalog.pg_constraint k ON k.oid = d.objoid
      JOIN homes h ON h.oid = k.conrelid
     WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass::oid
       AND (k.contype = 'n' OR k.conparentid <> '0' OR NOT (k.conislocal OR k.coninhcount = 0))
       AND k.conindid NOT IN (SELECT oid FROM strange)
    UNION ALL
    SELECT 'relation', t.nspname, t.relname, pg_catalog.format('COMMENT ON TRIGGER %I ON ', t.tgname), t.nspname, t.shown, d.description
      FROM noted d JOIN triggers t ON t.oid = d.objoid
     WHERE d.classoid = 'pg_catalog.pg_trigger'::regclass::oid
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, pg_catalog.format('COMMENT ON RULE %I ON ', r.rulename), h.nspname, h.shown, d.description
      FROM noted d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objoid JOIN homes h ON h.oid = r.ev_class
     WHERE d.classoid = 'pg_catalog.pg_rewrite'::regclass::oid AND r.rulename <> '_RETURN'
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, pg_catalog.format('COMMENT ON POLICY %I ON ', p.polname), h.nspname, h.shown, d.description
      FROM noted d JOIN pg_catalog.pg_policy p ON p.oid = d.objoid JOIN homes h ON h.oid = p.polrelid
     WHERE d.classoid = 'pg_catalog.pg_policy'::regclass::oid
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'COMMENT ON STATISTICS ', n.nspname, pg_catalog.quote_ident(s.stxname), d.description
      FROM noted d
      JOIN pg_catalog.pg_statistic_ext s ON s.oid = d.objoid
      JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
      JOIN homes h ON h.oid = s.stxrelid
     WHERE d.classoid = 'pg_catalog.pg_statistic_ext'::regclass::oid
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'ALTER STATISTICS ', n.nspname,
           pg_catalog.format('%I SET STATISTICS %s', s.stxname, s.stxstattarget), NULL
      FROM pg_catalog.pg_statistic_ext s
      JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
      JOIN homes h ON h.oid = s.stxrelid
     WHERE /*13*/ coalesce(s.stxstattarget, -1) >= 0 /*else false */
    UNION ALL
    SELECT 'relation', t.nspname, t.relname, 'ALTER TABLE ONLY ', t.nspname, pg_catalog.format('%s %s TRIGGER %I', t.shown, s.word, t.tgname), NULL
      FROM triggers t JOIN states s ON s.state = t.tgenabled
     WHERE t.tgenabled <> 'O'
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'ALTER TABLE ', h.nspname, pg_catalog.format('%s %s RULE %I', h.shown, s.word, r.rulename), NULL
      FROM pg_catalog.pg_rewrite r JOIN homes h ON h.oid = r.ev_class JOIN states s ON s.state = r.ev_enabled
     WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'O'
    UNION ALL
    SELECT 'relation', c.nspname, c.relname, 'ALTER VIEW ', c.nspname,
           pg_catalog.format('%s ALTER COLUMN %s SET DEFAULT %s', c.shown, c.part, pg_catalog.pg_get_expr(f.adbin, f.adrelid)), NULL
      FROM columns c JOIN pg_catalog.pg_attrdef f ON f.adrelid = c.oid AND f.adnum = c.attnum WHERE c.relkind = 'v'
    UNION ALL
    SELECT 'relation', c.nspname, c.relname, pg_catalog.format('ALTER %s ', CASE c.word WHEN 'TABLE' THEN 'TABLE ONLY' ELSE c.word END), c.nspname,
           pg_catalog.format('%s ALTER COLUMN %s SET %s', c.shown, c.part, x.given), NULL
      FROM columns c
     CROSS JOIN LATERAL (
        SELECT pg_catalog.format('STATISTICS %s', c.target) AS given WHERE c.target >= 0
        UNION ALL
        SELECT pg_catalog.format('STORAGE %s', CASE c.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END)
         WHERE c.attstorage <> c.typstorage
        UNION ALL
        SELECT pg_catalog.format('COMPRESSION %s', CASE c.compression WHEN 'p' THEN 'pglz' ELSE 'lz4' END) WHERE c.compression <> ''
        UNION ALL
        SELECT pg_catalog.format('(%s)', pg_catalog.array_to_string(c.options, ', ')) WHERE pg_catalog.cardinality(c.options) > 0) x
     WHERE c.relkind <> 'v'
    UNION ALL
    -- A table is made with what its parents give to a column, and may have another default, or a NOT NULL of its own.
    SELECT DISTINCT 'relation', h.nspname, h.relname, 'ALTER TABLE ONLY ', h.nspname,
           pg_catalog.format('%s ALTER COLUMN %I %s', h.shown, a.attname, x.given), NULL
      FROM heirs e
      JOIN homes h ON h.oid = e.child
      JOIN pg_catalog.pg_attribute a ON a.attrelid = e.child AND a.attinhcount > 0 AND NOT a.attisdropped
       AND (h.relispartition OR NOT a.attislocal)
      JOIN pg_catalog.pg_attribute b ON b.attrelid = e.parent AND b.attname = a.attname AND NOT b.attisdropped
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = b.attrelid AND f.adnum = b.attnum
     CROSS JOIN LATERAL (
        SELECT coalesce('SET DEFAULT ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'DROP DEFAULT') AS given
         WHERE a.attgenerated = '' AND b.attgenerated = '' AND d.adbin::text IS DISTINCT FROM f.adbin::text
           AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_catalog.pg_get_expr(f.adbin, f.adrelid)
        UNION ALL
        -- That of a partition is in CREATE TABLE.
        SELECT pg_catalog.format('SET EXPRESSION AS (%s)', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
         WHERE /*17*/ a.attgenerated <> '' AND NOT h.relispartition AND d.adbin::text <> f.adbin::text
           AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) <> pg_catalog.pg_get_expr(f.adbin, f.adrelid) /*else false */
        UNION ALL
        -- Since 18 CREATE TABLE says it, by its name, but for one that is not valid.
        SELECT 'SET NOT NULL' WHERE a.attnotnull AND NOT b.attnotnull AND /*18*/ false /*else true */) x
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'ALTER TABLE ', h.nspname,
           pg_catalog.format('%s ADD CONSTRAINT %I NOT NULL %I%s NOT VALID', h.shown, k.conname, a.attname,
                             CASE WHEN k.connoinherit THEN ' NO INHERIT' END), NULL
      FROM pg_catalog.pg_constraint k
      JOIN homes h ON h.oid = k.conrelid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum = k.conkey[1] AND a.attinhcount > 0
       AND (h.relispartition OR NOT a.attislocal)
     WHERE k.contype = 'n' AND k.conislocal AND k.coninhcount = 0 AND NOT k.convalidated
    UNION ALL
    -- What is set for the table that keeps long values.
    SELECT 'relation', h.nspname, h.relname, pg_catalog.format('ALTER %s ', h.word), h.nspname,
           pg_catalog.format('%s SET (%s)', h.shown, (SELECT pg_catalog.string_agg(pg_catalog.concat('toast.', o), ', ')
                                                      FROM pg_catalog.unnest(s.reloptions) o)), NULL
      FROM homes h
      JOIN pg_catalog.pg_class c ON c.oid = h.oid
      JOIN pg_catalog.pg_class s ON s.oid = c.reltoastrelid AND s.reloptions IS NOT NULL
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'ALTER INDEX ', h.nspname,
           pg_catalog.format('%I ALTER COLUMN %s SET STATISTICS %s', x.relname, a.attnum, a.attstattarget), NULL
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      JOIN homes h ON h.oid = i.indrelid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = x.oid AND coalesce(a.attstattarget, -1) >= 0
     WHERE x.oid NOT IN (SELECT oid FROM strange)
    UNION ALL
    SELECT 'relation', p.nspname, p.relname, 'ALTER INDEX ', p.nspname, pg_catalog.format('%I RENAME TO %I', p.made, p.name), NULL
      FROM parts p WHERE p.oid NOT IN (SELECT oid FROM strange)
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'ALTER INDEX ', h.nspname,
           pg_catalog.format('%I SET (%s)', x.relname, pg_catalog.array_to_string(x.reloptions, ', ')), NULL
      FROM homes h
      JOIN pg_catalog.pg_index i ON i.indrelid = h.oid
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relispartition AND x.reloptions IS NOT NULL
      JOIN pg_catalog.pg_inherits g ON g.inhrelid = x.oid
      JOIN pg_catalog.pg_class f ON f.oid = g.inhparent AND f.reloptions IS DISTINCT FROM x.reloptions
     WHERE x.oid NOT IN (SELECT oid FROM strange)
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, pg_catalog.format('ALTER %s ', h.word), h.nspname,
           pg_catalog.format('%s CLUSTER ON %I', h.shown, x.relname), NULL
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN homes h ON h.oid = i.indrelid
     WHERE i.indisclustered AND x.oid NOT IN (SELECT oid FROM strange)
    UNION ALL
    SELECT 'relation', h.nspname, h.relname, 'ALTER TABLE ', h.nspname,
           pg_catalog.format('%s REPLICA IDENTITY %s', h.shown, CASE h.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
                      ELSE pg_catalog.format('USING INDEX %I', x.relname) END), NULL
      FROM homes h
      LEFT JOIN pg_catalog.pg_index i ON i.indrelid = h.oid AND i.indisreplident AND i.indexrelid NOT IN (SELECT oid FROM strange)
      LEFT JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
     WHERE h.relkind IN ('r', 'p') AND (h.relreplident IN ('f', 'n') OR x.oid IS NOT NULL)
)
SELECT f.kind::text, f.schema::text, f.name::text, f.head::text, f.home::text, f.rest::text, f.comment::text
  FROM found f
 -- What is renamed has its new name in the others.
 ORDER BY f.kind, f.schema, f.name, f.rest NOT LIKE '% RENAME TO %'::text, f.head, f.home, f.rest
