-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` ADD KEY `idx_users_name_6aafa3` (`name`);
