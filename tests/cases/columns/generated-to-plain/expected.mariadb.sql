ALTER TABLE `users` MODIFY COLUMN `twice` int(11);
