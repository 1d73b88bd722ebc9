CREATE TABLE t (id uuid NOT NULL DEFAULT uuid() PRIMARY KEY, a uuid, b inet6, c inet6 DEFAULT '::3', d inet6);
