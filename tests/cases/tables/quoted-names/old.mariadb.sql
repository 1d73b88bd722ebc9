-- P42 M31: reserved words, upper case, blanks and quotes in names
CREATE TABLE `select` (`Order` INTEGER NOT NULL PRIMARY KEY, `two words` VARCHAR(5));
INSERT INTO `select` VALUES (1, 'a'), (2, NULL);
