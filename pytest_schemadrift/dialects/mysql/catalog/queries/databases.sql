-- What a database of this server gives to what is made in it.
SELECT schema_name AS name, default_character_set_name AS charset_name, default_collation_name AS collation_name
FROM information_schema.schemata WHERE schema_name = %s
