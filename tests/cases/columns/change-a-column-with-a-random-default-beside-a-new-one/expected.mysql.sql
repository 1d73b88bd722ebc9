-- MAY_FAIL_ON_DATA, LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `letters` MODIFY COLUMN `code` varchar(40) DEFAULT (uuid());
UPDATE `letters` SET `code` = (uuid()) WHERE `code` IS NULL;
ALTER TABLE `letters` MODIFY COLUMN `code` varchar(40) NOT NULL, MODIFY COLUMN `token` varchar(40) NOT NULL, ADD COLUMN `stamp` int NOT NULL DEFAULT 5;
ALTER TABLE `letters` ALTER COLUMN `code` SET DEFAULT (uuid());
ALTER TABLE `letters` ALTER COLUMN `token` SET DEFAULT (uuid());
