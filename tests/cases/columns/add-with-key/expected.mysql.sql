-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `posts` ADD COLUMN `user_id` int, ADD KEY `posts_user` (`user_id`);
-- LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `posts` ADD CONSTRAINT `posts_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`);
