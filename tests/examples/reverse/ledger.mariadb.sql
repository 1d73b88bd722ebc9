-- A ledger: generated columns, CHECKs, exact numbers, composite keys, MariaDB's own types.
CREATE TABLE currencies (code char(3) PRIMARY KEY, name varchar(50) NOT NULL, digits tinyint NOT NULL DEFAULT 2);
CREATE TABLE accounts (
  id bigint unsigned AUTO_INCREMENT PRIMARY KEY,
  number varchar(34) NOT NULL,
  currency char(3) NOT NULL,
  parent_id bigint unsigned,
  opened date NOT NULL DEFAULT curdate(),
  meta longtext CHECK (json_valid(meta)),
  doc json,
  token uuid,
  address inet6,
  UNIQUE KEY number (number),
  CONSTRAINT accounts_currency FOREIGN KEY (currency) REFERENCES currencies (code),
  CONSTRAINT accounts_parent FOREIGN KEY (parent_id) REFERENCES accounts (id) ON DELETE SET NULL
) COMMENT 'Konten';
CREATE TABLE entries (
  account_id bigint unsigned NOT NULL,
  number int NOT NULL,
  amount decimal(18,4) NOT NULL CHECK (amount <> 0),
  fee decimal(18,4) NOT NULL DEFAULT 0.0000,
  total decimal(19,4) GENERATED ALWAYS AS (amount + fee) STORED,
  half decimal(19,4) AS (amount / 2) VIRTUAL,
  booked datetime NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  note varchar(200) DEFAULT 'it''s nothing',
  rate double DEFAULT 1.5,
  exact float,
  PRIMARY KEY (account_id, number),
  CONSTRAINT positive_fee CHECK (fee >= 0),
  CONSTRAINT entries_account FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE transfers (
  id int AUTO_INCREMENT PRIMARY KEY,
  from_account bigint unsigned NOT NULL,
  from_number int NOT NULL,
  to_account bigint unsigned NOT NULL,
  uuid char(36) NOT NULL,
  at time,
  blobs mediumblob,
  key_ varbinary(16),
  UNIQUE KEY uuid_once (uuid),
  CONSTRAINT transfers_entry FOREIGN KEY (from_account, from_number) REFERENCES entries (account_id, number),
  CONSTRAINT transfers_to FOREIGN KEY (to_account) REFERENCES accounts (id)
);
CREATE TABLE archive (id int PRIMARY KEY, text_ text, KEY text_start (text_(20)), FULLTEXT KEY text_words (text_))
  DEFAULT CHARSET=latin1 COLLATE=latin1_bin PARTITION BY HASH (id) PARTITIONS 4;
ALTER TABLE archive DROP KEY text_words;
CREATE TABLE account_tag (account_id bigint unsigned NOT NULL, tag_id smallint NOT NULL,
  UNIQUE KEY account_tag_once (account_id, tag_id), KEY tag (tag_id),
  CONSTRAINT at_account FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE);
CREATE TABLE tags (id smallint AUTO_INCREMENT PRIMARY KEY, word varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL);
ALTER TABLE account_tag ADD CONSTRAINT at_tag FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE;
