ALTER TABLE `users` DROP INDEX `users_n2`;
