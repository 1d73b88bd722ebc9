-- An archive in an old character set, with names that MySQL and Tortoise quote differently.
CREATE TABLE boxes (
  id int AUTO_INCREMENT PRIMARY KEY,
  label varchar(30) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL DEFAULT '',
  `key` varchar(20) COLLATE utf8mb4_bin,
  parent int,
  note text DEFAULT 'none',
  flags bit(4),
  made timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  seen timestamp NULL,
  UNIQUE KEY parent (parent),
  CONSTRAINT boxes_parent FOREIGN KEY (parent) REFERENCES boxes (id)
) DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
CREATE TABLE papers (
  box int NOT NULL,
  page int unsigned NOT NULL,
  title varchar(100),
  body varchar(900) COMPRESSED,
  hidden int INVISIBLE,
  pages set('a', 'b') DEFAULT 'a',
  sort enum('x', 'y') CHARACTER SET latin1,
  lat point,
  PRIMARY KEY (box, page),
  KEY title (title(5)),
  CONSTRAINT papers_box FOREIGN KEY (box) REFERENCES boxes (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1;
CREATE TABLE counters (name varchar(20) NOT NULL PRIMARY KEY, n bigint NOT NULL DEFAULT 0) ENGINE=Aria;
CREATE TABLE odd_defaults (
  id int PRIMARY KEY,
  quote varchar(30) DEFAULT 'it''s "said"',
  slash varchar(30) DEFAULT 'back\\slash',
  line varchar(30) DEFAULT 'two\nlines',
  nothing varchar(30) DEFAULT '',
  exact decimal(12,4) DEFAULT -1.5,
  text_ text DEFAULT 'long',
  made int DEFAULT (1 + 1),
  day date DEFAULT '2024-01-01',
  token uuid DEFAULT uuid()
);
CREATE TABLE likeness (id int AUTO_INCREMENT PRIMARY KEY, picture vector(3) NOT NULL, words vector(3),
  VECTOR KEY alike (picture) M=8 DISTANCE=cosine);
