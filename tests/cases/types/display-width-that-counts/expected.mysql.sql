ALTER TABLE `t` MODIFY COLUMN `a` int(8) unsigned zerofill, MODIFY COLUMN `b` tinyint;
