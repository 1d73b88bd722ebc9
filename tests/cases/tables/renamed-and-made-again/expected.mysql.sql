RENAME TABLE `a` TO `c`;
CREATE TABLE `a` (
  `id` int NOT NULL,
  `x` int,
  `p` int,
  PRIMARY KEY (`id`),
  KEY `ix` (`p`, `x`),
  UNIQUE KEY `ux` (`x`),
  CONSTRAINT `fx_1` FOREIGN KEY (`p`) REFERENCES `p` (`id`),
  CONSTRAINT `cx_1` CHECK ((`x` > 0))
);
