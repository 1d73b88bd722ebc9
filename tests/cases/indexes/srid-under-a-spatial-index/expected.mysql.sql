-- NOT_TRANSACTIONAL, DROPS_INDEX
ALTER TABLE `sites` DROP INDEX `gone_index`;
ALTER TABLE `sites` DROP INDEX `kept_index`;
ALTER TABLE `sites` MODIFY COLUMN `gone` point NOT NULL, MODIFY COLUMN `kept` point NOT NULL, MODIFY COLUMN `flat` point NOT NULL, ADD SPATIAL KEY `kept_index` (`kept`);
