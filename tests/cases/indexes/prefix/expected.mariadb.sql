-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `users` DROP INDEX `by_note`, ADD KEY `by_note` (`note`(20));
