-- LOCKS_TABLE, NOT_TRANSACTIONAL, DROPS_INDEX
ALTER TABLE `posts` DROP INDEX `by_user`, ADD KEY `by_user` (`user_id`, `title`);
