ALTER TABLE `users` RENAME COLUMN `qty` TO `quantity`;
