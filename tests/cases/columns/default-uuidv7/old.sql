-- a default of PostgreSQL 18, in place of the random one; rows keep their keys
CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), a uuid NOT NULL DEFAULT uuidv7(interval '-1 day'));
INSERT INTO t VALUES ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002');
