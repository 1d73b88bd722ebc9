-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` ADD COLUMN `a` int, ADD COLUMN `b` int, ADD KEY `users_ab` (`a`, `b`);
