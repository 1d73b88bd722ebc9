-- A hospital whose tables were named by five vendors: spaces, keywords, digits, umlauts, clashes after conversion.
CREATE TABLE `T_PATIENT` (
  `PatNr` int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `Name` varchar(60) CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL,
  `name 2` varchar(60) COMMENT 'it''s the "second" \\ name',
  `class` char(1) NOT NULL DEFAULT 'P',
  `1st visit` date,
  `größe` decimal(5,2) unsigned,
  `save` tinyint(1) NOT NULL DEFAULT 0,
  `pk` int,
  `self` int,
  `using_db` int,
  `negate` int,
  `fields` varchar(20),
  `import` text,
  `Bett-Nr` smallint unsigned zerofill,
  UNIQUE KEY `UQ Name` (`Name`, `name 2`)
) DEFAULT CHARSET=latin1 COMMENT='Patienten; "alle"';
CREATE TABLE `t patient` (`id` int PRIMARY KEY, `note` varchar(20)) ;
CREATE TABLE `model` (`id` int AUTO_INCREMENT PRIMARY KEY, `model` varchar(10) NOT NULL);
CREATE TABLE `2024_visits` (
  `visit id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `patient` int unsigned NOT NULL,
  `patient_id` varchar(10),
  `doctor` int unsigned,
  `from` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  `to` datetime(3) ON UPDATE CURRENT_TIMESTAMP(3),
  `ward` enum('ICU', 'A-1', 'A 1', '') NOT NULL DEFAULT 'A-1',
  `flags` set('new', 'old'),
  `year` year,
  `stamp` timestamp NULL DEFAULT NULL,
  `changed` timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  CONSTRAINT `fk patient` FOREIGN KEY (`patient`) REFERENCES `T_PATIENT` (`PatNr`) ON DELETE CASCADE,
  CONSTRAINT `fk doctor` FOREIGN KEY (`doctor`) REFERENCES `T_PATIENT` (`PatNr`) ON DELETE SET NULL ON UPDATE CASCADE,
  KEY `by (time)` (`from`, `to`)
);
CREATE TABLE `diagnosen` (
  `visit` bigint NOT NULL,
  `code` varchar(10) NOT NULL,
  `text` mediumtext,
  PRIMARY KEY (`visit`, `code`),
  KEY `code_start` (`code`(3)),
  FOREIGN KEY (`visit`) REFERENCES `2024_visits` (`visit id`)
);
CREATE TABLE `log` (`at` datetime(6), `what` varchar(100) NOT NULL, `who` int unsigned, KEY (`at` DESC),
  FOREIGN KEY (`who`) REFERENCES `T_PATIENT` (`PatNr`));
