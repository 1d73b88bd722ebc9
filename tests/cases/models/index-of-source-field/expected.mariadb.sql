-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` ADD COLUMN `pos` int(11), ADD KEY `idx_users_pos_594b6f` (`pos`);
