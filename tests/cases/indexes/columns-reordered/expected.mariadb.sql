-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` DROP INDEX `users_n`, ADD KEY `users_n` (`name`, `n`);
