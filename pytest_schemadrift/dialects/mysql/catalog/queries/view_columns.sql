-- The columns of views.
SELECT c.TABLE_SCHEMA AS table_schema, c.TABLE_NAME AS relation, c.COLUMN_NAME AS name, c.COLUMN_TYPE AS type,
       c.IS_NULLABLE = 'YES' AS nullable
  FROM information_schema.COLUMNS c JOIN information_schema.VIEWS v USING (TABLE_SCHEMA, TABLE_NAME)
 WHERE c.TABLE_SCHEMA = DATABASE()
 ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION
