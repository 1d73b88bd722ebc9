-- MAY_FAIL_ON_DATA, LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `letters` MODIFY COLUMN `code` varchar(40) DEFAULT (uuid());
UPDATE `letters` SET `code` = (uuid()) WHERE `code` IS NULL;
ALTER TABLE `letters` MODIFY COLUMN `code` varchar(40) NOT NULL DEFAULT (uuid()), MODIFY COLUMN `token` varchar(40) NOT NULL DEFAULT (uuid()), ADD COLUMN `stamp` int(11) NOT NULL DEFAULT 5;
