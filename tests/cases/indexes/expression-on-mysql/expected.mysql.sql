-- MAY_FAIL_ON_DATA, LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` ADD KEY `users_low` ((lower(`name`)));
