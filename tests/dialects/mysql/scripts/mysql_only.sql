-- Functional and invisible indexes, SRIDs, checks that are not enforced, and partitions of MySQL.
CREATE TABLE `t1` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `name` varchar(60) NOT NULL DEFAULT '',
  `data` json DEFAULT (json_array()),
  `deleted` tinyint NOT NULL DEFAULT '0',
  `place` point NOT NULL SRID 4326,
  `t` text,
  `j` json DEFAULT ('{"a": 1}'),
  `b` blob DEFAULT ('abc'),
  `v` vector(3),
  `u` int /*!80023 INVISIBLE */,
  UNIQUE KEY `uniq_active` (`id`,((case when (`deleted` = 0) then `name` else NULL end)) DESC),
  KEY `f` ((lower(`name`)), `deleted`),
  KEY (`deleted`) INVISIBLE,
  KEY `hidden` (`name`) /*!80000 INVISIBLE */,
  KEY ((`deleted` + 1)),
  KEY `je` ((cast(data->>'$.é' as char(20)))),
  FULLTEXT KEY `ng` (`t`) WITH PARSER ngram COMMENT 'words',
  SPATIAL KEY (`place`),
  CONSTRAINT `soft` CHECK (`deleted` in (0, 1)) NOT ENFORCED,
  CHECK (`name` <> 'é\\''s' AND `name` NOT LIKE '\%x'),
  CHECK (`name` REGEXP '^[a-z]+$' OR NOT (`deleted` BETWEEN 2 AND 3))
) ENGINE=InnoDB STATS_PERSISTENT=0 COMMENT='uses every', DEFAULT CHARSET=utf8mb4;
CREATE TABLE `t2` (`id` int PRIMARY KEY COMMENT 'id', `e` enum('a','b') NOT NULL DEFAULT 'b', `d` date DEFAULT (current_date + interval 1 year));
CREATE TABLE `no_key` (`a` int NOT NULL REFERENCES `t2` (`id`), `b` int CHECK (`b` > 1) COMMENT 'x');
