-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` ADD COLUMN `n` int(11), ADD UNIQUE KEY `uid_users_name_2541ab` (`name`, `n`);
