ALTER TABLE `users` MODIFY COLUMN `a` varchar(30);
