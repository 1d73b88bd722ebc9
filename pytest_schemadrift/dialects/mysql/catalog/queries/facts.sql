SELECT version() AS server_version, database() AS database_name, @@character_set_database AS charset_name,
       @@collation_database AS collation_name, @@default_storage_engine AS engine_name,
       @@lower_case_table_names AS lower_case, @@explicit_defaults_for_timestamp AS explicit_defaults,
       @@version_comment AS comment_text, @@GLOBAL.sql_mode AS mode_of_shells,
       @@GLOBAL.default_storage_engine AS engine_of_shells
