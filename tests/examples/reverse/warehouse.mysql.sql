-- A warehouse: functional and spatial and full-text and invisible indexes, unsigned keys, generated columns.
CREATE TABLE places (
  id tinyint unsigned PRIMARY KEY,
  spot point NOT NULL SRID 4326,
  area geometry,
  name varchar(80) NOT NULL,
  SPATIAL KEY places_spot (spot),
  FULLTEXT KEY places_name (name)
);
CREATE TABLE goods (
  ean bigint unsigned NOT NULL PRIMARY KEY COMMENT 'thirteen digits',
  title varchar(120) NOT NULL,
  details json NOT NULL DEFAULT (json_object()),
  brand varchar(40) GENERATED ALWAYS AS (json_unquote(json_extract(details, '$.brand'))) VIRTUAL,
  weight float unsigned,
  secret int INVISIBLE,
  place tinyint unsigned NOT NULL,
  price decimal(10,2) NOT NULL DEFAULT 9.99,
  CONSTRAINT goods_price CHECK (price > 0),
  CONSTRAINT goods_soft CHECK (weight < 1000) NOT ENFORCED,
  KEY goods_brand (brand),
  KEY goods_title ((lower(title)) DESC),
  KEY goods_hidden (weight) INVISIBLE,
  UNIQUE KEY goods_start (title(10), place),
  CONSTRAINT goods_place FOREIGN KEY (place) REFERENCES places (id)
) COMMENT='what is there';
CREATE TABLE crates (
  place tinyint unsigned NOT NULL,
  number int unsigned NOT NULL AUTO_INCREMENT,
  serial binary(16),
  size enum('S', 'M', 'L') NOT NULL,
  PRIMARY KEY (place, number),
  UNIQUE KEY crates_number (number),
  CONSTRAINT crates_place FOREIGN KEY (place) REFERENCES places (id) ON UPDATE CASCADE
);
CREATE TABLE moves (
  at datetime(6) NOT NULL,
  crate_place tinyint unsigned,
  crate_number int unsigned,
  CONSTRAINT moves_crate FOREIGN KEY (crate_place, crate_number) REFERENCES crates (place, number) ON DELETE SET NULL
);
CREATE TABLE goods_crate (
  goods_ean bigint unsigned NOT NULL,
  crate_number int unsigned NOT NULL,
  CONSTRAINT gc_goods FOREIGN KEY (goods_ean) REFERENCES goods (ean) ON DELETE CASCADE,
  CONSTRAINT gc_crate FOREIGN KEY (crate_number) REFERENCES crates (number) ON DELETE CASCADE,
  PRIMARY KEY (goods_ean, crate_number)
);
CREATE TABLE odd_defaults (
  id int PRIMARY KEY,
  quote varchar(30) DEFAULT 'it''s "said"',
  slash varchar(30) DEFAULT 'back\\slash',
  line varchar(30) DEFAULT 'two\nlines',
  percent varchar(30) DEFAULT '100%',
  nothing varchar(30) DEFAULT '',
  low int DEFAULT -5,
  exact decimal(12,4) DEFAULT -1.5,
  text_ text DEFAULT ('long'),
  day date DEFAULT '2024-01-01',
  made int DEFAULT (1 + 1),
  bits bit(3) DEFAULT b'101',
  hexa varbinary(4) DEFAULT 0x6162
);
