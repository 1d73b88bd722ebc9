-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` ADD COLUMN `n` int, ADD UNIQUE KEY `uid_users_name_2541ab` (`name`, `n`);
