-- Which cluster this is; a replica is as its primary.
SELECT system_identifier::text AS identity FROM pg_catalog.pg_control_system()
