-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` ADD COLUMN `a` int(11), ADD COLUMN `b` int(11), ADD KEY `users_ab` (`a`, `b`);
