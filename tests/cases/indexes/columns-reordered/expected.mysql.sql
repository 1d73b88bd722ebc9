-- LOCKS_TABLE, NOT_TRANSACTIONAL, DROPS_INDEX
ALTER TABLE `users` DROP INDEX `users_n`, ADD KEY `users_n` (`name`, `n`);
