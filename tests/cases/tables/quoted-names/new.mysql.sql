CREATE TABLE `select` (`Order` INTEGER NOT NULL PRIMARY KEY, `two words` VARCHAR(9), `it's` INTEGER);
