-- A key with another comment is the same key: the foreign keys to it stay, and no row can be in the way.
CREATE TABLE `region` (`country` CHAR(2) NOT NULL, `code` VARCHAR(5) NOT NULL, PRIMARY KEY (`country`, `code`) COMMENT 'ISO 3166-2');
CREATE TABLE `city` (`id` INT NOT NULL AUTO_INCREMENT, `country` CHAR(2), `region` VARCHAR(5), `twin` INT, PRIMARY KEY (`id`), CONSTRAINT `in_region` FOREIGN KEY (`country`, `region`) REFERENCES `region` (`country`, `code`) ON DELETE CASCADE, CONSTRAINT `twinned` FOREIGN KEY (`twin`) REFERENCES `city` (`id`));
INSERT INTO `region` VALUES ('FR', 'BRE'), ('DE', 'BY');
INSERT INTO `city` VALUES (1, 'FR', 'BRE', NULL), (2, 'DE', 'BY', 1);
