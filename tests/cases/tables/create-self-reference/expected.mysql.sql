CREATE TABLE `nodes` (
  `id` int NOT NULL,
  `parent_id` int,
  PRIMARY KEY (`id`),
  KEY `nodes_parent` (`parent_id`),
  CONSTRAINT `nodes_parent` FOREIGN KEY (`parent_id`) REFERENCES `nodes` (`id`) ON DELETE SET NULL
);
