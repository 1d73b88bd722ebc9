-- The functions of this database: what each returns (place 0), then its parameters.
SELECT p.specific_name AS name, p.ordinal_position AS place, p.parameter_name AS parameter, p.dtd_identifier AS type,
       p.character_set_name AS charset_name, p.collation_name AS collation_name
FROM information_schema.parameters p
WHERE p.specific_schema = DATABASE() AND p.routine_type = 'FUNCTION'
ORDER BY p.specific_name, p.ordinal_position
