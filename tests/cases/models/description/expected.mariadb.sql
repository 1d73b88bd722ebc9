ALTER TABLE `users` MODIFY COLUMN `name` varchar(50) NOT NULL COMMENT 'as on the card';
