-- A10 A17: types that only MariaDB has; a text becomes one of them where every value is one
CREATE TABLE t (id uuid NOT NULL DEFAULT uuid() PRIMARY KEY, a varchar(36), b inet4, c inet6 DEFAULT '::1', d varchar(45));
INSERT INTO t VALUES ('11111111-2222-3333-4444-555555555555', '99999999-2222-3333-4444-555555555555', '10.0.0.1', '::2', '10.0.0.2');
-- afterwards: SELECT concat_ws(' ', id, a, b, c, d) FROM t => 11111111-2222-3333-4444-555555555555 99999999-2222-3333-4444-555555555555 ::ffff:10.0.0.1 ::2 ::ffff:10.0.0.2
