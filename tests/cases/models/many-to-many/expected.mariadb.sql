CREATE TABLE `tags` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`)
);
CREATE TABLE `tags_users` (
  `tags_id` int(11) NOT NULL,
  `user_id` int(11) NOT NULL,
  UNIQUE KEY `uidx_tags_users_tags_id_a6cd50` (`tags_id`, `user_id`),
  KEY `user_id` (`user_id`),
  CONSTRAINT `tags_users_ibfk_1` FOREIGN KEY (`tags_id`) REFERENCES `tags` (`id`) ON DELETE CASCADE,
  CONSTRAINT `tags_users_ibfk_2` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);
