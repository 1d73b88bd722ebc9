ALTER TABLE `select` MODIFY COLUMN `two words` varchar(9), ADD COLUMN `it's` int(11);
