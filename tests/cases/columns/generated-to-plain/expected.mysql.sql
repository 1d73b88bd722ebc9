ALTER TABLE `users` MODIFY COLUMN `twice` int;
