CREATE TABLE `zebra` (
  `id` int NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE TABLE `lion` (
  `id` int NOT NULL,
  `zebra_id` int,
  PRIMARY KEY (`id`),
  KEY `lion_zebra` (`zebra_id`),
  CONSTRAINT `lion_zebra` FOREIGN KEY (`zebra_id`) REFERENCES `zebra` (`id`)
);
CREATE TABLE `ant` (
  `id` int NOT NULL,
  `lion_id` int,
  PRIMARY KEY (`id`),
  KEY `ant_lion` (`lion_id`),
  CONSTRAINT `ant_lion` FOREIGN KEY (`lion_id`) REFERENCES `lion` (`id`)
);
