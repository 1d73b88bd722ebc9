-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `posts` DROP INDEX `by_user`, ADD KEY `by_user` (`user_id`, `title`);
