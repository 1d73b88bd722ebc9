CREATE TABLE `a` (
  `id` int NOT NULL,
  `b_id` int,
  PRIMARY KEY (`id`),
  KEY `a_b` (`b_id`)
);
CREATE TABLE `b` (
  `id` int NOT NULL,
  `a_id` int,
  PRIMARY KEY (`id`),
  KEY `b_a` (`a_id`),
  CONSTRAINT `b_a` FOREIGN KEY (`a_id`) REFERENCES `a` (`id`)
);
-- MAY_FAIL_ON_DATA, LOCKS_TABLE, NOT_TRANSACTIONAL
ALTER TABLE `a` ADD CONSTRAINT `a_b` FOREIGN KEY (`b_id`) REFERENCES `b` (`id`);
