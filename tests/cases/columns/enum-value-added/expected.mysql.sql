ALTER TABLE `users` MODIFY COLUMN `mood` enum('a','b','c');
