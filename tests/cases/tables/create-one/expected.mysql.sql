CREATE TABLE `posts` (
  `id` int NOT NULL,
  `user_id` int NOT NULL,
  `title` varchar(80),
  PRIMARY KEY (`id`)
);
