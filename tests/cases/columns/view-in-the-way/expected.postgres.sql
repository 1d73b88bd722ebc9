DROP VIEW "names";
ALTER TABLE "users" ALTER COLUMN "name" TYPE character varying(90);
CREATE VIEW "names" AS
 SELECT id,
    name
   FROM users;
