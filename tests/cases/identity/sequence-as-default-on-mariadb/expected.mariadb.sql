ALTER TABLE `t` MODIFY COLUMN `m` bigint(20) DEFAULT (nextval(`numbers`));
