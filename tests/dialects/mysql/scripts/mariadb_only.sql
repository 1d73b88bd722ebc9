-- Checks that belong to columns, JSON with a check of its own, native types, ignored and hash indexes of MariaDB.
CREATE TABLE `t1` (
  `id` int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `j` json,
  `j2` json NOT NULL DEFAULT '{}' COMMENT 'x',
  `j3` json CHECK (`j3` <> ''),
  `l` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(`l`)),
  `lt` longtext,
  `a` int CHECK (`a` > 0),
  `b` int,
  `i6` inet6,
  `u` text COMPRESSED,
  `d` datetime(6) DEFAULT CURRENT_TIMESTAMP ON UPDATE NOW(),
  `x` int(5) DEFAULT 1 INVISIBLE,
  `y` int GENERATED ALWAYS AS (`a` + 1) PERSISTENT COMMENT 'y',
  `tx` text DEFAULT 'plain',
  `h` varchar(40) DEFAULT uuid(),
  UNIQUE KEY `long` (`tx`),
  KEY `hashed` (`b`) USING HASH,
  KEY `ign` (`a`) IGNORED,
  CONSTRAINT `b` CHECK (`b` > 1),
  CONSTRAINT `rx` CHECK (`h` REGEXP '^[a-z]+$'),
  CHECK (json_valid(`lt`))
) PAGE_COMPRESSED=1;
CREATE TABLE `desc_key` (`p` int, KEY `k` (`p` DESC), FOREIGN KEY fkx (`p`) REFERENCES `t1` (`id`));

create table pages (id int not null primary key) page_compressed='ON' page_compression_level=3;


CREATE TABLE likeness (id int NOT NULL PRIMARY KEY, v vector(3) NOT NULL, w vector(2), VECTOR KEY v (v) M=8 DISTANCE=cosine);
-- M51: the catalog shows MAXVALUE or 0 for DEFAULT.
create table list_with_rest (id int, d varchar(9)) partition by list columns (d) (partition a values in ('x','MAXVALUE'), partition b default comment 'the rest');
create table list_with_null (id int) partition by list (id) (partition b default, partition a values in (null,1));
create table list_with_nought (id int) partition by list (id) (partition b values in (0), partition a values in (null,1));
