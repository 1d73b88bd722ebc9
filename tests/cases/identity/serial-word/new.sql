CREATE TABLE t (id bigint unsigned NOT NULL AUTO_INCREMENT UNIQUE, v varchar(9));
