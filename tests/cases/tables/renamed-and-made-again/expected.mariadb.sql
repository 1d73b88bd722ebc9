RENAME TABLE `a` TO `c`;
CREATE TABLE `a` (
  `id` int(11) NOT NULL,
  `x` int(11),
  `p` int(11),
  PRIMARY KEY (`id`),
  KEY `ix` (`p`, `x`),
  UNIQUE KEY `ux` (`x`),
  CONSTRAINT `fx_1` FOREIGN KEY (`p`) REFERENCES `p` (`id`),
  CONSTRAINT `cx` CHECK (`x` > 0)
);
